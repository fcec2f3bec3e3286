import { debugAuthentication } from '../keys/index.js';
import type { OptionByteValues, ProductState } from '../rot/index.js';
import type { PsaLifeCycle } from './protocol.js';

/** Codes of `-psrss` (STM32CubeH7RS ROT_Provisioning, provisioning.sh; PROVISIONED from RSSLIB_SetProductState in the device header). They are no register values. */
export const productStateCodes = { provisioning: 0x17, provisioned: 0x2e, closed: 0x72, locked: 0x5c } as const;

/** What the chip keeps of its debug-authentication OBKey beside its bytes. */
export interface LifeCycleMemory {
  /** DBG_AUTH code in the OBKey's destination: 0x51 certificate, 0x8a password, 0xb4 locked; 0 where none is provisioned. */
  debugAuthentication: number;
}

/** Option bytes that spell a product state (stm32h7rsxx_hal_flash_ex.h, OB_NVSTATE_*, OB_OEM_PROVD_*, OB_DBG_AUTH_*). */
const closedNv = 0x51;
const oemProvisioned = 0xb4;

const psa: Readonly<Record<ProductState, PsaLifeCycle>> = {
  OPEN: 'OPEN',
  PROVISIONING: 'PROVISIONING',
  PROVISIONED: 'IROT_PROVISIONED',
  'CLOSED-ECDSA': 'CLOSED',
  'CLOSED-PASSWORD': 'CLOSED',
  LOCKED: 'LOCKED',
};

/** What the discovery calls a state. unverified: a mix of option bytes that stands for no state answers as locked. */
export function psaLifeCycle(state: ProductState | undefined): PsaLifeCycle {
  return state === undefined ? 'LOCKED' : psa[state];
}

/**
 * What the debug port serves. In PROVISIONING the tool reaches the ROM's services and the memories; from PROVISIONED on it reaches nothing before debug authentication.
 * unverified: PROVISIONED, which ST's scripts never enter.
 */
export function debugAccess(state: ProductState | undefined): 'all' | 'provisioning' | 'none' {
  if (state === 'OPEN') return 'all';
  return state === 'PROVISIONING' ? 'provisioning' : 'none';
}

/** Option bytes that `-ob` does not reach in PROVISIONING: there they go through RSS (`-obrss`). */
const throughRss = ['Write protection', 'Hide protection'];

/** Whether `-ob` programs a field in this state; the tool's verification finds the old value where not. */
export function programmedBy(state: ProductState | undefined, field: { readonly group: string }): boolean {
  return state !== 'PROVISIONING' || !throughRss.includes(field.group);
}

/** The option bytes after RSSLIB SetProductState, or why it refuses. */
export type Transition = { readonly values: OptionByteValues; readonly to: ProductState } | { readonly refused: string };

const order: readonly ProductState[] = ['OPEN', 'PROVISIONING', 'PROVISIONED'];

/**
 * One step of the life cycle; there is none back.
 *
 * unverified: that CLOSED can be asked for from OPEN, and that it is granted without a debug-authentication OBKey (publicly known is that such a device is lost);
 * which of ECDSA and password a closed device gets follows the OBKey, ECDSA where there is none.
 * @param credential DBG_AUTH code of the provisioned debug-authentication OBKey, 0 for none
 */
export function productStateStep(from: ProductState | undefined, code: number, credential: number): Transition {
  const at = from === undefined ? -1 : order.indexOf(from);
  if (at < 0) return { refused: 'the product state is final' };
  const step = (to: ProductState, oemProvd: number | undefined, auth: number | undefined): Transition => ({
    to,
    values: { NVSTATE: closedNv, ...(oemProvd === undefined ? {} : { OEM_PROVD: oemProvd }), ...(auth === undefined ? {} : { DBG_AUTH: auth }) },
  });
  switch (code) {
    case productStateCodes.provisioning:
      return from === 'OPEN' ? step('PROVISIONING', undefined, undefined) : { refused: `there is no way back from ${from ?? 'this state'} to PROVISIONING` };
    case productStateCodes.provisioned:
      return from === 'PROVISIONED' ? { refused: 'the product state is PROVISIONED already' } : step('PROVISIONED', oemProvisioned, undefined);
    case productStateCodes.closed:
      if (credential === debugAuthentication.locked) return step('LOCKED', oemProvisioned, credential);
      if (credential === debugAuthentication.password) return step('CLOSED-PASSWORD', oemProvisioned, credential);
      return step('CLOSED-ECDSA', oemProvisioned, debugAuthentication.certificate);
    case productStateCodes.locked:
      return step('LOCKED', oemProvisioned, debugAuthentication.locked);
    default:
      return { refused: `0x${code.toString(16)} is no product state` };
  }
}
