export type ProductState = 'OPEN' | 'PROVISIONING' | 'PROVISIONED' | 'CLOSED' | 'LOCKED' | 'unknown';

/** Codes of stm32h7rsxx_hal_flash_ex.h: OB_NVSTATE_*, OB_OEM_PROVD_ENABLE, OB_DBG_AUTH_*. */
const nvState = { open: 0xb4, close: 0x51 } as const;
const provisioned = 0xb4;
const debugAuthentication: Readonly<Record<number, ProductState>> = { 0xff: 'PROVISIONED', 0xb4: 'LOCKED', 0x51: 'CLOSED', 0x8a: 'CLOSED' };

/** The product state that NVSTATE, OEM_PROVD and DBG_AUTH spell together. */
export function productStateOf(optionBytes: ReadonlyMap<string, number>): ProductState {
  const state = optionBytes.get('NVSTATE');
  if (state === nvState.open) return 'OPEN';
  if (state !== nvState.close) return 'unknown';
  const authentication = optionBytes.get('DBG_AUTH') ?? -1;
  if (optionBytes.get('OEM_PROVD') !== provisioned) return authentication === 0xff ? 'PROVISIONING' : 'unknown';
  return debugAuthentication[authentication] ?? 'unknown';
}
