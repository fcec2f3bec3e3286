import { parseNumber } from '../units/index.js';
import { HarnessError } from '../errors/index.js';

/** Exceptions by number (Armv7-M ARM DDI 0403E, B1.5.2). */
const exceptionNames: Readonly<Record<number, string>> = { 3: 'HardFault', 4: 'MemManage', 5: 'BusFault', 6: 'UsageFault' };

/** Bits of CFSR (Armv7-M ARM DDI 0403E, B3.2.15). */
const cfsrBits: Readonly<Record<number, string>> = {
  0: 'IACCVIOL',
  1: 'DACCVIOL',
  3: 'MUNSTKERR',
  4: 'MSTKERR',
  5: 'MLSPERR',
  7: 'MMARVALID',
  8: 'IBUSERR',
  9: 'PRECISERR',
  10: 'IMPRECISERR',
  11: 'UNSTKERR',
  12: 'STKERR',
  13: 'LSPERR',
  15: 'BFARVALID',
  16: 'UNDEFINSTR',
  17: 'INVSTATE',
  18: 'INVPC',
  19: 'NOCP',
  24: 'UNALIGNED',
  25: 'DIVBYZERO',
};

/** What the fixture's fault handler reported. Registers as the core had them at the entry of the handler. */
export interface FaultReport {
  /** Exception number: 3 HardFault, 4 MemManage, 5 BusFault, 6 UsageFault. */
  readonly exception: number;
  readonly name: string;
  readonly cfsr: number;
  readonly hfsr: number;
  /** Meaningful when `flags` has MMARVALID. */
  readonly mmfar: number;
  /** Meaningful when `flags` has BFARVALID. */
  readonly bfar: number;
  /** Stacked. */
  readonly pc: number;
  readonly lr: number;
  readonly xpsr: number;
  /** Whether the faulting code ran privileged. */
  readonly privileged: boolean;
  /** Names of the bits set in CFSR, lowest first. */
  readonly flags: readonly string[];
}

/** @throws HarnessError `bad-answer` (subject) when a field is missing or no number */
export function readFault(fields: Readonly<Record<string, string>>): FaultReport {
  const number = (name: string): number => {
    const value = parseNumber(fields[name] ?? '');
    if (value === undefined) {
      throw new HarnessError({ code: 'bad-answer', kind: 'subject', message: `the fault line has no number ${name}`, nextStep: 'compare the application with the console protocol it claims to speak' });
    }
    return value;
  };
  const cfsr = number('cfsr');
  const exception = number('exception');
  return {
    exception,
    name: exceptionNames[exception] ?? `exception ${exception}`,
    cfsr,
    hfsr: number('hfsr'),
    mmfar: number('mmfar'),
    bfar: number('bfar'),
    pc: number('pc'),
    lr: number('lr'),
    xpsr: number('xpsr'),
    privileged: number('psr_priv') === 1,
    flags: Object.entries(cfsrBits).flatMap(([bit, name]) => ((cfsr >>> Number(bit)) & 1 ? [name] : [])),
  };
}
