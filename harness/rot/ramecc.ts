import type { Address } from '../units/index.js';
import type { RegisterWrite } from './boot-registers.js';

/** Where the boot keeps its array of five RAMECC handles, shared with the application (OEMiROT_Boot/Inc/region_defs.h, RAMECC_HANDLE_START). */
export const ramEccHandles: Address = 0x30007fc0;

/** Monitors in the order of the handles (OEMiROT_Boot/Src/low_level_ramecc.c; addresses: stm32h7s7xx.h). */
const ramEccMonitors: readonly { readonly address: Address; readonly name: string; readonly watches: string }[] = [
  { address: 0x52009020, name: 'RAMECC1 monitor 0', watches: 'AXI SRAM1' },
  { address: 0x52009060, name: 'RAMECC1 monitor 2', watches: 'DTCM0' },
  { address: 0x52009080, name: 'RAMECC1 monitor 3', watches: 'DTCM1' },
  { address: 0x520090a0, name: 'RAMECC1 monitor 4', watches: 'AXI SRAM3' },
  { address: 0x58027040, name: 'RAMECC2 monitor 1', watches: 'backup RAM' },
];

/** RAMECC_CR: error latching (bit 5), double error on read (bit 3) and on byte write (bit 4) notified. */
const monitorControl = 0x38;
/** HAL_RAMECC_STATE_READY; HAL_RAMECC_ERROR_NONE is 0. */
const stateReady = 1;

/** The handles as bytes: instance, state, error code, 12 bytes each (stm32h7rsxx_hal_ramecc.h, register callbacks off). */
export function ramEccHandleBytes(): Uint8Array {
  const out = new Uint8Array(ramEccMonitors.length * 12);
  const view = new DataView(out.buffer);
  ramEccMonitors.forEach(({ address }, i) => {
    view.setUint32(12 * i, address, true);
    view.setUint32(12 * i + 4, stateReady, true);
  });
  return out;
}

/** What the boot writes into the monitors: status cleared, then latching and notifications on. */
export function ramEccRegisters(): RegisterWrite[] {
  return ramEccMonitors.flatMap(({ address, name, watches }) => [
    { address: address + 4, mask: 0xffffffff, value: 0, what: `${name} SR: ${watches} clean` },
    { address, mask: 0xffffffff, value: monitorControl, what: `${name} CR: ${watches} latched, double errors notified` },
  ]);
}
