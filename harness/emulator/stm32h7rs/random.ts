/**
 * A repeatable sequence of 32-bit words (xorshift32, G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14)).
 * For memory contents at power-on and the RNG block; never for keys.
 */
export class RandomWords {
  /** Never 0. */
  state: number;

  constructor(seed: number) {
    this.state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  }

  next(): number {
    let state = this.state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (this.state = state >>> 0);
  }
}

export function randomWords(seed: number): () => number {
  const words = new RandomWords(seed);
  return () => words.next();
}
