import { writeSync } from 'node:fs';
import * as pty from '@lydell/node-pty';

/** A pseudo-terminal: `path` is opened as a serial port, the spec plays the board on the other end. */
export interface TerminalPair {
  readonly path: string;
  /** What the board prints. */
  print(text: string | Buffer): void;
  /** What was sent to the board so far. */
  received(): string;
  /** The board is gone: its end is closed. */
  remove(): void;
}

interface Pair {
  readonly ptsName?: string;
  readonly _pty: string;
  readonly fd: number;
  readonly master: NodeJS.ReadStream;
  readonly slave: NodeJS.ReadStream;
}

export function terminalPair(): TerminalPair {
  const pair = (pty as unknown as { open(options: { encoding: null }): Pair }).open({ encoding: null });
  pair.slave.destroy();
  let received = '';
  let removed = false;
  pair.master.on('data', (bytes: Buffer) => (received += bytes.toString('latin1')));
  pair.master.on('error', () => undefined);
  return {
    path: pair.ptsName ?? pair._pty,
    print: (text) => void writeSync(pair.fd, Buffer.from(text as string, 'latin1')),
    received: () => received,
    remove: () => {
      if (!removed) pair.master.destroy();
      removed = true;
    },
  };
}
