import { RegisterBlock, readOnly, storage } from './register-block.js';

/** `unverified:` revision code of the silicon (Z). */
const revisionId = 0x1003;

/** Debug unit as the core sees it: identification and the freeze bits. Offsets: ST device header stm32h7s7xx.h, DBGMCU_TypeDef. */
export class Dbgmcu extends RegisterBlock {
  /** @param deviceId 12 bits: 0x485 for STM32H7Rx/7Sx. */
  constructor(deviceId: number) {
    super('DBGMCU', 0x5c001000, 0x1000, {
      0x00: readOnly('IDCODE', () => (revisionId << 16) | deviceId),
      0x04: storage('CR'),
      0x1c: storage('AHB5FZR'),
      0x24: storage('AHB1FZR'),
      0x3c: storage('APB1FZR'),
      0x4c: storage('APB2FZR'),
      0x54: storage('APB4FZR'),
    });
  }
}
