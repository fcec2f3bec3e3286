import { createHash } from 'node:crypto';
import type { ObkStore } from './obk-store.js';

/** Index of the configuration: the first that is not write-once (OBK_HDPL1_CFG_OFFSET, OEMiROT_Boot/Inc/flash_layout.h). */
export const obkConfigurationIndex = 8;
/** OBK_Hdpl1Config_t: SHA-256, public key 91, private key 70, filled to whole slots. */
const configurationSize = 224;

/** The configuration with its keys, as provisioned; undefined when its SHA-256 is wrong. @param encrypted whether the product state makes the boot decipher it */
export function readObkConfiguration(store: ObkStore, hdpl: number, encrypted: boolean): Uint8Array | undefined {
  const bytes = store.read(hdpl, obkConfigurationIndex, configurationSize, { encrypted });
  const digest = createHash('sha256').update(bytes.subarray(32)).digest();
  return digest.every((byte, i) => byte === bytes[i]) ? bytes : undefined;
}
