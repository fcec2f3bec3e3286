import { keyError, makeP256Key } from './key-error.js';

export const derTag = { integer: 0x02, bitString: 0x03, octetString: 0x04, objectId: 0x06, sequence: 0x30, context0: 0xa0, context1: 0xa1 } as const;

/** A cursor over DER (ITU-T X.690, section 10): definite lengths in their shortest form, nothing else. Every failure is a `key-encoding` error (usage). */
export class DerReader {
  #at = 0;

  /** @param what names the structure in errors */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly what: string,
  ) {}

  get atEnd(): boolean {
    return this.#at === this.bytes.length;
  }

  /** Whether the next element has this tag. */
  next(tag: number): boolean {
    return this.bytes[this.#at] === tag;
  }

  /** The contents of the next element, which must have this tag. */
  read(tag: number): Uint8Array {
    if (!this.next(tag)) throw this.fail('another element than expected');
    let start = this.#at + 2;
    let length = this.bytes[this.#at + 1] ?? 0;
    if (length >= 0x80) {
      // 0x82 covers 65535 bytes, more than any key.
      const count = length - 0x80;
      if (count < 1 || count > 2 || start + count > this.bytes.length) throw this.fail('a malformed length');
      length = count === 1 ? this.bytes[start] : (this.bytes[start] << 8) | this.bytes[start + 1];
      if (length < (count === 1 ? 0x80 : 0x100)) throw this.fail('a length that is not in its shortest form');
      start += count;
    }
    if (start + length > this.bytes.length) throw this.fail('an element longer than the rest');
    this.#at = start + length;
    return this.bytes.subarray(start, this.#at);
  }

  /** The next element as a structure of its own. */
  enter(tag: number): DerReader {
    return new DerReader(this.read(tag), this.what);
  }

  /** Refuses anything left over. */
  end(): void {
    if (!this.atEnd) throw this.fail('bytes behind its end');
  }

  fail(found: string): Error {
    return keyError('key-encoding', `${this.what}: ${found}`, makeP256Key);
  }
}

/** One element of at most 65535 bytes of contents. */
export function der(tag: number, ...contents: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const size = contents.reduce((sum, part) => sum + part.length, 0);
  const head = size < 0x80 ? [tag, size] : size < 0x100 ? [tag, 0x81, size] : [tag, 0x82, size >> 8, size & 0xff];
  const out = new Uint8Array(head.length + size);
  out.set(head);
  let at = head.length;
  for (const part of contents) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
