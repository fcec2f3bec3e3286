import { HarnessError } from '../errors/index.js';
import type { ToolAction } from './request.js';

/**
 * Says that the brick guard lets a product-state change through. Only the execution of a plan makes one: an import rule keeps every other file away from this
 * one, and without it `Programmer.call` starts no tool for such a call.
 */
export class StateChangePermit {
  /** Nothing else looks like one. */
  readonly #given = true;

  get given(): boolean {
    return this.#given;
  }
}

/** Option bytes that spell the product state (stm32h7rsxx_hal_flash_ex.h, OB_NVSTATE_*, OB_OEM_PROVD_*, OB_DBG_AUTH_*); PRODUCT_STATE is the tool's name on other families. */
const spellsState = /^(?:NVSTATE|OEM_PROVD|DBG_AUTH|PRODUCT_STATE)$/i;
/** FLASH_NVSRP, and FLASH_ROTSRP where OEM_PROVD and DBG_AUTH stand in bits 15 to 0 (stm32h7s7xx.h, FLASH_TypeDef). */
const [nonVolatileState, rootOfTrust] = [0x52002204, 0x5200220c];

/** Whether an action brings the board to another product state, by whichever of the tool's ways. */
export function changesProductState(action: ToolAction): boolean {
  switch (action.do) {
    case 'set-product-state':
    case 'regress':
      return true;
    case 'write-option-bytes':
      return Object.keys(action.values).some((name) => spellsState.test(name));
    case 'write-option-register':
      return action.address === nonVolatileState || (action.address === rootOfTrust && (action.mask & 0xffff) !== 0);
    case 'write-words': {
      const end = action.address + 4 * action.values.length;
      return [nonVolatileState, rootOfTrust].some((register) => action.address <= register && register < end);
    }
    default:
      return false;
  }
}

export function noGuard(what: string): HarnessError {
  return new HarnessError({ code: 'no-guard', kind: 'guard', message: `${what}, and the brick guard was not asked`, nextStep: 'use rot-hil provision or rot-hil regress, which ask it' });
}
