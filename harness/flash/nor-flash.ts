import { HarnessError } from '../errors/index.js';
import { hex, hex32 } from '../units/index.js';
import type { ByteCount } from '../units/index.js';
import { isBlank } from './blank.js';
import { PowerCut } from './operations.js';
import type { FlashOperation, OperationObserver } from './operations.js';
import type { SectorCatalogue } from './sector-catalogue.js';

/** What a NOR flash offers, and what a layer above it (a cipher) offers in turn. Offsets count from the start of the chip. */
export interface NorDevice {
  readonly size: ByteCount;
  readonly sectorSize: ByteCount;
  read(offset: ByteCount, length: ByteCount): Uint8Array;
  program(offset: ByteCount, bytes: Uint8Array): void;
  erase(offset: ByteCount): void;
  /** Whether every byte of the range is in the erased state (0xff) on the chip. */
  isErased(offset: ByteCount, length: ByteCount): boolean;
  /** Copies whole sectors onto erased ones at once where nobody watches the operations. @returns false where that cannot be done: nothing has happened then */
  copyUnwatched?(from: ByteCount, to: ByteCount, length: ByteCount): boolean;
}

/** A program operation that asked for a 1 where the chip holds a 0: only an erase can do that. */
export interface NorViolation {
  /** First such byte, from the start of the chip. */
  readonly offset: ByteCount;
  readonly found: number;
  readonly wanted: number;
}

export interface NorFlashOptions {
  readonly size: ByteCount;
  /** Bytes of one erase; default 4096. */
  readonly sectorSize?: ByteCount;
  /** Refuse a violation instead of counting it. */
  readonly strict?: boolean;
  /** Names equal sectors by equal numbers, for `contents`; chips that are compared share one. */
  readonly catalogue?: SectorCatalogue;
}

/** Contents at one moment; taking and restoring one copies no data. */
export interface NorSnapshot {
  readonly sectors: ReadonlyMap<number, Uint8Array>;
}

/** Violations kept with their address; all are counted. */
const keptViolations = 100;

/**
 * A NOR flash: erasing sets a whole sector to 0xff, programming clears bits. Only sectors that hold something else than 0xff take memory,
 * so that a chip of 128 MB costs what is written to it.
 */
export class NorFlash implements NorDevice {
  readonly size: ByteCount;
  readonly sectorSize: ByteCount;
  readonly strict: boolean;
  readonly catalogue: SectorCatalogue | undefined;
  /** Sees every operation before and after it happens. */
  observer: OperationObserver | undefined;
  /** The first violations. */
  readonly violations: NorViolation[] = [];
  /** How many program operations violated the rule. */
  violationCount = 0;

  #sectors = new Map<number, Uint8Array>();
  /** Sectors that no snapshot shares: these may be changed in place. */
  #owned = new Set<number>();

  constructor(options: NorFlashOptions) {
    const sectorSize = options.sectorSize ?? 4096;
    if (!Number.isSafeInteger(options.size) || options.size <= 0 || !Number.isSafeInteger(sectorSize) || sectorSize <= 0 || options.size % sectorSize !== 0) {
      throw new HarnessError({
        code: 'flash-geometry',
        kind: 'usage',
        message: `a flash of ${options.size} bytes cannot have sectors of ${sectorSize} bytes`,
        nextStep: 'give a size that is a whole number of sectors',
      });
    }
    this.size = options.size;
    this.sectorSize = sectorSize;
    this.strict = options.strict ?? false;
    this.catalogue = options.catalogue;
  }

  /** A copy of a range. @throws HarnessError `flash-range` */
  read(offset: ByteCount, length: ByteCount): Uint8Array {
    this.#check(offset, length);
    const index = Math.floor(offset / this.sectorSize);
    const from = offset - index * this.sectorSize;
    if (from + length <= this.sectorSize) return this.#sectors.get(index)?.slice(from, from + length) ?? new Uint8Array(length).fill(0xff);
    const out = new Uint8Array(length).fill(0xff);
    this.#eachSector(offset, length, (index, from, to, at) => {
      const sector = this.#sectors.get(index);
      if (sector !== undefined) out.set(sector.subarray(from, to), at);
    });
    return out;
  }

  isErased(offset: ByteCount, length: ByteCount): boolean {
    this.#check(offset, length);
    let erased = true;
    this.#eachSector(offset, length, (index, from, to) => {
      const sector = this.#sectors.get(index);
      if (erased && sector !== undefined && !isBlank(sector, from, to)) erased = false;
    });
    return erased;
  }

  /**
   * One program operation of any length.
   * @throws HarnessError `flash-range`; with `strict` `nor-violation` where a bit would have to become 1
   * @throws PowerCut when the observer cuts the power
   */
  program(offset: ByteCount, bytes: Uint8Array): void {
    this.#check(offset, bytes.length);
    this.#perform({ kind: 'program', offset, length: bytes.length }, (surviving) => {
      this.#write(offset, surviving < bytes.length ? bytes.subarray(0, surviving) : bytes);
    });
  }

  /** Shares the sectors instead of copying them: what thousands of boots without an observer spend their time with. @throws HarnessError `flash-range` */
  copyUnwatched(from: ByteCount, to: ByteCount, length: ByteCount): boolean {
    this.#check(from, length);
    this.#check(to, length);
    const { sectorSize } = this;
    const [source, target, count] = [from / sectorSize, to / sectorSize, length / sectorSize];
    if (this.observer !== undefined || ![source, target, count].every(Number.isInteger)) return false;
    for (let index = 0; index < count; index++) if (this.#sectors.has(target + index)) return false;
    for (let index = 0; index < count; index++) {
      const sector = this.#sectors.get(source + index);
      if (sector === undefined) continue;
      this.#owned.delete(source + index);
      this.#sectors.set(target + index, sector);
    }
    return true;
  }

  /**
   * Erases the sector that begins at `offset`.
   * @throws HarnessError `flash-range`
   * @throws PowerCut when the observer cuts the power
   */
  erase(offset: ByteCount): void {
    this.#check(offset, this.sectorSize);
    if (offset % this.sectorSize !== 0) throw rangeError(`${hex32(offset)} is not the start of a sector of ${this.sectorSize} bytes`);
    this.#perform({ kind: 'erase', offset, length: this.sectorSize }, (surviving) => {
      const index = offset / this.sectorSize;
      if (surviving >= this.sectorSize) {
        this.#sectors.delete(index);
        this.#owned.delete(index);
      } else if (surviving > 0 && this.#sectors.has(index)) {
        this.#writable(index).fill(0xff, 0, surviving);
      }
    });
  }

  /** The whole chip erased, without being an operation: how a chip leaves the factory or a mass erase. */
  clear(): void {
    this.#sectors.clear();
    this.#owned.clear();
  }

  /** The contents of this moment. */
  snapshot(): NorSnapshot {
    this.#owned.clear();
    return { sectors: new Map(this.#sectors) };
  }

  /** Back to the contents of a snapshot of a chip of the same geometry. Violations stay counted. */
  restore(snapshot: NorSnapshot): void {
    this.#sectors = new Map(snapshot.sectors);
    this.#owned.clear();
  }

  /**
   * What a power cut in the middle of an operation leaves: the contents before it, with the first bytes of its range as they are after it.
   * @param range of the operation @param surviving bytes that the operation still changed
   */
  restoreTorn(before: NorSnapshot, after: NorSnapshot, range: { readonly offset: ByteCount; readonly length: ByteCount }, surviving: ByteCount): void {
    this.restore(after);
    const head = this.read(range.offset, Math.min(surviving, range.length));
    this.restore(before);
    this.#eachSector(range.offset, head.length, (index, from, to, at) => {
      this.#writable(index).set(head.subarray(at, at + to - from), from);
    });
  }

  /** The catalogue's number of each sector of a range of whole sectors, 0 for an erased one. @throws HarnessError `flash-range` */
  contents(offset: ByteCount, length: ByteCount): number[] {
    this.#check(offset, length);
    if (this.catalogue === undefined || offset % this.sectorSize !== 0 || length % this.sectorSize !== 0) throw rangeError('contents are numbered in whole sectors, with a catalogue');
    const numbers: number[] = [];
    for (let index = offset / this.sectorSize; index < (offset + length) / this.sectorSize; index++) {
      const sector = this.#sectors.get(index);
      numbers.push(sector === undefined ? 0 : this.catalogue.numberOf(sector));
    }
    return numbers;
  }

  #perform(operation: FlashOperation, change: (surviving: ByteCount) => void): void {
    const surviving = this.observer?.before?.(operation);
    change(surviving ?? operation.length);
    if (surviving !== undefined) throw new PowerCut(operation);
    this.observer?.after?.(operation);
  }

  #write(offset: ByteCount, bytes: Uint8Array): void {
    let violated = false;
    this.#eachSector(offset, bytes.length, (index, from, to, at) => {
      const source = bytes.subarray(at, at + to - from);
      if (!this.#sectors.has(index) && isBlank(source, 0, source.length)) return;
      const sector = this.#writable(index);
      // The usual case: nothing to AND with.
      if (isBlank(sector, from, to)) {
        sector.set(source, from);
        return;
      }
      for (let i = from, s = 0; i < to; i++, s++) {
        if (!violated && (source[s] & ~sector[i]) !== 0) {
          violated = true;
          this.#violation({ offset: index * this.sectorSize + i, found: sector[i], wanted: source[s] });
        }
        sector[i] &= source[s];
      }
    });
  }

  #violation(violation: NorViolation): void {
    if (this.strict) {
      throw new HarnessError({
        code: 'nor-violation',
        kind: 'subject',
        message: `programming ${hex(violation.wanted, 2)} over ${hex(violation.found, 2)} at flash offset ${hex32(violation.offset)} would set a bit that only an erase can set`,
        nextStep: 'erase the sector first, or run without --strict to let the bits be ANDed as the chip does',
      });
    }
    this.violationCount++;
    if (this.violations.length < keptViolations) this.violations.push(violation);
  }

  #writable(index: number): Uint8Array {
    let sector = this.#sectors.get(index);
    if (sector === undefined) sector = new Uint8Array(this.sectorSize).fill(0xff);
    else if (!this.#owned.has(index)) sector = sector.slice();
    else {
      this.catalogue?.forget(sector);
      return sector;
    }
    this.#sectors.set(index, sector);
    this.#owned.add(index);
    return sector;
  }

  #eachSector(offset: ByteCount, length: ByteCount, visit: (index: number, from: number, to: number, at: number) => void): void {
    const end = offset + length;
    for (let position = offset; position < end; ) {
      const index = Math.floor(position / this.sectorSize);
      const start = index * this.sectorSize;
      const stop = Math.min(end, start + this.sectorSize);
      visit(index, position - start, stop - start, position - offset);
      position = stop;
    }
  }

  #check(offset: ByteCount, length: ByteCount): void {
    if (!Number.isSafeInteger(offset) || !Number.isSafeInteger(length) || offset < 0 || length < 0 || offset + length > this.size) {
      throw rangeError(`the range ${offset} + ${length} bytes does not lie in a flash of ${this.size} bytes`);
    }
  }
}

function rangeError(message: string): HarnessError {
  return new HarnessError({ code: 'flash-range', kind: 'usage', message, nextStep: 'give an address inside the external flash, aligned as the operation needs it' });
}
