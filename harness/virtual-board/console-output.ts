import type { Milliseconds } from '../units/index.js';
import type { BoardClock } from './board-clock.js';

/** What the chip prints on its way to the terminal: each line's end with its time, the bytes in one piece. */
export class ConsoleOutput {
  #bytes: number[] = [];
  /** When each line feed among them had been sent, on the board's clock. */
  #lineEnds: Milliseconds[] = [];

  constructor(
    private readonly terminal: { write(bytes: Uint8Array): void },
    private readonly clock: BoardClock | undefined,
  ) {}

  /** A character has left the UART. @param machine the machine's time then */
  sent(byte: number, machine: Milliseconds): void {
    this.#bytes.push(byte);
    if (byte === 0x0a && this.clock !== undefined) this.#lineEnds.push(this.clock.at(machine));
  }

  /** A line of the root of trust, which takes no time. */
  line(text: string): void {
    this.#print(Buffer.from(`${text}\r\n`, 'latin1'), [this.clock?.at() ?? 0]);
  }

  /** What was sent goes out. */
  flush(): void {
    if (this.#bytes.length === 0) return;
    this.#print(Uint8Array.from(this.#bytes), this.#lineEnds);
    this.#bytes = [];
    this.#lineEnds = [];
  }

  #print(bytes: Uint8Array, lineEnds: readonly Milliseconds[]): void {
    this.clock?.prints(bytes, lineEnds);
    this.terminal.write(bytes);
  }
}
