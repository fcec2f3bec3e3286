/**
 * The SECDED code of the monitored RAMs: a Hamming number for every data bit, check bits are the exclusive or of the numbers
 * of all set bits, and one parity bit over data and check bits tells single from double errors.
 *
 * ST publishes one pair for the 64-bit RAMs (NUCLEO-H7S3L8 RAMECC_ErrorCount/Appli/Src/main.c): bit 12 flipped gives FECR 0x41.
 * 0x41 has two bits set, so FECR cannot be the syndrome of an odd-weight (Hsiao) code nor contain the parity bit; as a Hamming
 * number it is 65. The only ascending run of 64 numbers without a power of two (those belong to the check bits themselves) that
 * puts bit 12 at 65 begins at 52: data bits 0 … 11 have 52 … 63, bits 12 … 63 have 65 … 116.
 * `unverified:` every number but that of bit 12, and FECR after a double error (here: the exclusive or of both numbers).
 */
export interface EccCode {
  /** Bytes of a word that carries its own check bits. */
  readonly wordBytes: 4 | 8;
  /** Check bits of a word: Hamming part in bits 6:0, parity in bit 7. */
  encode(low: number, high: number): number;
  /** What the stored check bits say about a word. */
  decode(low: number, high: number, stored: number): EccVerdict;
}

export interface EccVerdict {
  readonly error: 'none' | 'single' | 'double';
  /** Exclusive or of stored and computed Hamming part: FECR. */
  readonly syndrome: number;
  /** The word after correction; as stored when nothing can be corrected. */
  readonly low: number;
  readonly high: number;
}

export function eccCode(wordBytes: 4 | 8): EccCode {
  const numbers = wordBytes === 8 ? dataNumbers(52, 64) : dataNumbers(3, 32);
  const bitOf = new Map(numbers.map((number, bit) => [number, bit]));
  const hamming = (low: number, high: number): number => {
    let code = 0;
    for (let bit = 0; bit < numbers.length; bit += 1) {
      const half = bit < 32 ? low : high;
      if (((half >>> (bit & 31)) & 1) === 1) code ^= numbers[bit];
    }
    return code;
  };
  return {
    wordBytes,
    encode(low, high) {
      const code = hamming(low, high);
      return code | (parity(low ^ high ^ code) << 7);
    },
    decode(low, high, stored) {
      const syndrome = (stored ^ hamming(low, high)) & 0x7f;
      const odd = parity(low ^ high ^ stored) === 1;
      if (!odd) return { error: syndrome === 0 ? 'none' : 'double', syndrome, low, high };
      const bit = bitOf.get(syndrome);
      if (bit === undefined) {
        // The parity bit or a check bit itself, else more errors than the code can tell.
        const checkBit = (syndrome & (syndrome - 1)) === 0;
        return { error: checkBit ? 'single' : 'double', syndrome, low, high };
      }
      const flip = 1 << (bit & 31);
      return { error: 'single', syndrome, low: bit < 32 ? (low ^ flip) >>> 0 : low, high: bit < 32 ? high : (high ^ flip) >>> 0 };
    },
  };
}

/** The first `count` numbers from `first` on that are no power of two. */
function dataNumbers(first: number, count: number): number[] {
  const numbers: number[] = [];
  for (let number = first; numbers.length < count; number += 1) if ((number & (number - 1)) !== 0) numbers.push(number);
  return numbers;
}

function parity(value: number): number {
  let folded = value ^ (value >>> 16);
  folded ^= folded >>> 8;
  folded ^= folded >>> 4;
  folded ^= folded >>> 2;
  return (folded ^ (folded >>> 1)) & 1;
}
