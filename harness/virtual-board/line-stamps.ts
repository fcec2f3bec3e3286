import { writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { stampAt, stampText } from '../units/board-time-file.js';
import type { Milliseconds } from '../units/index.js';

/**
 * When the board's last lines ended, in its time file. The bytes on the terminal carry no time: who reads them finds theirs by what they say (`harness/console/line-ends.ts`).
 */
export class LineStamps {
  #number = 0;
  #crc = 0;
  /** A CR that belongs to the line only if no LF follows. */
  #carriageReturn = false;

  /** @param file descriptor */
  constructor(private readonly file: number) {}

  /** @param ends for each LF of `bytes`, in ms */
  add(bytes: Uint8Array, ends: readonly Milliseconds[]): void {
    let from = 0;
    let line = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, from)) {
      this.#take(bytes.subarray(from, end));
      this.#write(ends[line++] ?? 0);
      from = end + 1;
    }
    this.#take(bytes.subarray(from));
  }

  #take(part: Uint8Array): void {
    if (part.length === 0) return;
    if (this.#carriageReturn) this.#crc = crc32('\r', this.#crc);
    this.#carriageReturn = part.at(-1) === 0x0d;
    this.#crc = crc32(this.#carriageReturn ? part.subarray(0, -1) : part, this.#crc);
  }

  #write(ms: Milliseconds): void {
    this.#number += 1;
    writeSync(this.file, stampText({ number: this.#number, ms, crc: this.#crc }), stampAt(this.#number));
    this.#crc = 0;
    this.#carriageReturn = false;
  }
}
