/** The board's UART on a pseudo-terminal: the serial port that a harness opens. */
import { rmSync, symlinkSync, writeSync } from 'node:fs';
import * as pty from '@lydell/node-pty';
// Not the package's entry: it loads ten parsers as well.
import { SerialPort } from 'serialport/dist/serialport.js';

/** What one write hands to the kernel at most. */
const chunkBytes = 1024;
/** What is kept for a reader that is slow; a virtual COM port's own buffers are of this order. */
const queueBytes = 64 * 1024;
/** Nobody took a byte for this long: nobody has the port open. */
const unattendedMs = 2000;
const retryMs = 5;

/** The half of a pty pair that node-pty's `open()` returns; its declaration file leaves it out. */
interface PtyPair {
  readonly ptsName?: string;
  readonly _pty: string;
  readonly fd: number;
  readonly master: NodeJS.ReadStream;
  readonly slave: NodeJS.ReadStream;
}

export interface ConsolePortOptions {
  /** A name that stays: made here, and made anew when the port has moved. Who made the folder removes it. */
  readonly link?: string;
  readonly log?: (line: string) => void;
}

interface Terminal {
  readonly path: string;
  readonly pair: PtyPair;
  /** Keeps the terminal alive while no harness has it open: without any open slave end the master reads EIO. */
  readonly keeper: { close(): Promise<void> };
}

async function openTerminal(): Promise<Terminal> {
  const open = (pty as unknown as { open(options: { encoding: null }): PtyPair }).open;
  const pair = open({ encoding: null });
  // node-pty reads the slave end too and would steal every other byte of the board's output.
  pair.slave.destroy();
  const path = pair.ptsName ?? pair._pty;
  // serialport sets the terminal raw (no echo, no translation of CR and LF) exactly as it will when a harness opens it;
  // on this level it reads nothing until asked.
  return { path, pair, keeper: await SerialPort.binding.open({ path, baudRate: 115200, lock: false, hupcl: false }) };
}

async function closeTerminal({ pair, keeper }: Terminal): Promise<void> {
  pair.master.destroy();
  await keeper.close();
}

/**
 * Bytes to and from whoever has the port open.
 *
 * What a real virtual COM port does with bytes that nobody reads is to drop them, and so does this one: the kernel
 * keeps some 20 KB (which opening a port flushes), the queue here keeps 64 KB more for a reader that is merely slow,
 * dropping the oldest first, and once nobody has taken a byte for two seconds the queue is dropped whole.
 * Every dropped byte is counted. A harness that wants the boot log opens first and resets after.
 */
export class ConsolePort {
  /** Bytes printed and bytes of these that were dropped. */
  sent = 0;
  dropped = 0;
  #queue: Buffer[] = [];
  #queued = 0;
  #timer: NodeJS.Timeout | undefined;
  #lastProgress = 0;
  #unattended = false;
  #closed = false;

  private constructor(
    private terminal: Terminal,
    private readonly onInput: (bytes: Buffer) => void,
    private readonly options: ConsolePortOptions,
  ) {
    this.#listen();
  }

  static async open(onInput: (bytes: Buffer) => void, options: ConsolePortOptions = {}): Promise<ConsolePort> {
    return new ConsolePort(await openTerminal(), onInput, options);
  }

  /** The serial port's path now. */
  get path(): string {
    return this.terminal.path;
  }

  /** The port goes away, and comes back under another name: an ST-LINK that enumerates anew. */
  reenumerate(): void {
    const { link, log } = this.options;
    // As udev does it: the name that stays is gone until the port is there again.
    if (link !== undefined) rmSync(link, { force: true });
    void this.#move().then(
      () => log?.(`the serial port is ${this.path} now`),
      (error: unknown) => log?.(`the serial port does not come back: ${error instanceof Error ? error.message : String(error)}`),
    );
  }

  async #move(): Promise<void> {
    const gone = this.terminal;
    // Opened while the old one is there: it shall not get its name.
    const next = await openTerminal();
    if (this.#closed) return closeTerminal(next);
    this.terminal = next;
    this.#listen();
    await closeTerminal(gone);
  }

  /** False once nobody has taken a byte for two seconds. */
  get attended(): boolean {
    return !this.#unattended;
  }

  /** Prints. Never blocks: the master end is non-blocking and what it does not take is queued. */
  write(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.sent += bytes.length;
    if (this.#queued === 0 && !this.#unattended) this.#lastProgress = performance.now();
    this.#queue.push(Buffer.from(bytes));
    this.#queued += bytes.length;
    this.#flush();
    while (this.#queued > queueBytes) this.#drop();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await closeTerminal(this.terminal);
  }

  #listen(): void {
    const { master } = this.terminal.pair;
    const { link } = this.options;
    if (link !== undefined) {
      rmSync(link, { force: true });
      symlinkSync(this.terminal.path, link);
    }
    master.on('data', this.onInput);
    // An error here would mean that the terminal has gone; the board itself goes on, as a board without a cable does.
    master.on('error', () => undefined);
  }

  #drop(): void {
    const oldest = this.#queue.shift()!;
    this.#queued -= oldest.length;
    this.dropped += oldest.length;
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#queue.length > 0) {
      const head = this.#queue[0]!;
      let written = 0;
      try {
        // Not the stream's write(): libuv writes to a pty master blocking, and one full terminal would stop the board.
        written = writeSync(this.terminal.pair.fd, head, 0, Math.min(head.length, chunkBytes));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        if (code !== 'EAGAIN' && code !== 'EIO') throw error;
      }
      if (written === 0) {
        this.#unattended = performance.now() - this.#lastProgress >= unattendedMs;
        if (this.#unattended) while (this.#queue.length > 0) this.#drop();
        else this.#timer = setTimeout(() => this.#flush(), retryMs);
        return;
      }
      this.#lastProgress = performance.now();
      this.#unattended = false;
      this.#queued -= written;
      if (written === head.length) this.#queue.shift();
      else this.#queue[0] = head.subarray(written);
    }
  }
}
