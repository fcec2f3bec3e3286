/**
 * The packet layer of GDB's remote serial protocol (GDB manual, appendix E.1): `$body#checksum`, `+` and `-`, and the single byte 3 that asks to stop.
 * Bodies are strings of one character per byte.
 */

/** Longest body that is taken; also what `PacketSize` announces. */
export const largestPacket = 0x4000;

export type Received = { readonly kind: 'packet'; readonly body: string } | { readonly kind: 'interrupt' } | { readonly kind: 'damaged' } | { readonly kind: 'resend' };

/** Splits what comes in into packets. Input is bounded: a body that grows beyond `largestPacket` is damaged and passed over up to its end. */
export class PacketReader {
  #state: 'outside' | 'body' | 'first digit' | 'second digit' = 'outside';
  #body: number[] = [];
  #sum = 0;
  #tooLong = false;
  #digits = '';

  take(bytes: Uint8Array): Received[] {
    const out: Received[] = [];
    for (const byte of bytes) {
      const received = this.#byte(byte);
      if (received !== undefined) out.push(received);
    }
    return out;
  }

  #byte(byte: number): Received | undefined {
    const character = String.fromCharCode(byte);
    switch (this.#state) {
      case 'outside':
        if (byte === 3) return { kind: 'interrupt' };
        if (character === '-') return { kind: 'resend' };
        if (character === '$') this.#begin();
        return undefined;
      case 'body':
        // A packet that was cut short is followed by a new one.
        if (character === '$') this.#begin();
        else if (character === '#') this.#state = 'first digit';
        else if (this.#body.length < largestPacket) {
          this.#body.push(byte);
          this.#sum = (this.#sum + byte) & 0xff;
        } else this.#tooLong = true;
        return undefined;
      case 'first digit':
        this.#digits = character;
        this.#state = 'second digit';
        return undefined;
      case 'second digit':
        this.#state = 'outside';
        return this.#end(this.#digits + character);
    }
  }

  #begin(): void {
    this.#state = 'body';
    this.#body = [];
    this.#sum = 0;
    this.#tooLong = false;
  }

  #end(checksum: string): Received {
    const intact = !this.#tooLong && /^[0-9a-fA-F]{2}$/.test(checksum) && parseInt(checksum, 16) === this.#sum;
    if (!intact) return { kind: 'damaged' };
    const body = unescaped(this.#body);
    return body === undefined ? { kind: 'damaged' } : { kind: 'packet', body };
  }
}

/** `}` and a character with bit 5 inverted stand for one byte. */
function unescaped(bytes: readonly number[]): string | undefined {
  let body = '';
  for (let index = 0; index < bytes.length; index += 1) {
    let byte = bytes[index]!;
    if (byte === 0x7d) {
      index += 1;
      const escaped = bytes[index];
      if (escaped === undefined) return undefined;
      byte = escaped ^ 0x20;
    }
    body += String.fromCharCode(byte);
  }
  return body;
}

/** A packet as it goes out; `#`, `$`, `}` and `*` are escaped. */
export function packet(body: string): Uint8Array {
  const escaped = body.replace(/[#$}*]/g, (character) => `}${String.fromCharCode(character.charCodeAt(0) ^ 0x20)}`);
  const bytes = Buffer.from(escaped, 'latin1');
  const sum = bytes.reduce((total, byte) => (total + byte) & 0xff, 0);
  return Buffer.concat([Buffer.from('$'), bytes, Buffer.from(`#${sum.toString(16).padStart(2, '0')}`)]);
}

/** Two digits a byte. */
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** undefined unless the text is whole bytes of hexadecimal digits. */
export function fromHex(text: string): Uint8Array | undefined {
  return text.length % 2 === 0 && /^[0-9a-fA-F]*$/.test(text) ? Uint8Array.from(Buffer.from(text, 'hex')) : undefined;
}
