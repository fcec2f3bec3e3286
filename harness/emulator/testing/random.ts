/** A small reproducible generator (xorshift32) for random programs. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed * 2654435761 || 1;
  }

  /** 32 random bits, as a signed number. */
  bits(): number {
    let x = this.#state | 0;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x;
  }

  below(limit: number): number {
    return (this.bits() >>> 0) % limit;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  /** A register value: often one at a border of signed, unsigned or halfword arithmetic. */
  operand(): number {
    if (this.chance(60)) return this.bits();
    if (this.chance(30)) return this.below(40);
    return this.pick([0, 1, -1, 0x7fffffff, -0x80000000, -0x7fffffff, 0x7fff, 0x8000, 0xffff, 0x10000, -0x8000, 0x7f807f80, 0x00ff00ff, 0x80, 31, 32, 33, 255, 256]);
  }
}
