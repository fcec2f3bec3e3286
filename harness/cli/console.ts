import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import process from 'node:process';
import { InvalidArgumentError } from 'commander';
import type { ProbeArguments } from './board-options.js';
import { addProbeOptions } from './board-options.js';
import type { ResolvedProbe } from './resolve-probe.js';
import type { RegisterCommand } from './register.js';
import { action, ExitCode, log } from './io.js';
import { wholeNumber } from './whole-number.js';

interface ConsoleArguments extends ProbeArguments {
  readonly log?: string;
  readonly timestamps?: boolean;
  readonly echo?: boolean;
  readonly newline: string;
  readonly for?: number;
  readonly wait: number;
}

const newlines: Readonly<Record<string, string>> = { cr: '\r', lf: '\n', crlf: '\r\n' };

function newline(text: string): string {
  if (!Object.hasOwn(newlines, text.toLowerCase())) throw new InvalidArgumentError('give cr, lf or crlf');
  return text.toLowerCase();
}

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value > 1_000_000) throw new InvalidArgumentError('give a number of seconds');
  return value;
}

/** `rot-hil console` */
export const registerConsole: RegisterCommand = (program) => {
  addProbeOptions(program.command('console'), { board: 'a bench of the lab file, name of a running virtual board, or a kit (default: the only board there is)', console: " (default: the one of the board's own ST-LINK)" })
    .description('interactive terminal on a board: Ctrl-] quits, Ctrl-R resets the board')
    .option('--log <file>', 'log file, with time stamps (default: reports/console-<board>-<time>.log)')
    .option('--timestamps', 'show seconds since the start before each line')
    .option('--echo', 'show what is typed')
    .option('--newline <kind>', 'what Enter sends: cr, lf or crlf', newline, 'crlf')
    .option('--wait <seconds>', 'wait so long for a board that somebody else has', wholeNumber(0, 86_400), 0)
    .option('--for <seconds>', 'end by itself after so long', seconds)
    .action(action<[ConsoleArguments]>(() => false, terminal));
};

async function terminal(options: ConsoleArguments): Promise<number> {
  const [{ resolveProbe }, { takeLease }, { HarnessError }] = await Promise.all([import('./resolve-probe.js'), import('../lab/index.js'), import('../errors/index.js')]);
  const board = await resolveProbe(options);
  if (board.console === null) {
    throw new HarnessError({ code: 'console-unknown', kind: 'usage', message: `no serial port is known for ${board.name}`, nextStep: 'give it with --console (rot-hil boards shows the ports)' });
  }
  // Whoever runs something on the board needs its console, and a reset by hand would spoil it.
  const lease = await takeLease({ board: board.sn, name: board.name, command: 'rot-hil console', waitMs: options.wait * 1000, ...(board.leases === undefined ? {} : { folder: board.leases }) });
  try {
    return await onBoard(options, { ...board, console: board.console }, lease.lost);
  } finally {
    lease.release();
  }
}

async function onBoard(options: ConsoleArguments, board: ResolvedProbe & { readonly console: string }, lost: AbortSignal): Promise<number> {
  const [{ openConsole, interact }, { Programmer }] = await Promise.all([import('../console/index.js'), import('../programmer/index.js')]);
  const file = resolve(options.log ?? `reports/console-${board.name.replace(/[^\w.-]/g, '_')}-${new Date().toISOString().replace(/[:.]/g, '-')}.log`);
  mkdirSync(dirname(file), { recursive: true });
  const logFile = createWriteStream(file, { flags: 'a' });
  logFile.on('error', (error) => log(`the log file cannot be written: ${error.message}`));

  const abort = new AbortController();
  const stop = (): void => abort.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
  lost.addEventListener('abort', stop);
  const timer = options.for === undefined ? undefined : setTimeout(stop, options.for * 1000);
  const screen = process.stdout;
  const stamp = (at: number): string => `[${(at / 1000).toFixed(3).padStart(9)}] `;
  const console = await openConsole({
    path: board.console,
    baudRate: board.kit.console.baudRate,
    onLine: ({ at, text }) => {
      logFile.write(`${stamp(at)}${text}\n`);
      if (options.timestamps === true) screen.write(`${stamp(at)}${text}\r\n`);
    },
    // Without time stamps a prompt shows before its line has ended. Escape sequences of a board do not reach the terminal.
    onBytes: (bytes) => {
      if (options.timestamps !== true) screen.write(bytes.toString('latin1').replace(/[^\t\r\n -~]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`));
    },
  });
  const programmer = new Programmer({ path: board.programmerPath, sn: board.sn, signal: abort.signal });
  log(`${board.name} on ${board.console}, ${board.kit.console.baudRate} 8N1, log ${file}; Ctrl-] quits, Ctrl-R resets`);
  try {
    await interact({
      console,
      keyboard: process.stdin,
      screen,
      newline: newlines[options.newline]!,
      echo: options.echo === true,
      signal: abort.signal,
      onReset: () => programmer.hardReset(),
    });
    return ExitCode.ok;
  } finally {
    clearTimeout(timer);
    abort.abort();
    await console.close();
    await new Promise((done) => logFile.end(done));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, stop);
  }
}
