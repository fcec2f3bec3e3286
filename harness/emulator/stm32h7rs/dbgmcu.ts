import { RegisterBlock, readOnly, storage } from './register-block.js';

/** `unverified:` revision code of the silicon (Z). */
const revisionId = 0x1003;

/**
 * Debug unit as the core sees it: identification, clocks in low-power modes, freeze bits. These hold what is written and change nothing: a core that the
 * GDB stub has halted stands in board time, so that all blocks are frozen, and Stop and Standby end the run. The access port's mailbox
 * (DBG_AUTH_…), SR and the identification registers at its end stop the run. Offsets and bits: ST device header stm32h7s7xx.h, DBGMCU_TypeDef.
 */
export class Dbgmcu extends RegisterBlock {
  /** @param deviceId 12 bits: 0x485 for STM32H7Rx/7Sx. */
  constructor(deviceId: number) {
    super('DBGMCU', 0x5c001000, 0x1000, {
      0x00: readOnly('IDCODE', () => (revisionId << 16) | deviceId),
      0x04: storage('CR', 0, 0x10310007),
      0x1c: storage('AHB5FZR', 0, 0xffff),
      0x24: storage('AHB1FZR', 0, 0xffff),
      0x3c: storage('APB1FZR', 0, 0x00e00bff),
      0x4c: storage('APB2FZR', 0, 0x000f0001),
      0x54: storage('APB4FZR', 0, 0x00051e00),
    });
  }
}
