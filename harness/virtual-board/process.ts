/** A virtual board: one process, started detached by `startVirtualBoard`. Its standard output is its log file. */
import process from 'node:process';
import { loadKit, rotConfiguration } from '../board/index.js';
import { asHarnessError } from '../errors/index.js';
import { Board } from './board.js';
import { BoardClock } from './board-clock.js';
import { ConsolePort } from './console-port.js';
import { toolDirectory } from './package-root.js';
import { parseFault } from './faults.js';
import { serveGdb } from './gdb-server.js';
import { givesBackWhenQuiet } from './give-back.js';
import { serveProbe } from './probe-server.js';
import { birthOf, isAlive } from './processes.js';
import { forgetBoard, writeEntry } from './registry.js';
import { boardFiles } from './runtime-folder.js';
import { readSnapshot } from './snapshot-file.js';
import { serveTool } from './tool-server.js';
import { startErrorPrefix } from './start-options.js';
import { probeSerialNumber } from './serial-number.js';
import type { ProcessOptions } from './start-options.js';

const ownerPollMs = 1000;
/** A log longer than this is not written on. */
const maximumLogBytes = 4 * 1024 * 1024;

let logged = 0;
function log(line: string): void {
  const text = `${new Date().toISOString()} ${line}\n`;
  logged += text.length;
  if (logged <= maximumLogBytes) process.stdout.write(text);
}

const textOf = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error));

async function main(options: ProcessOptions): Promise<void> {
  const kit = loadKit(options.kit);
  const configuration = rotConfiguration(kit, options.configuration);
  const files = boardFiles(options.name);
  const probeSn = probeSerialNumber(options.name);
  const input: Uint8Array[] = [];
  let receive = (bytes: Uint8Array): void => {
    input.push(bytes);
  };
  const port = await ConsolePort.open((bytes) => {
    receive(bytes);
  }, { link: files.console, log });
  const board = new Board({ name: options.name, kit, configuration, probeSn, keepFlash: options.keepFlash, seed: options.seed, rotRelease: options.rotRelease, cipher: options.cipher, rotBuild: options.rotBuild, allowUnmodelled: options.allowUnmodelled, translate: options.translate, faults: options.faults?.map((fault) => parseFault(fault)), console: port, clock: new BoardClock(files.time), log, onReleased: givesBackWhenQuiet() });
  const server = await serveProbe(files.socket, board, (error) => {
    log(`probe: ${textOf(error)}`);
  }, board.faults);
  // Tools make their calls by themselves where it is missing: where its path is too long for a socket.
  const tools = await serveTool({ path: files.tool, probe: server, serves: () => !board.faults.any, onDefect: (error) => log(`tool: ${textOf(error)}`) }).catch((error: unknown) => {
    log(`tool: ${textOf(error)}`);
    return undefined;
  });
  const gdb = options.gdb === undefined ? undefined : await serveGdb(options.gdb, board.debugged());
  receive = (bytes) => {
    board.receive(bytes);
  };

  const end = (why: string): void => {
    log(`power off: ${why}`);
    tools?.close();
    server.close();
    gdb?.close();
    forgetBoard(options.name);
    let exitCode = 0;
    try {
      board.powerOff();
    } catch (error) {
      log(error instanceof Error ? error.message : String(error));
      exitCode = 1;
    }
    void port.close().finally(() => process.exit(exitCode));
  };
  process.once('SIGTERM', () => {
    end('SIGTERM');
  });
  process.on('SIGHUP', () => undefined);
  process.on('SIGINT', () => undefined);
  const { owner } = options;
  if (owner !== undefined) {
    setInterval(() => {
      if (!isAlive(owner.pid, owner.birth)) end('the process that this board belongs to has ended');
    }, ownerPollMs);
  }

  if (options.from === undefined) board.powerOn();
  else board.restore(readSnapshot(options.from));
  const birth = birthOf(process.pid);
  writeEntry({
    name: options.name,
    kit: kit.id,
    configuration: options.configuration,
    probe: { sn: probeSn },
    console: files.console,
    comPort: options.comPort ?? files.console,
    toolDirectory: toolDirectory(),
    pid: process.pid,
    ...(birth === undefined ? {} : { birth }),
    socket: files.socket,
    timeFile: files.time,
    ...(owner === undefined ? {} : { owner }),
  });
  log(`power on: ${kit.id}, ${Object.values(options.configuration).join(', ')}, console ${port.path}, probe ${probeSn}`);
}

const options = JSON.parse(process.argv[2] ?? '{}') as ProcessOptions;
let started = false;
const die = (error: unknown): never => {
  const { code, kind, message, nextStep } = asHarnessError(error);
  if (code === 'unexpected' && error instanceof Error) log(error.stack ?? '');
  if (started) log(message);
  else process.stdout.write(`${startErrorPrefix}${JSON.stringify({ code, kind, message, nextStep })}\n`);
  forgetBoard(options.name);
  process.exit(1);
};
process.on('uncaughtException', die);
process.on('unhandledRejection', die);
await main(options);
started = true;
