/**
 * A repeatable sequence of 32-bit words (xorshift32, G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8(14)).
 * For memory contents at power-on and the RNG block; never for keys.
 */
export function randomWords(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}
