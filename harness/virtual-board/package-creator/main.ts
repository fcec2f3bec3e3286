/** The drop-in for ST's STM32TrustedPackageCreator_CLI: the same calls, done by `rot-hil obk build` and `rot-hil image sign --xml`. Scripts go by the exit code. */
import { writeSync } from 'node:fs';
import process from 'node:process';
import { execa } from 'execa';
import { commandEntry } from '../package-root.js';
import { CreatorUsageError, parseCreatorCall } from './command-line.js';
import type { CreatorCall } from './command-line.js';

/** Reading, signing and writing take a second or two; a hung network drive must not stop a script for ever. */
const deadlineMs = 120_000;

const help = [
  'Usage :',
  'STM32TrustedPackageCreator_CLI [command] [arguments]',
  '',
  'Commands of this drop-in:',
  '  -obk <config.xml> [AUTO]   OBKey file from a *_Config.xml',
  '  -pb  <image.xml>           signed image from a *_Code_Image.xml',
  '  -h,  --help',
];

/** Lines of their own: ST publishes no transcript of this tool. */
function print(...lines: readonly string[]): void {
  writeSync(1, lines.join('\n') + '\n');
}

/** True where the file was made. */
async function perform(call: CreatorCall): Promise<boolean> {
  print(`${call.product} generation from ${call.xml}`);
  const { stdout, stderr, exitCode, timedOut } = await execa(process.execPath, [commandEntry(), ...call.argv], {
    reject: false,
    stdin: 'ignore',
    timeout: deadlineMs,
    forceKillAfterDelay: 1000,
    env: { NO_COLOR: '1' },
  });
  const written = exitCode === 0 ? writtenFile(stdout) : undefined;
  if (written !== undefined) {
    print(...written.warnings.map((line) => `Warning: ${line}`), `${call.product} generated successfully: ${written.file}`);
    return true;
  }
  const said = stderr.split(/\r?\n/).filter((line) => line.trim() !== '').map((line) => line.replace(/^error: /i, 'Error: '));
  print(...(timedOut ? [`Error: no answer within ${String(deadlineMs / 1000)} s`] : said), `Error: ${call.product} generation failed`);
  return false;
}

/** What the one JSON document of the command says. */
function writtenFile(stdout: string): { readonly file: string; readonly warnings: readonly string[] } | undefined {
  try {
    const { file, warnings } = JSON.parse(stdout) as { readonly file?: unknown; readonly warnings?: unknown };
    return typeof file === 'string' ? { file, warnings: Array.isArray(warnings) ? warnings.map(String) : [] } : undefined;
  } catch {
    return undefined;
  }
}

try {
  const call = parseCreatorCall(process.argv.slice(2));
  if (call === undefined) print(...help);
  else if (!(await perform(call))) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof CreatorUsageError)) throw error;
  print(`Error: ${error.message}`);
  process.exitCode = 1;
}
