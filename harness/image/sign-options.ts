import type { Address, ByteCount } from '../units/index.js';
import type { CryptoEngine } from './engine.js';
import type { ImageVersion } from './header.js';
import type { ImageDependency } from './protected-tlvs.js';
import type { TlvInit } from './tlv.js';
import type { BootMode } from './validation.js';

/** What ST's `imgtool sign` takes, by the same meaning. */
export interface SignOptions {
  /** `--overwrite-only`, nothing, or `--primary-only`. */
  readonly mode: BootMode;
  /** `-v`. */
  readonly version: string | ImageVersion;
  /** `-H`: bytes in front of the payload, 32 … 65535. */
  readonly headerSize: ByteCount;
  /** `-S`. */
  readonly slotSize: ByteCount;
  /** `--align`: 1, 2, 4, 8, 16 or 32. */
  readonly align: number;
  /** `--max-align`; default the larger of 8 and `align`. */
  readonly maxAlign?: number | undefined;
  /** `-M`; default 128. Counts for the reserved trailer in swap mode only. */
  readonly maxSectors?: number | undefined;
  /** `-ma`; default that of the mode: 0xc1592ee9 for primary-only, else 0x96f3b83d. */
  readonly magic?: number | undefined;
  /** `-s`; `auto` is major<<24 | minor<<16 | revision. Without it the image has no counter, and the boot refuses it. */
  readonly securityCounter?: number | 'auto' | undefined;
  /** `-k`: private key, 32 bytes. Without it the image has a hash but no signature. */
  readonly signKey?: Uint8Array | undefined;
  /** `-E`: public key, 65 bytes. */
  readonly encryptionKey?: Uint8Array | undefined;
  /** `--clear`: encryption TLV and flag, but the payload stays as it is. */
  readonly clear?: boolean | undefined;
  /** `--pad-header`, default true; otherwise the payload begins with headerSize zero bytes. */
  readonly padHeader?: boolean | undefined;
  /** `--pad`: fill the slot and put the magic at its end. */
  readonly pad?: boolean | undefined;
  /** `--confirm`: pad and, unless in overwrite mode, set image_ok. */
  readonly confirm?: boolean | undefined;
  /** `--non-bootable`. */
  readonly nonBootable?: boolean | undefined;
  /** `-L`: the image says that it runs from RAM at this address. Excludes `romFixed`. */
  readonly loadAddress?: Address | undefined;
  /** `-F`: flash address that the image is built for. */
  readonly romFixed?: Address | undefined;
  /** `--boot-record`: software type of 1 to 12 bytes; a CBOR boot record behind the counter. */
  readonly bootRecord?: string | undefined;
  /** `-d`: behind the boot record. */
  readonly dependencies?: readonly ImageDependency[] | undefined;
  /** `--public-key-format full`: the whole public key in place of its hash. */
  readonly fullPublicKey?: boolean | undefined;
  /** `--custom-tlv`: protected TLVs behind all others, in this order. */
  readonly protectedTlvs?: readonly TlvInit[] | undefined;
  /** Source of all random bytes. When it is given, the signature's nonce follows RFC 6979: the same inputs make the same image. */
  readonly random?: ((count: number) => Uint8Array) | undefined;
  readonly engine?: CryptoEngine | undefined;
}
