/** What registers hold where ways meet: for each 16-bit word of the code the registers that branches to it bring along. Forgotten all at once when a function begins. */
export class Joins {
  /** For each word of the code: number of its entry, counted over all functions; 0 for none. */
  private readonly entries: Int32Array;
  private kinds = new Uint8Array(16 * 64);
  private values = new Int32Array(16 * 64);
  /** Number of the first entry that still counts, and of the next one. */
  private first = 1;
  private next = 1;

  /** @param bytes length of the code */
  constructor(bytes: number) {
    this.entries = new Int32Array((bytes >> 1) + 1);
  }

  forget(): void {
    this.first = this.next;
  }

  /** A branch to the word at `offset` brings these registers: what another brought otherwise is `unknown` from then on. */
  bring(offset: number, kinds: Uint8Array, values: Int32Array, unknown: number): void {
    const word = offset >> 1;
    const entry = this.entries[word]!;
    if (entry >= this.first) {
      const at = (entry - this.first) * 16;
      for (let register = 0; register < 16; register++) if (kinds[register] !== this.kinds[at + register] || values[register] !== this.values[at + register]) this.kinds[at + register] = unknown;
      return;
    }
    const at = (this.next - this.first) * 16;
    if (at === this.kinds.length) this.grow();
    for (let register = 0; register < 16; register++) {
      this.kinds[at + register] = kinds[register]!;
      this.values[at + register] = values[register]!;
    }
    this.entries[word] = this.next++;
  }

  /** Whether a branch leads to the word at `offset`; if none has fallen through to it (`alone`) its registers are taken over, else what differs is `unknown`. */
  take(offset: number, alone: boolean, kinds: Uint8Array, values: Int32Array, unknown: number): boolean {
    const entry = this.entries[offset >> 1]!;
    if (entry < this.first) return false;
    const at = (entry - this.first) * 16;
    for (let register = 0; register < 16; register++) {
      if (alone) {
        kinds[register] = this.kinds[at + register]!;
        values[register] = this.values[at + register]!;
      } else if (kinds[register] !== this.kinds[at + register] || values[register] !== this.values[at + register]) kinds[register] = unknown;
    }
    return true;
  }

  private grow(): void {
    const kinds = new Uint8Array(this.kinds.length * 2);
    const values = new Int32Array(this.values.length * 2);
    kinds.set(this.kinds);
    values.set(this.values);
    this.kinds = kinds;
    this.values = values;
  }
}
