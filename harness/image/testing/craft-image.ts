import { cryptPayload } from '../content-key.js';
import { wrapContentKey } from '../ecies.js';
import { signDeterministic } from '../ecdsa-deterministic.js';
import { encodeSignature } from '../ecdsa-signature.js';
import { nativeEngine } from '../engine-native.js';
import { sha256 } from '../engine.js';
import { applicationMagic, encodeHeader, imageFlag } from '../header.js';
import type { ImageHeader } from '../header.js';
import { subjectPublicKeyInfo } from '../public-key.js';
import { encodeTlvArea, protectedTlvInfoMagic, tlvInfoMagic, tlvType } from '../tlv.js';
import type { TlvInit } from '../tlv.js';
import { trailerMagic } from '../trailer.js';
import type { ValidationOptions } from '../validation.js';

const engine = nativeEngine();
const scalar = (last: number): Uint8Array => new Uint8Array(32).fill(0x5a, 0, 31).fill(last, 31);
const pair = (last: number): { privateKey: Uint8Array; publicKey: Uint8Array } => ({ privateKey: scalar(last), publicKey: Uint8Array.from(engine.publicKeyOf(scalar(last))!) });

/** Fixed test keys; `other` is the wrong one for everything. */
export const testKeys = { auth: pair(1), enc: pair(2), ephemeral: pair(3), other: pair(4) };

export const slotSize = 0x8000;
export const contentKey = new Uint8Array(16).fill(0x77);

export const u32 = (value: number): Uint8Array => {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value, true);
  return out;
};

/** The value of a right encryption TLV; it depends on no other part of the image. */
export const encryptionValue = (publicKey: Uint8Array = testKeys.enc.publicKey): Uint8Array => wrapContentKey(engine, contentKey, publicKey, testKeys.ephemeral.privateKey)!;

/** Values of the TLVs of a well-made image. */
export interface TlvValues {
  readonly hash: Uint8Array;
  readonly keyHash: Uint8Array;
  /** DER. */
  readonly signature: Uint8Array;
  /** 113 bytes. */
  readonly encryption: Uint8Array;
}

/** What a test changes about a well-made image; hash and signature are made over the changed image. */
export interface Changes {
  readonly encrypted?: boolean;
  readonly payload?: Uint8Array;
  readonly header?: Partial<ImageHeader>;
  readonly protectedTlvs?: readonly TlvInit[];
  /** The unprotected TLVs, made of right values. */
  readonly tlvs?: (values: TlvValues) => readonly TlvInit[];
  readonly signWith?: Uint8Array;
  readonly encryptFor?: Uint8Array;
  /** Bytes written over the finished slot. */
  readonly patch?: readonly { readonly at: number; readonly bytes: Uint8Array }[];
  /** Left out: no trailer magic. */
  readonly trailer?: boolean;
}

export const counterTlv = (value = 5): TlvInit => ({ type: tlvType.SEC_CNT, value: u32(value) });
export const usualTlvs = (values: TlvValues): TlvInit[] => [
  { type: tlvType.SHA256, value: values.hash },
  { type: tlvType.KEYHASH, value: values.keyHash },
  { type: tlvType.ECDSASIG, value: values.signature },
];
export const encryptedTlvs = (values: TlvValues): TlvInit[] => [...usualTlvs(values), { type: tlvType.ENCEC256, value: values.encryption }];

export interface Crafted {
  readonly slot: Uint8Array;
  /** Offset behind the TLVs. */
  readonly end: number;
  /** Offset of the unprotected TLV area. */
  readonly tlvStart: number;
}

/** A whole slot, built field by field without the code under test that signs; the same changes give the same bytes. */
export function craft(changes: Changes = {}): Crafted {
  const encrypted = changes.encrypted === true;
  const payload = changes.payload ?? Uint8Array.from({ length: 0x123 }, (_, i) => i);
  const headerSize = changes.header?.headerSize ?? 0x400;
  const prot = encodeTlvArea(protectedTlvInfoMagic, changes.protectedTlvs ?? [counterTlv()]);
  const header: ImageHeader = {
    magic: applicationMagic,
    loadAddress: 0,
    headerSize,
    protectedTlvSize: prot.length,
    imageSize: payload.length,
    flags: encrypted ? imageFlag.ENCRYPTED : 0,
    version: { major: 1, minor: 0, revision: 0, build: 0 },
    ...changes.header,
  };
  const plain = new Uint8Array(headerSize + payload.length).fill(0xff);
  plain.set(encodeHeader(header));
  plain.set(payload, headerSize);
  const digest = sha256(engine, plain, prot);
  const values: TlvValues = {
    hash: digest,
    keyHash: sha256(engine, subjectPublicKeyInfo(testKeys.auth.publicKey)),
    signature: encodeSignature(signDeterministic(engine, changes.signWith ?? testKeys.auth.privateKey, digest)),
    encryption: encryptionValue(changes.encryptFor),
  };
  const tlvs = encodeTlvArea(tlvInfoMagic, (changes.tlvs ?? (encrypted ? encryptedTlvs : usualTlvs))(values));
  const slot = new Uint8Array(slotSize).fill(0xff);
  slot.set(plain);
  if (encrypted) slot.set(cryptPayload(engine, contentKey, 0, payload), headerSize);
  const tlvStart = plain.length + prot.length;
  slot.set(prot, plain.length);
  slot.set(tlvs, tlvStart);
  if (changes.trailer !== false) slot.set(trailerMagic, slotSize - trailerMagic.length);
  for (const { at, bytes } of changes.patch ?? []) slot.set(bytes, at);
  return { slot, end: tlvStart + tlvs.length, tlvStart };
}

/** The boot that accepts `craft()`. */
export const boot: ValidationOptions & { readonly slotSize: number } = {
  mode: 'overwrite',
  slotSize,
  authPublicKey: testKeys.auth.publicKey,
  encPrivateKey: testKeys.enc.privateKey,
  storedCounter: 5,
};
