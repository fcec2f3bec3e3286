/**
 * Whole calls of the drop-in STM32_Programmer_CLI, performed by the board's own process: to start Node for each of the hundreds of calls of a run takes
 * longer than what they do. bin/tool-call.pl is the other end.
 */
import type { Socket } from 'node:net';
import { parseCommandLine } from './drop-in/command-line.js';
import { banner } from './drop-in/output.js';
import { perform } from './drop-in/perform.js';
import { Session } from './drop-in/session.js';
import { ToolError } from './drop-in/tool-error.js';
import { listenPrivately } from './private-socket.js';
import type { PrivateSocket } from './private-socket.js';
import type { ProbeServer } from './probe-server.js';

/** Longer than any call's arguments. */
const maximumCallBytes = 256 * 1024;
/** In front of the exit status, behind everything that the tool prints; alone: the call is to be made by a process of its own. */
const end = '\0';

export interface ToolServerOptions {
  /** Of the socket. */
  readonly path: string;
  readonly probe: Pick<ProbeServer, 'connect'>;
  /** Whether calls are performed here now: not while faults wait that a process acts out. */
  readonly serves: () => boolean;
  /** A defect of ours, never of the caller. */
  readonly onDefect: (error: unknown) => void;
}

/**
 * Listens on a unix socket. A call: its length in bytes as a decimal number and a line feed, then the folder it is made in and its arguments, a NUL between two.
 * The answer: what the tool prints, a NUL, the exit status. A caller that goes away lets go of the probe.
 */
export async function serveTool({ path, probe, serves, onDefect }: ToolServerOptions): Promise<PrivateSocket> {
  const call = async (socket: Socket, folder: string, argv: readonly string[]): Promise<void> => {
    const print = (line = ''): void => {
      if (socket.writable) socket.write(line + '\n');
    };
    const open = async (): Promise<Session> => {
      const connection = probe.connect();
      socket.once('close', () => {
        connection.close();
      });
      return Session.over(connection);
    };
    let status = 0;
    banner(print);
    try {
      await perform(parseCommandLine(argv), print, { folder, open });
    } catch (error) {
      status = 1;
      if (!(error instanceof ToolError)) onDefect(error);
      print();
      for (const line of error instanceof ToolError ? error.lines : [String(error)]) print(`Error: ${line}`);
      print();
    }
    socket.end(end + String(status));
  };

  return listenPrivately(path, (socket) => {
    let received = Buffer.alloc(0);
    const take = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      const head = received.indexOf(10);
      const number = received.toString('latin1', 0, Math.max(head, 0));
      const length = head < 0 ? Number.NaN : /^\d{1,6}$/.test(number) ? Number(number) : Number.POSITIVE_INFINITY;
      if (received.length > maximumCallBytes || length > maximumCallBytes) {
        socket.destroy();
        return;
      }
      if (!(received.length >= head + 1 + length)) return;
      socket.off('data', take);
      socket.resume();
      const [folder = '', ...argv] = received.toString('utf8', head + 1, head + 1 + length).split('\0');
      socket.cork();
      process.nextTick(() => socket.uncork());
      if (serves()) void call(socket, folder, argv);
      else socket.end(end);
    };
    socket.on('data', take);
  });
}
