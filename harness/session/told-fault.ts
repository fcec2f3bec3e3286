import { parseNumber } from '../units/index.js';

/** Exceptions of the Armv7-M architecture that a program provokes (DDI 0403E, B1.5.2). */
export type FaultKind = 'HardFault' | 'MemManage' | 'BusFault' | 'UsageFault';

/** A fault as an application told of it. */
export interface ToldFault {
  /** Exception that was entered, where it was named. */
  readonly exception: FaultKind | undefined;
  readonly cfsr: number;
  readonly hfsr: number | undefined;
  readonly pc: number | undefined;
  readonly lr: number | undefined;
  readonly mmfar: number | undefined;
  readonly bfar: number | undefined;
}

const kinds: readonly FaultKind[] = ['HardFault', 'MemManage', 'BusFault', 'UsageFault'];
/** By exception number (Armv7-M ARM DDI 0403E, B1.5.2). */
const byNumber: Readonly<Record<number, FaultKind>> = { 3: 'HardFault', 4: 'MemManage', 5: 'BusFault', 6: 'UsageFault' };

/** Number of a named exception. */
export const exceptionNumber = (kind: FaultKind | undefined): number | undefined => Number(Object.keys(byNumber).find((number) => byNumber[Number(number)] === kind)) || undefined;

/**
 * The fault that lines of a console tell of: the fixtures' `!fault` line, or what the fault handler of any application prints, as long
 * as `CFSR` is among it with its value: `CFSR=0x00000082`, `cfsr: 0x82`. Registers may stand on lines of their own.
 * undefined: none does.
 */
export function toldFault(lines: readonly string[]): ToldFault | undefined {
  const text = lines.join('\n');
  // The last one: an application may tell of several.
  const at = text.search(/\bCFSR\b(?![^]*\bCFSR\b)/i);
  if (at < 0) return undefined;
  // Registers of one report stand close together; its heading a little before them.
  const around = text.slice(Math.max(0, text.lastIndexOf('\n', Math.max(0, at - 200))), at + 600);
  const register = (...names: string[]): number | undefined => {
    const found = new RegExp(`\\b(?:${names.join('|')})\\b\\s*[:=]?\\s*(0x[0-9a-f]{1,8}|\\d{1,10})\\b`, 'i').exec(around);
    return found === null ? undefined : parseNumber(found[1].toLowerCase());
  };
  const cfsr = register('CFSR');
  if (cfsr === undefined) return undefined;
  const number = register('exception');
  return {
    exception: (number === undefined ? undefined : byNumber[number]) ?? kinds.find((kind) => new RegExp(`\\b${kind}`, 'i').test(around)),
    cfsr,
    hfsr: register('HFSR'),
    pc: register('PC'),
    lr: register('LR'),
    mmfar: register('MMFAR', 'MMAR'),
    bfar: register('BFAR'),
  };
}

/** Bits of CFSR that make an address valid (DDI 0403E, B3.2.15). */
const mmarValid = 1 << 7;
const bfarValid = 1 << 15;

/** The address of the access, where the core kept one. */
export function faultAddress({ cfsr, mmfar, bfar }: Pick<ToldFault, 'cfsr' | 'mmfar' | 'bfar'>): number | undefined {
  if (cfsr & mmarValid) return mmfar;
  return cfsr & bfarValid ? bfar : undefined;
}

/** The exception entered and, of an escalated one, its cause: bits 7:0 of CFSR are MMFSR, 15:8 BFSR, 31:16 UFSR. */
export function faultKinds({ exception, cfsr }: Pick<ToldFault, 'exception' | 'cfsr'>): FaultKind[] {
  const causes: FaultKind[] = [...(cfsr & 0xff ? ['MemManage' as const] : []), ...(cfsr & 0xff00 ? ['BusFault' as const] : []), ...(cfsr >>> 16 ? ['UsageFault' as const] : [])];
  return [...new Set<FaultKind>([...(exception === undefined ? [] : [exception]), ...causes])];
}

const bits: Readonly<Record<string, number>> = {
  IACCVIOL: 0,
  DACCVIOL: 1,
  MUNSTKERR: 3,
  MSTKERR: 4,
  MLSPERR: 5,
  MMARVALID: 7,
  IBUSERR: 8,
  PRECISERR: 9,
  IMPRECISERR: 10,
  UNSTKERR: 11,
  STKERR: 12,
  LSPERR: 13,
  BFARVALID: 15,
  UNDEFINSTR: 16,
  INVSTATE: 17,
  INVPC: 18,
  NOCP: 19,
  UNALIGNED: 24,
  DIVBYZERO: 25,
};

/** Names of the bits set in CFSR, lowest first. */
export function cfsrFlags(cfsr: number): string[] {
  return Object.entries(bits).flatMap(([name, bit]) => ((cfsr >>> bit) & 1 ? [name] : []));
}
