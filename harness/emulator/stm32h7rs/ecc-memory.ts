import type { AccessWidth, BankWatcher, MemoryBank } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import { savedPairs } from '../saved-state.js';
import type { EccCode, EccVerdict } from './ecc-code.js';

/** What a RAM tells the monitor that watches one of its words. */
export interface EccObserver {
  /** RAMECC_CR bits 17:16 are 2: stores change the data and leave the check bits. */
  readonly injecting: boolean;
  /** An error was met. `index`: the word's number as this monitor counts; `low`, `high`: data as stored. */
  detected(kind: 'single' | 'double' | 'double-on-write', index: number, low: number, high: number, syndrome: number): void;
}

/** Which monitor watches a word of the bank, and the word's number there. */
export type MonitorOf = (word: number) => { readonly observer: EccObserver; readonly index: number };

interface PendingHalf {
  readonly word: number;
  readonly upper: boolean;
  /** The word before the store. */
  readonly low: number;
  readonly high: number;
}

/**
 * A RAM with check bits. Only words whose check bits do not match their data are remembered, and the bank is watched only
 * while there are such words or a monitor injects.
 *
 * A 32-bit store is half a word of a 64-bit RAM. The core's store buffer merges the two halves of a doubleword (STRD, a
 * copy loop) into one write; so such a store is judged only when something else than its other half follows.
 * `unverified:` whether a partial write over a double error renews the check bits (here it does, the flag is the trace).
 */
export class EccMemory implements BankWatcher {
  /** Stored check bits of the words where they do not match the data. */
  readonly #stored = new Map<number, number>();
  readonly #view: DataView;
  #pending: PendingHalf | undefined;
  #watching = false;

  constructor(
    private readonly bank: MemoryBank,
    private readonly code: EccCode,
    private readonly monitorOf: MonitorOf,
    private readonly injecting: () => boolean,
    private readonly enabled: () => boolean,
    private readonly watch: (watcher: BankWatcher | undefined) => void,
  ) {
    this.#view = new DataView(bank.bytes.buffer, bank.bytes.byteOffset, bank.bytes.byteLength);
  }

  load(offset: number, width: AccessWidth): number {
    this.settle();
    let value = 0;
    let word = -1;
    let verdict: EccVerdict | undefined;
    for (let byte = 0; byte < width; byte += 1) {
      const at = offset + byte;
      if (this.#wordOf(at) !== word) {
        word = this.#wordOf(at);
        verdict = this.#judge(word, 'double');
      }
      value |= this.#byteOf(verdict, at) << (8 * byte);
    }
    return value >>> 0;
  }

  store(offset: number, value: number, width: AccessWidth): void {
    if (this.#completesPending(offset, width)) return this.#finishPending(offset, value);
    this.settle();
    const size = this.code.wordBytes;
    for (let byte = 0; byte < width; ) {
      const word = this.#wordOf(offset + byte);
      const count = Math.min(width - byte, (word + 1) * size - (offset + byte));
      this.#storePart(word, offset + byte, value >>> (8 * byte), count);
      byte += count;
    }
    this.update();
  }

  /** Judges a half-written word now; before anything else looks at the bank or its monitors. */
  settle(): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#pending = undefined;
    const stored = this.#stored.get(pending.word);
    if (stored === undefined) return;
    const verdict = this.code.decode(pending.low, pending.high, stored);
    this.#report(pending.word, verdict, pending.low, pending.high, 'double-on-write');
    this.#stored.delete(pending.word);
    // The half that was not written takes the corrected value.
    const at = pending.word * this.code.wordBytes;
    if (pending.upper) this.#view.setUint32(at, verdict.low, true);
    else this.#view.setUint32(at + 4, verdict.high, true);
    this.update();
  }

  /** A write from outside the chip's buses renews the check bits; all of them where no range is given. */
  renew(offset = 0, size = this.bank.size): void {
    this.#pending = undefined;
    const last = this.#wordOf(offset + Math.max(size, 1) - 1);
    for (const word of [...this.#stored.keys()]) if (word >= this.#wordOf(offset) && word <= last) this.#stored.delete(word);
    this.update();
  }

  saved(): Saved {
    return { stored: savedPairs(this.#stored), pending: this.#pending === undefined ? null : { ...this.#pending } };
  }

  restore(state: SavedReader): void {
    const words = this.bank.size / this.code.wordBytes;
    this.#stored.clear();
    for (const [word, bits] of state.pairs('stored', words)) if (word < words) this.#stored.set(word, bits & 0xff);
    this.#pending = undefined;
    if (!state.isNull('pending')) {
      const pending = state.child('pending');
      this.#pending = { word: pending.integer('word', 0, words - 1), upper: pending.flag('upper'), low: pending.word('low'), high: pending.word('high') };
    }
    this.update();
  }

  /** Watches the bank while that is needed; to be called when a monitor starts or stops to inject. */
  update(): void {
    const needed = this.enabled() && (this.#stored.size > 0 || this.injecting());
    if (needed === this.#watching) return;
    this.#watching = needed;
    this.watch(needed ? this : undefined);
  }

  #wordOf(offset: number): number {
    return Math.floor(offset / this.code.wordBytes);
  }

  #read(word: number): { low: number; high: number } {
    const at = word * this.code.wordBytes;
    const high = this.code.wordBytes === 8 ? this.#view.getUint32(at + 4, true) : 0;
    return { low: this.#view.getUint32(at, true), high };
  }

  #byteOf(verdict: EccVerdict | undefined, offset: number): number {
    if (verdict === undefined) return this.bank.bytes[offset];
    const position = offset % this.code.wordBytes;
    return ((position < 4 ? verdict.low : verdict.high) >>> (8 * (position & 3))) & 0xff;
  }

  /** Checks one word and tells its monitor; undefined where nothing is wrong with it. */
  #judge(word: number, doubleKind: 'double' | 'double-on-write'): EccVerdict | undefined {
    const stored = this.#stored.get(word);
    if (stored === undefined) return undefined;
    const { low, high } = this.#read(word);
    const verdict = this.code.decode(low, high, stored);
    this.#report(word, verdict, low, high, doubleKind);
    return verdict;
  }

  #report(word: number, verdict: EccVerdict, low: number, high: number, doubleKind: 'double' | 'double-on-write'): void {
    if (verdict.error === 'none') return;
    const { observer, index } = this.monitorOf(word);
    observer.detected(verdict.error === 'single' ? 'single' : doubleKind, index, low, high, verdict.syndrome);
  }

  #storePart(word: number, offset: number, value: number, count: number): void {
    const before = this.#read(word);
    if (this.monitorOf(word).observer.injecting) {
      const kept = this.#stored.get(word) ?? this.code.encode(before.low, before.high);
      this.#put(offset, value, count);
      const after = this.#read(word);
      if (this.code.encode(after.low, after.high) === kept) this.#stored.delete(word);
      else this.#stored.set(word, kept);
      return;
    }
    if (!this.#stored.has(word) || count === this.code.wordBytes) {
      this.#stored.delete(word);
      this.#put(offset, value, count);
      return;
    }
    if (this.code.wordBytes === 8 && count === 4 && offset % 4 === 0) {
      this.#pending = { word, upper: offset % 8 === 4, ...before };
      this.#put(offset, value, count);
      return;
    }
    const verdict = this.#judge(word, 'double-on-write');
    if (verdict !== undefined) {
      const at = word * this.code.wordBytes;
      this.#view.setUint32(at, verdict.low, true);
      if (this.code.wordBytes === 8) this.#view.setUint32(at + 4, verdict.high, true);
    }
    this.#stored.delete(word);
    this.#put(offset, value, count);
  }

  #put(offset: number, value: number, count: number): void {
    for (let byte = 0; byte < count; byte += 1) this.bank.bytes[offset + byte] = (value >>> (8 * byte)) & 0xff;
  }

  #completesPending(offset: number, width: AccessWidth): boolean {
    const pending = this.#pending;
    return pending !== undefined && width === 4 && offset === pending.word * 8 + (pending.upper ? 0 : 4);
  }

  #finishPending(offset: number, value: number): void {
    const word = this.#wordOf(offset);
    this.#pending = undefined;
    this.#stored.delete(word);
    this.#put(offset, value, 4);
    this.update();
  }
}
