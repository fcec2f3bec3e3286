import { hex } from '../units/index.js';
import type { ByteCount } from '../units/index.js';
import { eciesTlvSize } from './ecies.js';
import { decodeSignature } from './ecdsa-signature.js';
import { equalBytes, sha256 } from './engine.js';
import type { CryptoEngine } from './engine.js';
import { imageFlag } from './header.js';
import type { ImageHeader } from './header.js';
import { spkiSize, subjectPublicKeyInfo } from './public-key.js';
import type { SlotReader } from './slot-reader.js';
import { findTlvArea, tlvName, tlvType, tlvValue, walkTlvs } from './tlv.js';
import type { Tlv, TlvArea } from './tlv.js';
import type { RejectionStage, ValidationOptions } from './validation.js';

type Options = ValidationOptions & { readonly engine: CryptoEngine };

interface Rejection {
  readonly stage: RejectionStage;
  readonly reason: string;
}

/** All TLVs passed; `failure` tells that the signature is missing, which the boot finds out only behind its last check. */
interface Passed {
  readonly end: ByteCount;
  readonly securityCounter: number;
  readonly hashReferenceMatched: boolean;
  readonly failure: string | undefined;
}

const reject = (stage: RejectionStage, reason: string): Rejection => ({ stage, reason });
/** EXPECTED_SIG_LEN for EC256 (MCUboot, bootutil/src/image_validate.c). */
const maxSignatureSize: ByteCount = 72;

/** The TLV part of bootutil_img_validate: one pass over both areas, judging each TLV as it comes, then what was not seen at all. */
export function checkTlvs(slot: SlotReader, header: ImageHeader, digest: Uint8Array, options: Options): Passed | Rejection {
  const area = findTlvArea(slot, header);
  if (area === undefined) return reject('tlv', 'no TLV area where the header says it is');
  const pass = new TlvPass(slot, header, area, digest, options);
  for (const tlv of walkTlvs(slot, area)) {
    const rejection = tlv === undefined ? reject('tlv', 'the TLVs run out of the slot') : pass.check(tlv);
    if (rejection !== undefined) return rejection;
  }
  return pass.finish();
}

class TlvPass {
  #hashSeen = false;
  #keyKnown = false;
  #encryptionSeen = false;
  #signed: 'no' | 'signature' | 'hash-reference' = 'no';
  #counter: number | undefined;

  constructor(
    private readonly slot: SlotReader,
    private readonly header: ImageHeader,
    private readonly area: TlvArea,
    private readonly digest: Uint8Array,
    private readonly options: Options,
  ) {}

  check(tlv: Tlv): Rejection | undefined {
    switch (tlv.type) {
      case tlvType.SHA256:
        return this.#checkHash(tlv);
      case tlvType.KEYHASH:
        return this.#checkKey(tlv);
      case tlvType.ECDSASIG:
        return this.#checkSignature(tlv);
      case tlvType.SEC_CNT:
        return this.#checkCounter(tlv);
      default:
        return this.#checkOther(tlv);
    }
  }

  finish(): Passed | Rejection {
    if (!this.#hashSeen) return reject('hash', 'no image hash TLV');
    const failure = this.#signed === 'no' ? 'no signature TLV' : undefined;
    if (this.#counter === undefined) return failure === undefined ? reject('security-counter', 'no security counter TLV') : reject('signature', failure);
    return { end: this.area.end, securityCounter: this.#counter, hashReferenceMatched: this.#signed === 'hash-reference', failure };
  }

  #checkHash(tlv: Tlv): Rejection | undefined {
    if (tlv.length !== 32) return reject('tlv', `the image hash TLV has ${tlv.length} bytes, not 32`);
    const stored = tlvValue(this.slot, tlv);
    if (stored === undefined) return this.#outside(tlv);
    if (!equalBytes(stored, this.digest)) return reject('hash', 'image hash mismatch');
    this.#hashSeen = true;
    return undefined;
  }

  /** bootutil_find_key: as many bytes as the TLV has are compared, none at all included. */
  #checkKey(tlv: Tlv): Rejection | undefined {
    if (tlv.length > 32) return reject('key', `the key hash TLV has ${tlv.length} bytes, more than 32`);
    const stored = tlvValue(this.slot, tlv);
    if (stored === undefined) return this.#outside(tlv);
    const { engine, authPublicKey } = this.options;
    const own = sha256(engine, subjectPublicKeyInfo(authPublicKey));
    if (!equalBytes(stored, own.subarray(0, stored.length))) return reject('key', 'the image names another authentication key');
    this.#keyKnown = true;
    return undefined;
  }

  #checkSignature(tlv: Tlv): Rejection | undefined {
    if (this.#signed !== 'no') return reject('signature', 'a second signature TLV');
    if (tlv.length > maxSignatureSize) return reject('signature', `the signature TLV has ${tlv.length} bytes, more than ${maxSignatureSize}`);
    const { hashReference } = this.options;
    if (hashReference !== undefined && equalBytes(hashReference, this.digest)) {
      this.#log('hash ref OK');
      this.#signed = 'hash-reference';
      return undefined;
    }
    if (!this.#keyKnown) return reject('signature', 'no key hash TLV in front of the signature');
    const der = tlvValue(this.slot, tlv);
    if (der === undefined) return this.#outside(tlv);
    this.#log('verify sig key id 0');
    this.#log(`checking public key ${tlv.length.toString(16)} ${spkiSize.toString(16)}`);
    const valid = this.#verify(der);
    this.#log(`signature ${valid ? 'OK' : 'KO'}`);
    if (!valid) return reject('signature', 'the signature does not verify');
    this.#signed = 'signature';
    return undefined;
  }

  #verify(der: Uint8Array): boolean {
    const signature = decodeSignature(der);
    if (signature === undefined) return false;
    this.#log('verifying signature hlen 20');
    return this.options.engine.verify(this.options.authPublicKey, signature, this.digest);
  }

  #checkCounter(tlv: Tlv): Rejection | undefined {
    if (tlv.end > this.area.protectedEnd) return reject('security-counter', 'the security counter TLV is not protected');
    if (tlv.length !== 4) return reject('security-counter', `the security counter TLV has ${tlv.length} bytes, not 4`);
    const value = tlvValue(this.slot, tlv);
    if (value === undefined) return this.#outside(tlv);
    const counter = new DataView(value.buffer, value.byteOffset, 4).getUint32(0, true);
    const stored = this.options.storedCounter;
    if (stored === undefined || stored === 0xffffffff) return reject('security-counter', 'the stored security counter cannot be read');
    this.#log(`verify counter  0 ${counter.toString(16)} ${stored.toString(16)}`);
    if (counter < stored) return reject('security-counter', `security counter ${hex(counter)} below stored ${hex(stored)}`);
    this.#log('counter  0 : ok');
    this.#counter = counter;
    return undefined;
  }

  #checkOther(tlv: Tlv): Rejection | undefined {
    const isProtected = tlv.end <= this.area.protectedEnd;
    if (tlv.type === tlvType.BOOT_RECORD && !isProtected) return reject('tlv', 'the boot record TLV is not protected');
    if (isProtected && (tlv.type === tlvType.DEPENDENCY || tlv.type === tlvType.BOOT_RECORD)) return undefined;
    if (tlv.type === tlvType.ENCEC256 && tlv.length === eciesTlvSize && !this.#encryptionSeen && this.#encryptionAllowed()) {
      this.#encryptionSeen = true;
      return undefined;
    }
    this.#log(`unexpected TLV ${tlv.type.toString(16)} `);
    return reject('tlv', `unexpected TLV ${tlvName(tlv.type)} of ${tlv.length} bytes`);
  }

  #encryptionAllowed(): boolean {
    return this.options.mode === 'primary-only' || (this.header.flags & imageFlag.ENCRYPTED) !== 0;
  }

  #outside(tlv: Tlv): Rejection {
    return reject('tlv', `TLV ${tlvName(tlv.type)} reaches out of the slot`);
  }

  #log(text: string): void {
    this.options.log?.(`[INF] ${text}`);
  }
}
