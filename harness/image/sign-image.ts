import { HarnessError } from '../errors/index.js';
import { hex } from '../units/index.js';
import type { ByteCount } from '../units/index.js';
import { cryptPayload } from './content-key.js';
import { signDeterministic } from './ecdsa-deterministic.js';
import { encodeSignature, hasShortInteger } from './ecdsa-signature.js';
import { contentKeySize, wrapContentKey } from './ecies.js';
import { nativeEngine } from './engine-native.js';
import { sha256 } from './engine.js';
import type { CryptoEngine } from './engine.js';
import { applicationMagic, encodeHeader, headerStructSize, imageFlag, parseVersion, stirotMagic } from './header.js';
import type { ImageHeader, ImageVersion } from './header.js';
import { bootRecordTlv, counterTlv, dependencyTlv } from './protected-tlvs.js';
import { scalarSize, subjectPublicKeyInfo } from './public-key.js';
import type { SignOptions } from './sign-options.js';
import { encodeTlvArea, protectedTlvInfoMagic, tlvInfoMagic, tlvType } from './tlv.js';
import type { TlvInit } from './tlv.js';
import { trailerMagic } from './trailer.js';

const defaultMaxSectors = 128;
const paddingUnit: ByteCount = 16;

/** A signed image and what stands behind it in the slot. */
export interface SignedImage {
  /** Header, payload and TLVs. */
  readonly image: Uint8Array;
  readonly slotSize: ByteCount;
  /** Trailer fields, ascending; empty when no padding was asked for. */
  readonly trailer: readonly { readonly offset: ByteCount; readonly bytes: Uint8Array }[];
}

const usage = (code: string, message: string, nextStep: string): HarnessError => new HarnessError({ code, kind: 'usage', message, nextStep });

/**
 * Signs, and encrypts where a key is given, byte for byte as ST's imgtool does apart from what is random (stm32-mw-mcuboot, scripts/imgtool/image.py).
 * @throws HarnessError (usage) `image-version` · `image-sign-options` · `image-header-not-empty` · `image-too-large` · `image-key`
 */
export function buildSignedImage(payload: Uint8Array, options: SignOptions): SignedImage {
  checkOptions(options);
  const engine = options.engine ?? nativeEngine();
  const random = options.random ?? secureRandom;
  const version = typeof options.version === 'string' ? parseVersion(options.version) : options.version;
  const body = layOut(payload, options);
  const protectedArea = encodeTlvArea(protectedTlvInfoMagic, protectedTlvs(version, options, engine));

  const encrypted = options.encryptionKey !== undefined;
  const ownFlags =
    (options.nonBootable === true ? imageFlag.NON_BOOTABLE : 0) |
    (options.mode === 'primary-only' ? imageFlag.PRIMARY_ONLY : 0) |
    (options.romFixed !== undefined ? imageFlag.ROM_FIXED : 0) |
    ((options.loadAddress ?? 0) !== 0 ? imageFlag.RAM_LOAD : 0);
  // Primary-only images are hashed as they will stand in the slot once decrypted.
  const hashedFlags = ownFlags | (encrypted && options.mode !== 'primary-only' ? imageFlag.ENCRYPTED : 0);
  const header: ImageHeader = {
    magic: options.magic ?? (options.mode === 'primary-only' ? stirotMagic : applicationMagic),
    loadAddress: options.romFixed ?? options.loadAddress ?? 0,
    headerSize: options.headerSize,
    protectedTlvSize: protectedArea.length,
    imageSize: body.length - options.headerSize,
    flags: hashedFlags >>> 0,
    version,
  };
  body.set(encodeHeader(header));
  const tlvs = authenticationTlvs([body, protectedArea], options, engine, random);

  if (options.encryptionKey !== undefined) {
    const contentKey = random(contentKeySize);
    tlvs.push({ type: tlvType.ENCEC256, value: wrap(contentKey, options.encryptionKey, engine, random) });
    body.set(encodeHeader({ ...header, flags: (hashedFlags | imageFlag.ENCRYPTED) >>> 0 }));
    if (options.clear !== true) body.set(cryptPayload(engine, contentKey, 0, body.subarray(options.headerSize)), options.headerSize);
  }
  const image = concat([body, protectedArea, encodeTlvArea(tlvInfoMagic, tlvs)]);
  checkFit(image.length, options);
  return { image, slotSize: options.slotSize, trailer: trailerFields(options) };
}

/** The signed image as `.bin` output has it: up to the end of the slot when it is padded. Throws as `buildSignedImage`. */
export function signImage(payload: Uint8Array, options: SignOptions): Uint8Array {
  return slotContent(buildSignedImage(payload, options));
}

/** A signed image with its trailer, gaps 0xff; the image alone when it has no trailer. */
export function slotContent(signed: SignedImage): Uint8Array {
  if (signed.trailer.length === 0) return signed.image;
  const out = new Uint8Array(signed.slotSize).fill(0xff);
  out.set(signed.image);
  for (const field of signed.trailer) out.set(field.bytes, field.offset);
  return out;
}

/** Bytes that imgtool keeps free at the slot's end (image.py, _trailer_size). */
export function reservedTrailerSize(options: SignOptions): ByteCount {
  const maxAlign = maxAlignOf(options);
  const up = (size: number): number => Math.ceil(size / maxAlign) * maxAlign;
  if (options.mode === 'primary-only') return trailerMagic.length;
  if (options.mode === 'overwrite') return 2 * maxAlign + trailerMagic.length;
  const keys = options.encryptionKey === undefined ? 0 : 2 * up(contentKeySize);
  return (options.maxSectors ?? defaultMaxSectors) * 3 * options.align + keys + 4 * maxAlign + up(trailerMagic.length);
}

const maxAlignOf = (options: SignOptions): number => options.maxAlign ?? Math.max(8, options.align);

function checkOptions(options: SignOptions): void {
  const powers = [1, 2, 4, 8, 16, 32];
  const whole = (value: number, min: number, max: number): boolean => Number.isInteger(value) && value >= min && value <= max;
  const counter = options.securityCounter;
  const wrong = !whole(options.headerSize, headerStructSize, 0xffff)
    ? 'the header size must be 32 to 65535'
    : !whole(options.slotSize, 1, 0x10000000)
      ? 'the slot size must be 1 to 0x10000000'
      : !powers.includes(options.align) || !powers.includes(maxAlignOf(options))
        ? 'alignments must be 1, 2, 4, 8, 16 or 32'
        : // ST's postbuild writes 0 into the XML of an overwrite build, which has no scratch area.
          !whole(options.maxSectors ?? 1, options.mode === 'swap' ? 1 : 0, 0x10000)
          ? 'the number of sectors must be 1 to 65536, without a swap also 0'
          : counter !== undefined && counter !== 'auto' && !whole(counter, 0, 0xffffffff)
            ? 'the security counter must be 0 to 0xffffffff'
            : (options.loadAddress ?? 0) !== 0 && options.romFixed !== undefined
              ? 'a load address and a fixed address in flash exclude each other'
              : undefined;
  if (wrong !== undefined) throw usage('image-sign-options', wrong, 'correct the option; ST\'s templates have -H 0x400 -S 0x200000 --align 4');
}

/** Room for header and payload; when encrypted, zeros up to a multiple of 16. */
function layOut(payload: Uint8Array, options: SignOptions): Uint8Array {
  const padHeader = options.padHeader ?? true;
  const start = padHeader ? options.headerSize : 0;
  const size = start + payload.length;
  if (size > options.slotSize) throw tooLarge(size, options);
  if (!padHeader && (payload.length < options.headerSize || payload.subarray(0, options.headerSize).some((byte) => byte !== 0))) {
    throw usage('image-header-not-empty', `the input does not begin with ${options.headerSize} zero bytes for the header`, 'link it with room for the header, or ask for --pad-header');
  }
  const whole = options.encryptionKey === undefined ? size : Math.ceil(size / paddingUnit) * paddingUnit;
  const body = new Uint8Array(whole);
  if (padHeader) body.fill(0xff, 0, options.headerSize);
  body.set(payload, start);
  return body;
}

function protectedTlvs(version: ImageVersion, options: SignOptions, engine: CryptoEngine): TlvInit[] {
  const tlvs: TlvInit[] = [];
  if (options.securityCounter !== undefined) tlvs.push(counterTlv(options.securityCounter, version));
  if (options.bootRecord !== undefined) tlvs.push(bootRecordTlv(options.bootRecord, version, options.signKey === undefined ? new Uint8Array(32) : sha256(engine, spkiOf(options.signKey, engine))));
  return [...tlvs, ...(options.dependencies ?? []).map(dependencyTlv), ...(options.protectedTlvs ?? [])];
}

function spkiOf(signKey: Uint8Array, engine: CryptoEngine): Uint8Array {
  const publicKey = engine.publicKeyOf(signKey);
  if (publicKey === undefined) throw badKey('signing');
  return subjectPublicKeyInfo(publicKey);
}

function authenticationTlvs(parts: readonly Uint8Array[], options: SignOptions, engine: CryptoEngine, random: (count: number) => Uint8Array): TlvInit[] {
  const message = { digest: sha256(engine, ...parts), parts };
  const tlvs: TlvInit[] = [{ type: tlvType.SHA256, value: message.digest }];
  const key = options.signKey;
  if (key === undefined) return tlvs;
  const spki = spkiOf(key, engine);
  tlvs.push(options.fullPublicKey === true ? { type: tlvType.PUBKEY, value: spki } : { type: tlvType.KEYHASH, value: sha256(engine, spki) });
  const sign = (first: boolean): Uint8Array =>
    options.random === undefined ? engine.sign(key, message) : signDeterministic(engine, key, message.digest, first ? undefined : random(32));
  let signature = sign(true);
  while (hasShortInteger(signature)) signature = sign(false);
  tlvs.push({ type: tlvType.ECDSASIG, value: encodeSignature(signature) });
  return tlvs;
}

function wrap(contentKey: Uint8Array, publicKey: Uint8Array, engine: CryptoEngine, random: (count: number) => Uint8Array): Uint8Array {
  let ephemeral = random(scalarSize);
  // About one draw in 2^32 is no scalar of P-256.
  for (let draw = 0; draw < 3 && engine.publicKeyOf(ephemeral) === undefined; draw++) ephemeral = random(scalarSize);
  const value = wrapContentKey(engine, contentKey, publicKey, ephemeral);
  if (value === undefined) throw badKey('encryption');
  return value;
}

function badKey(which: string): HarnessError {
  return usage('image-key', `the ${which} key is no key of the curve P-256`, 'give a P-256 key as `rot-hil keys generate` or imgtool keygen -t ecdsa-p256 makes it');
}

function trailerFields(options: SignOptions): SignedImage['trailer'] {
  if (options.pad !== true && options.confirm !== true) return [];
  const fields = [{ offset: options.slotSize - trailerMagic.length, bytes: trailerMagic.slice() }];
  if (options.confirm === true && options.mode !== 'overwrite') {
    const maxAlign = maxAlignOf(options);
    const bytes = new Uint8Array(maxAlign).fill(0xff);
    bytes[0] = 1;
    fields.unshift({ offset: options.slotSize - Math.ceil(trailerMagic.length / maxAlign) * maxAlign - maxAlign, bytes });
  }
  return fields;
}

function checkFit(imageSize: ByteCount, options: SignOptions): void {
  if (imageSize + reservedTrailerSize(options) > options.slotSize) throw tooLarge(imageSize, options);
}

function tooLarge(size: ByteCount, options: SignOptions): HarnessError {
  const reserved = reservedTrailerSize(options);
  return usage(
    'image-too-large',
    `image (${hex(size)}) and trailer (${hex(reserved)}) do not fit into a slot of ${hex(options.slotSize)} bytes`,
    'make the application smaller or the slots larger; the slot size of the boot must be the same',
  );
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function secureRandom(count: number): Uint8Array {
  return globalThis.crypto.getRandomValues(new Uint8Array(count));
}
