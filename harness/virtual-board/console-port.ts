/** The board's UART on a pseudo-terminal: the serial port that a harness opens. */
import { writeSync } from 'node:fs';
import * as pty from '@lydell/node-pty';
import { SerialPort } from 'serialport';

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

  private constructor(
    /** The serial port's path. */
    readonly path: string,
    private readonly pair: PtyPair,
    /** Keeps the terminal alive while no harness has it open: without any open slave end the master reads EIO. */
    private readonly keeper: { close(): Promise<void> },
    onInput: (bytes: Buffer) => void,
  ) {
    pair.master.on('data', onInput);
    // An error here would mean that the terminal has gone; the board itself goes on, as a board without a cable does.
    pair.master.on('error', () => undefined);
  }

  static async open(onInput: (bytes: Buffer) => void): Promise<ConsolePort> {
    const open = (pty as unknown as { open(options: { encoding: null }): PtyPair }).open;
    const pair = open({ encoding: null });
    // node-pty reads the slave end too and would steal every other byte of the board's output.
    pair.slave.destroy();
    // serialport sets the terminal raw (no echo, no translation of CR and LF) exactly as it will when a harness opens it;
    // on this level it reads nothing until asked.
    const keeper = await SerialPort.binding.open({ path: pair.ptsName ?? pair._pty, baudRate: 115200, lock: false, hupcl: false });
    return new ConsolePort(pair.ptsName ?? pair._pty, pair, keeper, onInput);
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
    clearTimeout(this.#timer);
    this.pair.master.destroy();
    await this.keeper.close();
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
        written = writeSync(this.pair.fd, head, 0, Math.min(head.length, chunkBytes));
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
