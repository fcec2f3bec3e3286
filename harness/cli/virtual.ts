import { InvalidArgumentError, Option } from 'commander';
import { parseNumber } from '../units/index.js';
import { allowUnmodelledOption } from './allow-unmodelled.js';
import { noTranslateOption } from './no-translate.js';
import type { ConfigurationArguments } from './configuration-options.js';
import { addConfigurationOptions } from './configuration-options.js';
import type { RegisterCommand } from './register.js';
import { virtualFaultCommand } from './virtual-fault.js';
import { virtualPowerCommand } from './virtual-power.js';
import { virtualRestoreCommand, virtualSnapshotCommand } from './virtual-snapshot.js';
import { bootLines, tracedBoot, virtualTraceCommand } from './virtual-trace.js';
import { action, ExitCode, print, printJson } from './io.js';

interface JsonOption {
  readonly json?: boolean;
}
interface StartArguments extends JsonOption, ConfigurationArguments {
  readonly kit?: string;
  readonly from?: string;
  readonly traceBoot?: boolean;
  readonly name?: string;
  readonly keepFlash?: string;
  readonly comPort?: string;
  readonly seed?: number;
  readonly rotRelease?: 'current' | 'ahb-sram2';
  readonly mce?: 'model' | 'off';
  readonly allowUnmodelled?: readonly string[];
  readonly translate: boolean;
  readonly gdb?: number;
  readonly rotBuild?: 'development' | 'production';
  readonly fault?: readonly string[];
}

/** A COM port name is what `port=` is given: no blanks, not a debug interface. */
function comPort(text: string): string {
  if (!/^[A-Za-z0-9/._-]{1,128}$/.test(text) || /^(swd|jtag)$/i.test(text)) throw new InvalidArgumentError('give a port name such as COM19 or /dev/ttyACM0');
  return text;
}

function seed(text: string): number {
  const value = parseNumber(text);
  if (value === undefined || value > 0xffffffff) throw new InvalidArgumentError('give a number from 0 to 0xffffffff');
  return value;
}

function gdbPort(text: string): number {
  const value = parseNumber(text);
  if (value === undefined || value < 1 || value > 0xffff) throw new InvalidArgumentError('give a port from 1 to 65535');
  return value;
}

/** `rot-hil virtual start|list|stop` */
export const registerVirtual: RegisterCommand = (program) => {
  const group = program.command('virtual').description('virtual boards to play with');

  addConfigurationOptions(group.command('start'))
    .description('start a virtual board that runs until it is stopped')
    .option('--kit <id>', 'board model, compared without case (rot-hil boards lists them); needed unless --from says it')
    .option('--from <snapshot>', 'go on from a snapshot (rot-hil virtual snapshot); kit and root of trust are those of the snapshot')
    .option('--name <name>', "name of the board (default: the kit's id, numbered where it is taken)")
    .option('--keep-flash <dir>', 'folder in which flash, option bytes and OBKeys survive a restart')
    .option('--com-port <name>', "what a boot-loader connection calls this board's port, such as COM19", comPort)
    .option('--seed <n>', "noise of the RAMs at power-on and the chip's random numbers (default: 1)", seed)
    .addOption(new Option('--rot-release <release>', 'MPU table of the current OEMiROT_Boot, or of the older one that leaves only AHB SRAM2 open').choices(['current', 'ahb-sram2']).default('current'))
    .addOption(new Option('--rot-build <build>', 'OEMIROT_DEV_MODE of OEMiRoT or OEMuRoT: a production build prints nothing and wants a closed device').choices(['development', 'production']).default('development'))
    .option('--fault <name@command[:nth]>', 'strike at a command of the tool, such as error-exit-0@-sdp:2 (may be repeated; rot-hil virtual fault lists them)', (text: string, earlier: readonly string[] = []) => [...earlier, text])
    .addOption(new Option('--mce <cipher>', 'whether primary slot and scratch area lie enciphered in the external flash, and the run slot in the external RAM (default: model where the device has a memory cipher engine)').choices(['model', 'off']))
    .option('--trace-boot', 'show the boot as a time line: steps of the root of trust with their flash operations, hand-over, first instruction, first console byte')
    .option('--gdb <port>', 'serve GDB on this port of the loopback interface; the program is halted while it is connected and says so', gdbPort)
    .addOption(allowUnmodelledOption(''))
    .addOption(noTranslateOption())
    .option('--json', 'print one JSON document')
    .action(
      action(
        (options: StartArguments) => options.json === true,
        async (options) => {
          const { startFromSnapshot, startVirtualBoard } = await import('../virtual-board/index.js');
          const own = {
            ...(options.name === undefined ? {} : { name: options.name }),
            ...(options.keepFlash === undefined ? {} : { keepFlash: options.keepFlash }),
            ...(options.comPort === undefined ? {} : { comPort: options.comPort }),
            ...(options.translate ? {} : { translate: false }),
            ...(options.gdb === undefined ? {} : { gdb: options.gdb }),
          };
          const { kit, from } = options;
          if ((kit === undefined) === (from === undefined)) {
            const { HarnessError } = await import('../errors/index.js');
            throw new HarnessError({ code: 'start-what', kind: 'usage', message: 'either --kit or --from is needed', nextStep: 'for example `rot-hil virtual start --kit stm32h7s78-dk`' });
          }
          const board =
            from !== undefined
              ? await startFromSnapshot(from, own)
              : await startVirtualBoard({
                  ...own,
                  kit: kit ?? '',
                  configuration: options,
                  ...(options.seed === undefined ? {} : { seed: options.seed }),
                  ...(options.mce === undefined ? {} : { cipher: options.mce }),
                  ...(options.allowUnmodelled === undefined ? {} : { allowUnmodelled: options.allowUnmodelled }),
                  ...(options.rotBuild === undefined ? {} : { rotBuild: options.rotBuild }),
                  ...(options.fault === undefined ? {} : { faults: options.fault }),
                  ...(options.rotRelease === undefined ? {} : { rotRelease: options.rotRelease }),
                });
          if (options.keepFlash === undefined) (await import('../provisioning/journal/journal.js')).beginJournalAnew(board.probe.sn);
          const boot = options.traceBoot === true ? await tracedBoot(board.name) : undefined;
          if (options.json === true) {
            printJson({ ...publicFields(board), ...(boot === undefined ? {} : { boot }) });
            return ExitCode.ok;
          }
          print(`${board.name} runs (${board.kit}, process ${String(board.pid)})`);
          print(`  console  ${board.console}  115200 8N1`);
          print(`  probe    ${board.probe.sn}`);
          print(`  tools    export PATH="${board.toolDirectory}:$PATH"`);
          if (options.gdb !== undefined) print(`  debugger target extended-remote 127.0.0.1:${String(options.gdb)}`);
          print(`  end it   rot-hil virtual stop ${board.name}`);
          if (boot !== undefined) bootLines(boot).forEach(print);
          return ExitCode.ok;
        },
      ),
    );

  group
    .command('list')
    .description('the virtual boards that run')
    .option('--json', 'print one JSON document')
    .action(
      action(
        (options: JsonOption) => options.json === true,
        async (options) => {
          const { listStrangeBoards, listVirtualBoards, virtualBoardStatus } = await import('../virtual-board/index.js');
          const boards = await Promise.all(
            listVirtualBoards().map(async (board) => ({ ...publicFields(board), status: await virtualBoardStatus(board.name).catch(() => null) })),
          );
          const strange = listStrangeBoards();
          if (options.json === true) {
            printJson([...boards, ...strange.map(({ name, pid }) => ({ name, pid, otherVersion: true, status: null }))]);
            return ExitCode.ok;
          }
          if (boards.length + strange.length === 0) print('no virtual board runs');
          for (const { name, kit, console, probe, status } of boards) {
            print(`${name}  ${kit}  ${console}  ${probe.sn}  ${status === null ? 'does not answer' : `${status.productState}, ${[status.state, status.reason].filter(Boolean).join(': ')}`}`);
          }
          for (const { name, pid } of strange) print(`${name}  process ${String(pid)}, started by another version of rot-hil; end it: rot-hil virtual stop ${name}`);
          return ExitCode.ok;
        },
      ),
    );

  group.addCommand(virtualPowerCommand());
  group.addCommand(virtualSnapshotCommand());
  group.addCommand(virtualTraceCommand());
  group.addCommand(virtualRestoreCommand());
  group.addCommand(virtualFaultCommand());

  group
    .command('stop')
    .description('end virtual boards')
    .argument('[name]', 'name of the board')
    .option('--all', 'every virtual board of this user')
    .option('--json', 'print one JSON document')
    .action(
      action(
        (_name: string | undefined, options: JsonOption) => options.json === true,
        async (name: string | undefined, options: JsonOption & { readonly all?: boolean }) => {
          const { HarnessError } = await import('../errors/index.js');
          if ((name === undefined) !== (options.all === true)) {
            throw new HarnessError({ code: 'stop-what', kind: 'usage', message: 'either the name of a board or --all is needed', nextStep: 'rot-hil virtual list shows the names' });
          }
          const { stopAllVirtualBoards, stopVirtualBoard } = await import('../virtual-board/index.js');
          let stopped: readonly string[];
          if (name === undefined) stopped = (await stopAllVirtualBoards()).map((board) => board.name);
          else {
            await stopVirtualBoard(name);
            stopped = [name];
          }
          if (options.json === true) printJson({ stopped });
          else print(stopped.length === 0 ? 'no virtual board ran' : `stopped ${stopped.join(', ')}`);
          return ExitCode.ok;
        },
      ),
    );
};

/** The outside contract's fields of a board. */
function publicFields<Board extends { name: string; kit: string; probe: { sn: string }; console: string; comPort: string; toolDirectory: string; pid: number }>(board: Board): Pick<Board, 'name' | 'kit' | 'probe' | 'console' | 'comPort' | 'toolDirectory' | 'pid'> {
  const { name, kit, probe, console, comPort, toolDirectory, pid } = board;
  return { name, kit, probe, console, comPort, toolDirectory, pid };
}
