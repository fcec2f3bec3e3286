import { UnmodelledAccess } from '../ports.js';
import { RegisterBlock, command, lacking, readOnly, storage } from './register-block.js';

// Offsets and bits: ST device header stm32h7s7xx.h, PWR_TypeDef.
const at = { CR1: 0x00, CSR3: 0x10, CSR4: 0x14 } as const;
const pdds = 1;
const dbp = 1 << 8;
const brrdy = 1 << 16;
/** EN_XSPIM1, EN_XSPIM2. */
const xspimPorts = 3 << 14;
const sdextrdy = 1 << 16;
const usb33den = 1 << 24;
const usb33rdy = 1 << 26;
/** `unverified:` LDOEN and SDEN after power-on; the supply configuration keeps its value over every other reset. */
const csr2PowerOn = 0x00000006;
const supplyBits = 0x1f;

/**
 * Power control: levels are reached at once, so the ready flags follow their requests. The supplies are always in range: PVD, AVD and the monitors of
 * VBAT and temperature find nothing. Stop and Standby are refused where the core would enter them.
 */
export class Pwr extends RegisterBlock {
  /** @param onBackupDomain told when DBP changed */
  constructor(onBackupDomain: () => void = () => undefined) {
    super('PWR', 0x58024800, 0x400, {
      0x00: {
        ...storage('CR1', 0, 0x0001fbf1),
        write: (value, stored) => {
          this.poke(at.CR1, value);
          if (((value ^ stored) & dbp) !== 0) onBackupDomain();
          return value;
        },
      },
      // ACTVOS is the scale that CSR4.VOS asks for; ACTVOSRDY.
      0x04: readOnly('SR1', () => 2 | (this.peek(at.CSR4) & 1)),
      0x08: { name: 'CSR1', write: (value) => (value & ~brrdy) | ((value & 1) * brrdy) },
      0x0c: {
        name: 'CSR2',
        reset: csr2PowerOn,
        retained: supplyBits,
        writable: ~sdextrdy >>> 0,
        write: (value, stored) => {
          // The pads of a memory would lose their supply: what its window shows then is not known.
          if ((stored & ~value & xspimPorts) !== 0) throw new UnmodelledAccess('PWR CSR2: supply of an XSPIM port taken away', 0x5802480c);
          return (value & ~usb33rdy) | ((value & usb33den) !== 0 ? usb33rdy : 0);
        },
      },
      0x10: { name: 'CSR3', writable: 3, write: (value) => value & 1 } /* CSSF reads as 0 and clears STOPF and SBF, which no run sets. */,
      0x14: { name: 'CSR4', reset: 2, write: (value) => value | 2 }, // VOSRDY
      0x20: command('WKUPCR', () => undefined),
      0x24: readOnly('WKUPFR', () => 0),
      0x28: storage('WKUPEPR', 0, 0x00ff0f0f),
      0x2c: storage('UCPDR', 0, 3),
      // Pulls of pins: nothing of PWR reaches the ports here.
      0x30: lacking('APCR', 0xf0030001),
      0x34: storage('PUCRN'),
      0x38: storage('PDCRN'),
      0x3c: storage('PUCRO'),
      0x40: storage('PDCRO'),
      0x44: storage('PDCRP'),
      0x50: lacking('PDR1', 0xffffffff), // of the debug unit; the header has no bits of it
    });
  }

  /** DBP: the registers of the backup domain may be written. */
  get backupDomainWritable(): boolean {
    return (this.peek(at.CR1) & dbp) !== 0;
  }

  /** PDDS: a sleep with SLEEPDEEP is Standby, else Stop. */
  get standbyOnDeepSleep(): boolean {
    return (this.peek(at.CSR3) & pdds) !== 0;
  }
}
