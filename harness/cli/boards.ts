import type { RegisterCommand } from './register.js';
import { action, ExitCode, log, print, printJson } from './io.js';

interface BoardsArguments {
  readonly tool?: string;
  readonly json?: boolean;
}

/** `rot-hil boards` */
export const registerBoards: RegisterCommand = (program) => {
  program
    .command('boards')
    .description('kits that are known, probes and serial ports that are attached, virtual boards that run')
    .option('--tool <path>', 'STM32_Programmer_CLI or its folder (default: STM32_PRG_PATH, PATH, the folders of its installer)')
    .option('--json', 'print one JSON document')
    .action(action((options: BoardsArguments) => options.json === true, boards));
};

async function boards(options: BoardsArguments): Promise<number> {
  const [{ listKits, loadKit }, { discover, labFileBlock }, { listVirtualBoards }] = await Promise.all([import('../board/index.js'), import('../lab/index.js'), import('../virtual-board/index.js')]);
  const kits = listKits().map((id) => {
    const { name, device, bootPaths } = loadKit(id);
    return { id, name, device: device.name, bootPaths: Object.keys(bootPaths) };
  });
  const attached = await discover(options.tool === undefined ? {} : { tool: options.tool });
  const virtual = listVirtualBoards().map(({ name, kit, probe, console }) => ({ name, kit, probe, console }));
  const labFile = labFileBlock(attached);
  const problems = attached.problems.map(({ code, message, nextStep }) => ({ code, message, nextStep }));
  if (options.json === true) {
    printJson({ kits, tool: attached.tool, probes: attached.probes, ports: attached.ports, virtual, labFile, problems });
    return ExitCode.ok;
  }
  print('Kits');
  for (const kit of kits) print(`  ${kit.id.padEnd(16)} ${kit.device}${kit.bootPaths.length === 0 ? '  (no boot path yet)' : `  ${kit.bootPaths.join(', ')}`}`);
  print('Probes');
  for (const { sn, firmware, board, port } of attached.probes) print(`  ${sn}  ${firmware ?? '-'}  ${board ?? 'unknown board'}  ${port ?? 'no serial port'}`);
  if (attached.probes.length === 0) print('  none');
  print('Serial ports');
  for (const { path, manufacturer, serialNumber, accessible } of attached.ports) print(`  ${path}  ${manufacturer ?? '-'}  ${serialNumber ?? '-'}${accessible ? '' : '  (may not be opened by this user)'}`);
  if (attached.ports.length === 0) print('  none');
  print('Virtual boards');
  for (const { name, kit, probe, console } of virtual) print(`  ${name}  ${kit}  ${probe.sn}  ${console}`);
  if (virtual.length === 0) print('  none runs');
  if (labFile !== '') print(`\nFor a lab file:\n${labFile}`);
  for (const { message, nextStep } of problems) log(`note: ${message}\n  next: ${nextStep}`);
  return ExitCode.ok;
}
