import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { parseStamp, stampAt, stampBytes, stampPlaces } from '../units/board-time-file.js';
import type { LineStamp } from '../units/board-time-file.js';
import type { Milliseconds } from '../units/index.js';

/**
 * When a board's lines ended by its own clock: its stamps, found by what the lines say, in their order. A line that the board did not print like this (cut, or
 * its bytes lost on the way) has none, and those behind it find theirs.
 */
export class LineEnds {
  #file: number | undefined;
  /** Read and not used yet, oldest first. */
  #stamps: LineStamp[] = [];
  #newest = 0;

  /** @param path of a board's time; throws like `openSync`. Lines that ended before now are not asked for any more. */
  constructor(path: string) {
    this.#file = openSync(path, 'r');
    this.#readAll();
    this.#stamps = [];
  }

  /** @param line without its line end; to be asked for each line in its order. @returns undefined where the board has not stamped it, or not kept it */
  of(line: Uint8Array): Milliseconds | undefined {
    const crc = crc32(line);
    const same = (stamp: LineStamp): boolean => stamp.crc === crc;
    let found = this.#stamps.findIndex(same);
    if (found < 0) {
      this.#readNew();
      found = this.#stamps.findIndex(same);
    }
    if (found < 0) return undefined;
    const { ms } = this.#stamps[found]!;
    this.#stamps.splice(0, found + 1);
    return ms;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #readNew(): void {
    for (;;) {
      const stamp = this.#at(this.#newest + 1);
      if (stamp === undefined || stamp.number <= this.#newest) return;
      // More came than the ring keeps.
      if (stamp.number !== this.#newest + 1) return this.#readAll();
      this.#add(stamp);
    }
  }

  #readAll(): void {
    const all = Array.from({ length: stampPlaces }, (_, place) => this.#at(place)).filter((stamp) => stamp !== undefined && stamp.number > this.#newest) as LineStamp[];
    for (const stamp of all.sort((a, b) => a.number - b.number)) this.#add(stamp);
  }

  #add(stamp: LineStamp): void {
    this.#newest = stamp.number;
    this.#stamps.push(stamp);
    if (this.#stamps.length > stampPlaces) this.#stamps.shift();
  }

  #at(number: number): LineStamp | undefined {
    if (this.#file === undefined) return undefined;
    const bytes = Buffer.alloc(stampBytes);
    return readSync(this.#file, bytes, 0, stampBytes, stampAt(number)) === stampBytes ? parseStamp(bytes.toString('latin1')) : undefined;
  }
}
