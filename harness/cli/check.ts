import { Option } from 'commander';
import { addConfigurationOptions } from './configuration-options.js';
import type { CheckArguments } from './check-arguments.js';
import { numberOption } from './image-options.js';
import { action, ExitCode, log, printJson } from './io.js';
import type { RegisterCommand } from './register.js';

/** `rot-hil check` */
export const registerCheck: RegisterCommand = (program) => {
  addConfigurationOptions(
    program
      .command('check')
      .description('is this application adapted to the secure boot? every assumption of the boot as a rule, with address, why and fix (all rules: docs/rules.md)')
      .argument('[application]', 'linked application (.elf, .axf, .out), .bin or .hex; or a linker script (.ld, .icf, .sct)')
      .option('--source <dir>', 'find the projects below this folder (STM32CubeIDE, EWARM, MDK-ARM, CMake) and check their linker scripts')
      .option('--kit <id>', 'board model', 'stm32h7s78-dk'),
  )
    .option('--map <file>', 'map of the same link, of GNU ld (-Map), ILINK (--map) or armlink (--map --symbols): beside an ELF its memory regions, those without a section too; beside a .bin or .hex the sections and functions as well')
    .option('--base <address>', 'run address of the first byte of a .bin (default: behind the header of the run slot)', numberOption(0, 0xffffffff))
    .option('--rot-config <file>', "the layout of your root of trust: ST's flash_layout.h, map.properties or STiROT_Config.xml")
    .addOption(new Option('--rot-release <release>', 'MPU table of the current OEMiROT_Boot, or of the older one that leaves only AHB SRAM2 open').choices(['current', 'ahb-sram2']).default('current'))
    .option('--itcm-share <n>', 'option byte ITCM_AXI_SHARE: so many times 64 KB of AXI SRAM1 serve as ITCM', numberOption(0, 2), 0)
    .option('--dtcm-share <n>', 'option byte DTCM_AXI_SHARE: so many times 64 KB of AXI SRAM3 serve as DTCM', numberOption(0, 2), 0)
    .option('--keep-int-ram', 'the application shall stay able to run from internal RAM: warns of data outside AHB SRAM2 and DTCM')
    .addOption(new Option('--fail-on <severity>', 'exit code 1 from this severity on').choices(['error', 'warning', 'info']).default('error'))
    .option('--ignore <rules>', 'ids of rules to leave out, separated by commas')
    .option('--sarif <file>', 'write the findings as SARIF 2.1.0 for code-scanning dashboards')
    .option('--verbose', 'show why, fix and source of each finding')
    .option('--json', 'print one JSON document')
    .action(action((_application: string | undefined, args: CheckArguments) => args.json === true, check));
};

async function check(path: string | undefined, args: CheckArguments): Promise<number> {
  const { runCheck } = await import('./check-run.js');
  const subjects = await runCheck(path, args);
  const failed = subjects.some(({ report }) => report.verdict === 'failed');
  if (args.sarif !== undefined) {
    const [{ sarif }, { writeOutput }] = await Promise.all([import('../app-check/sarif.js'), import('./image-file.js')]);
    await writeOutput(args.sarif, sarif(subjects.map(({ name, report }) => ({ artifact: name, findings: report.findings }))));
  }
  if (args.json === true) {
    const findings = subjects.flatMap(({ name, report }) => report.findings.map((finding) => (args.source === undefined ? finding : { subject: name, ...finding })));
    printJson({ findings, verdict: failed ? 'failed' : 'ok', subjects: subjects.map(({ name, configuration, report }) => ({ name, configuration, verdict: report.verdict, findings: report.findings.length })) });
    for (const { notes } of subjects) for (const note of notes) log(`note: ${note}`);
  } else {
    const { printSubject } = await import('./check-text.js');
    for (const subject of subjects) printSubject(subject, args.verbose === true);
  }
  return failed ? ExitCode.subject : ExitCode.ok;
}
