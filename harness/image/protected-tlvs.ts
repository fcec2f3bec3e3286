import { HarnessError } from '../errors/index.js';
import { parseVersion } from './header.js';
import type { ImageVersion } from './header.js';
import { tlvType } from './tlv.js';
import type { TlvInit } from './tlv.js';

/** An image that must be there in at least this version. */
export interface ImageDependency {
  /** 0 … 255. */
  readonly image: number;
  readonly version: ImageVersion;
}

/** ST's imgtool, image.py, MAX_SW_TYPE_LENGTH. */
const longestSoftwareType = 12;

/** SEC_CNT: the security counter; `auto` is major<<24 | minor<<16 | revision. */
export function counterTlv(counter: number | 'auto', version: ImageVersion): TlvInit {
  const value = new Uint8Array(4);
  new DataView(value.buffer).setUint32(0, counter === 'auto' ? version.major * 0x1000000 + version.minor * 0x10000 + version.revision : counter, true);
  return { type: tlvType.SEC_CNT, value };
}

/** DEPENDENCY, 12 bytes (MCUboot, bootutil/image.h, struct image_dependency). */
export function dependencyTlv({ image, version }: ImageDependency): TlvInit {
  const value = new Uint8Array(12);
  const view = new DataView(value.buffer);
  view.setUint8(0, image);
  view.setUint8(4, version.major);
  view.setUint8(5, version.minor);
  view.setUint16(6, version.revision, true);
  view.setUint32(8, version.build, true);
  return { type: tlvType.DEPENDENCY, value };
}

/**
 * Reads imgtool's `-d`: one or more `(<image>,<version>)`. @throws HarnessError `image-dependency` (usage), and `image-version`
 */
export function parseDependencies(text: string): ImageDependency[] {
  const pattern = /\(\s*([0-9]{1,3})\s*,\s*([0-9.+]{1,40})\s*\)/g;
  const found = [...text.matchAll(pattern)];
  const images = found.map(([, image]) => Number(image));
  const rest = text.replace(pattern, '').replace(/[\s,]/g, '');
  if (found.length === 0 || rest !== '' || images.some((image) => image > 255) || new Set(images).size !== images.length) {
    throw new HarnessError({
      code: 'image-dependency',
      kind: 'usage',
      message: 'dependencies are (image,version) with image numbers from 0 to 255, each at most once',
      nextStep: 'for example -d "(1,1.0.0)(2,1.2.0+3)"',
    });
  }
  return found.map(([, , version], index) => ({ image: images[index]!, version: parseVersion(version!) }));
}

/**
 * BOOT_RECORD: a CBOR map (RFC 8949) of PSA software-component claims; the boot puts the measurement in place of the zeros at its end
 * (imgtool, boot_record.py). @param signerId SHA-256 of the signing key, 32 bytes; zeros for an unsigned image
 * @throws HarnessError `image-boot-record` (usage)
 */
export function bootRecordTlv(softwareType: string, version: ImageVersion, signerId: Uint8Array): TlvInit {
  const type = new TextEncoder().encode(softwareType);
  if (type.length === 0 || type.length > longestSoftwareType) {
    throw new HarnessError({ code: 'image-boot-record', kind: 'usage', message: `the software type of a boot record has 1 to ${longestSoftwareType} bytes`, nextStep: 'shorten --boot-record' });
  }
  const text = (value: string | Uint8Array): number[] => {
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    return [...cborHead(3, bytes.length), ...bytes];
  };
  const bytes = (value: Uint8Array): number[] => [...cborHead(2, value.length), ...value];
  const claims: readonly (readonly [number, number[]])[] = [
    [1, text(type)],
    [4, text(`${version.major}.${version.minor}.${version.revision}`)],
    [5, bytes(signerId)],
    [6, text('SHA256')],
    [2, bytes(new Uint8Array(32))],
  ];
  return { type: tlvType.BOOT_RECORD, value: Uint8Array.from([...cborHead(5, claims.length), ...claims.flatMap(([key, value]) => [...cborHead(0, key), ...value])]) };
}

/** Major type and a length below 256. */
function cborHead(major: number, length: number): number[] {
  return length < 24 ? [(major << 5) | length] : [(major << 5) | 24, length];
}

/**
 * imgtool's `--custom-tlv <tag> <value>`: `0x` and hexadecimal digits are bytes, anything else is text.
 * @throws HarnessError `image-custom-tlv` (usage): a tag that has a meaning or does not fit, an odd number of digits
 */
export function customTlv(tag: number | undefined, text: string): TlvInit {
  const invalid = (message: string): HarnessError => new HarnessError({ code: 'image-custom-tlv', kind: 'usage', message: `custom TLV: ${message}`, nextStep: 'for example --custom-tlv 0xa0 0x0102 or --custom-tlv 0xa0 text' });
  if (tag === undefined || tag < 1 || tag > 0xfffe) throw invalid('its tag must be a number from 1 to 0xfffe');
  if (Object.values(tlvType).some((known) => known === tag)) throw invalid('its tag has a meaning of its own');
  if (!text.startsWith('0x')) return { type: tag, value: new TextEncoder().encode(text) };
  const digits = text.slice(2);
  if (!/^(?:[0-9a-fA-F]{2})+$/.test(digits)) throw invalid('its value is no whole number of bytes');
  return { type: tag, value: Uint8Array.from(digits.match(/../g)!, (pair) => parseInt(pair, 16)) };
}
