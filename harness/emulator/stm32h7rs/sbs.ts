import { RegisterBlock, command, lacking, readOnly, storage } from './register-block.js';

// Offsets: ST device header stm32h7s7xx.h, SBS_TypeDef. Codes: stm32h7rsxx_hal.h, SBS_HDPL_VALUE_x.
export type HideProtectionLevel = 0 | 1 | 2 | 3;
const levelCodes = [0xb4, 0x51, 0x8a, 0x6f] as const;
/** Raises the level by one (stm32h7rsxx_hal.c, HAL_SBS_IncrementHDPLValue). */
const increment = 0x6a;
const at = { HDPLSR: 0x14, DBGLOCKR: 0x24, EXTICR1: 0x130 } as const;
const compensationEnables = 0x15;
/** DBGLOCKR.DBGCFG_LOCK (stm32h7rsxx_hal.c, SBS_DEBUG_LOCK_VALUE and SBS_DEBUG_UNLOCK_VALUE). */
const debugLocked = 0xc3;
const debugUnlocked = 0xb4;

/** System configuration, boot and security: hide protection level, compensation cells, external interrupt selection. */
export class Sbs extends RegisterBlock {
  constructor() {
    super('SBS', 0x58000400, 0x400, {
      0x00: readOnly('BOOTSR', () => 0x08000000), // INITVTOR: the boot address of the user flash
      0x10: command('HDPLCR', (value) => {
        if ((value & 0xff) === increment) this.#raise();
      }),
      0x14: { name: 'HDPLSR', reset: levelCodes[0], writable: 0 },
      // Who may debug: nothing that software on the chip sees. DBGLOCKR freezes it.
      0x20: { name: 'DBGCR', writable: 0x00ffffff, write: (value, stored) => ((this.peek(at.DBGLOCKR) & 0xff) === debugLocked ? stored : value) },
      0x24: storage('DBGLOCKR', debugUnlocked, 0xff),
      // What the ROM is to do at the next reset.
      0x34: lacking('RSSCMDR', 0xffff, 0, 0xffff),
      // Analog booster and switches, Ethernet PHY, wait states of AXI SRAM: no effect in a model without pins and bus timing.
      0x100: storage('PMCR', 0, 0x10e00300),
      // The interrupt itself is not raised: the NVIC refuses to enable it.
      0x104: storage('FPUIMR', 0x1f, 0x3f),
      0x108: readOnly('MESR', () => 1), // MEF: the erase of the backup memory after power-on is done
      // COMP_RDY bits 10:8 follow the three COMP_EN bits 4, 2, 0.
      0x110: { name: 'CCCSR', writable: 0x0007003f, write: (value) => value | ready(value & compensationEnables) },
      0x114: readOnly('CCVALR', () => 0x00888888), // `unverified:` mid-scale codes of the cells
      0x118: storage('CCSWVALR', 0x00888888, 0x00ffffff), // `unverified:` mid-scale codes
      // Connects errors to the timers' break inputs, until the next reset.
      0x120: { name: 'BKLOCKR', writable: 0x00a060cc, write: (value, stored) => value | stored },
      0x130: storage('EXTICR1', 0, 0xffff),
      0x134: storage('EXTICR2', 0, 0xffff),
      0x138: storage('EXTICR3', 0, 0xffff),
      0x13c: storage('EXTICR4', 0, 0xffff),
    });
  }

  get hideProtectionLevel(): HideProtectionLevel {
    return levelCodes.indexOf(this.peek(at.HDPLSR) as (typeof levelCodes)[number]) as HideProtectionLevel;
  }

  /** Number of the port (A = 0) whose pin `line` is on EXTI line 0 … 15. */
  externalInterruptPort(line: number): number {
    return (this.peek(at.EXTICR1 + (line >>> 2) * 4) >>> ((line & 3) * 4)) & 0xf;
  }

  #raise(): void {
    const level = Math.min(3, this.hideProtectionLevel + 1);
    this.poke(at.HDPLSR, levelCodes[level]);
  }
}

function ready(enables: number): number {
  return ((enables & 1) << 8) | (((enables >>> 2) & 1) << 9) | (((enables >>> 4) & 1) << 10);
}
