import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { Debugger } from '../emulator/gdb/index.js';
import { GdbSession } from '../emulator/gdb/index.js';
import { HarnessError } from '../errors/index.js';

export interface GdbServer {
  /** The port that was given, or the free one for 0. */
  readonly port: number;
  close(): void;
}

/**
 * Waits for GDB on a port of this machine's loopback interface; one connection at a time, further ones are turned away.
 * @throws HarnessError `gdb-port` (bench)
 */
export async function serveGdb(port: number, target: Debugger, events: { onEnd?: (how: 'detach' | 'kill') => void } = {}): Promise<GdbServer> {
  let connection: Socket | undefined;
  const server = createServer((socket) => {
    if (connection !== undefined) {
      socket.destroy();
      return;
    }
    connection = socket;
    socket.setNoDelay(true);
    const session = new GdbSession(
      target,
      (bytes) => {
        if (!socket.destroyed) socket.write(bytes);
      },
      (how) => {
        socket.end();
        events.onEnd?.(how);
      },
    );
    socket.on('data', (bytes) => session.receive(bytes));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      connection = undefined;
      session.close();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(new HarnessError({ code: 'gdb-port', kind: 'bench', message: `the port ${String(port)} cannot be opened for GDB: ${cause.code ?? cause.message}`, nextStep: 'choose another port with --gdb; 0 takes a free one', cause }));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      // What was said last, such as the program's exit, still goes out.
      connection?.end();
    },
  };
}
