import type { Address } from '../../units/index.js';

/** Exception numbers (DDI 0403E B1.5.2). */
export const Exception = {
  reset: 1, nmi: 2, hardFault: 3, memManage: 4, busFault: 5, usageFault: 6, svCall: 11, debugMonitor: 12, pendSv: 14, sysTick: 15, irq0: 16,
} as const;

/** Bits of CFSR (B3.2.15) and HFSR (B3.2.16). */
export const Cfsr = {
  iaccviol: 0x01, daccviol: 0x02, munstkerr: 0x08, mstkerr: 0x10, mlsperr: 0x20, mmarvalid: 0x80,
  ibuserr: 0x100, preciserr: 0x200, impreciserr: 0x400, unstkerr: 0x800, stkerr: 0x1000, lsperr: 0x2000, bfarvalid: 0x8000,
  undefinstr: 0x10000, invstate: 0x20000, invpc: 0x40000, nocp: 0x80000, unaligned: 0x1000000, divbyzero: 0x2000000,
} as const;
export const Hfsr = { vecttbl: 0x2, forced: 0x40000000, debugevt: 0x80000000 } as const;

/** A synchronous fault of the current instruction; thrown inside the core, never out of it. */
export class CoreFault extends Error {
  constructor(
    readonly exception: number,
    readonly cfsr: number,
    /** For MMFAR or BFAR where `cfsr` has the valid bit. */
    readonly address: Address = 0,
  ) {
    super('fault');
  }
}

/** The instruction does not happen now: an exception that its preparation pended comes first, and returns to it. */
export class InstructionAbandoned extends Error {}

/** The core cannot go on: HardFault inside HardFault, or a vector that cannot be read. */
export class Lockup extends Error {
  constructor(readonly why: string) {
    super(why);
  }
}
