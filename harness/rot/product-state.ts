/** Values of the option bytes of a device by name, as `-ob displ` names them. */
export type OptionByteValues = Readonly<Record<string, number>>;

export type ProductState = 'OPEN' | 'PROVISIONING' | 'PROVISIONED' | 'LOCKED' | 'CLOSED-ECDSA' | 'CLOSED-PASSWORD';

/** Codes of stm32h7rsxx_hal_flash.h (OB_NVSTATE_*, OB_OEM_PROVD_ENABLE, OB_DBG_AUTH_*). */
const nvState = { open: 0xb4, close: 0x51 } as const;
const oemProvisioned = 0xb4;
const debugAuth = { default: 0xff, locked: 0xb4, ecdsa: 0x51, password: 0x8a } as const;

/** The order in which OEMiROT_Boot compares states (low_level_security.c, ProductStatePrioList): LOCKED stands below CLOSED. */
export const productStateOrder: readonly ProductState[] = ['OPEN', 'PROVISIONING', 'PROVISIONED', 'LOCKED', 'CLOSED-ECDSA', 'CLOSED-PASSWORD'];

/** The product state that three option bytes spell; undefined for a mix that stands for none (LL_SECU_GetProductState). */
export function productState(optionBytes: OptionByteValues): ProductState | undefined {
  const { NVSTATE, OEM_PROVD, DBG_AUTH } = optionBytes;
  if (NVSTATE === nvState.open) return 'OPEN';
  if (NVSTATE !== nvState.close) return undefined;
  // Every value but the one that says "provisioned" counts as not provisioned.
  if (OEM_PROVD !== oemProvisioned) return DBG_AUTH === debugAuth.default ? 'PROVISIONING' : undefined;
  switch (DBG_AUTH) {
    case debugAuth.default:
      return 'PROVISIONED';
    case debugAuth.locked:
      return 'LOCKED';
    case debugAuth.ecdsa:
      return 'CLOSED-ECDSA';
    case debugAuth.password:
      return 'CLOSED-PASSWORD';
    default:
      return undefined;
  }
}

/** In these states the root of trust deciphers its option-byte keys with the device's hardware key (OBK_IsEncryptionEnabled). */
export function obkEncrypted(state: ProductState | undefined): boolean {
  return state === 'LOCKED' || state === 'CLOSED-ECDSA' || state === 'CLOSED-PASSWORD';
}
