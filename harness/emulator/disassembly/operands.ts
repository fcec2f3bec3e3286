import type { Address } from '../../units/index.js';
import { hex } from '../../units/index.js';
import { expandImmediate } from '../cpu/expand-immediate.js';
import { signed, type Fields } from '../cpu/rows.js';

/** What stands behind the address of an instruction. */
export interface Operands {
  readonly mnemonic: string;
  readonly operands: readonly string[];
  readonly target?: Address;
}

const names = ['R0', 'R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R7', 'R8', 'R9', 'R10', 'R11', 'R12', 'SP', 'LR', 'PC'];
const conditions = ['EQ', 'NE', 'CS', 'CC', 'MI', 'PL', 'VS', 'VC', 'HI', 'LS', 'GE', 'LT', 'GT', 'LE'];
const shifts = ['LSL', 'LSR', 'ASR', 'ROR'];
const reg = (number: number | undefined): string => names[(number ?? 0) & 0xf]!;
const imm = (value: number): string => `#${value < 0 ? '-' : ''}${Math.abs(value) < 10 ? String(Math.abs(value)) : hex(Math.abs(value))}`;
const memory = (n: number | undefined, offset: number): string => (offset === 0 ? `[${reg(n)}]` : `[${reg(n)}, ${imm(offset)}]`);
const list = (mask: number): string => `{${names.filter((_, index) => (mask >>> index) & 1).join(', ')}}`;

/** Bytes that a load or store moves, which scale the 16-bit forms' offset. */
const scale = (mnemonic: string): number => (mnemonic.endsWith('B') ? 1 : mnemonic.endsWith('H') ? 2 : 4);

/** Mnemonic and operands from the name of a row of the decoder and its bit fields. */
export function operandsOf(name: string, fields: Fields, at: Address, bits: number, wide: boolean): Operands {
  const mnemonic = name.split(' ')[0]!;
  const { d, n, m, t, i = 0 } = fields;
  const is = (...kinds: string[]): boolean => kinds.includes(mnemonic);
  const of = (...operands: string[]): Operands => ({ mnemonic, operands });
  if (is('B', 'BL', 'CBZ', 'CBNZ')) return branch(name, mnemonic, fields, at);
  if (name.includes('(literal)')) {
    const offset = wide ? (fields['u'] ? i : -i) : i * 4;
    return of(reg(t), `[PC, ${imm(offset)}]`);
  }
  if (is('PUSH', 'POP')) return of(list(fields['r']! | (fields['p']! << (mnemonic === 'PUSH' ? 14 : 15))));
  if (/^(LDM|STM)/.test(mnemonic)) {
    const back = wide ? fields['w'] === 1 : mnemonic === 'STM' || !((fields['r']! >>> n!) & 1);
    return of(`${reg(n)}${back ? '!' : ''}`, list(fields['r']!));
  }
  if (is('LDRD', 'STRD')) return of(reg(t), reg(fields['v']), indexed(n!, fields, i * 4));
  if (/^(LDREX|STREX)/.test(mnemonic)) return of(...(d === undefined ? [] : [reg(d)]), reg(t), memory(n, i * 4));
  if (is('TBB', 'TBH')) return of(mnemonic === 'TBB' ? `[${reg(n)}, ${reg(m)}]` : `[${reg(n)}, ${reg(m)}, LSL #1]`);
  if (/^(LDR|STR)/.test(mnemonic)) return loadOrStore(name, mnemonic, fields, wide);
  if (/^V/.test(mnemonic) || name === 'coprocessor') return floating(mnemonic, fields, bits);
  if (name.includes('modified')) return dataProcessing(mnemonic, fields, imm(expandImmediate(i).value >>> 0));
  if (wide && name.endsWith('(register) T2') && fields['t'] !== undefined) {
    const amount = i === 0 && t !== 0 && t !== 3 ? 32 : i;
    const shift = t === 3 && i === 0 ? ', RRX' : amount === 0 ? '' : `, ${shifts[t!]!} #${String(amount)}`;
    return dataProcessing(mnemonic, fields, `${reg(m)}${shift}`);
  }
  if (name === 'MOV (immediate) T3' || name === 'MOVT T1') {
    return { mnemonic: mnemonic === 'MOV' ? 'MOVW' : 'MOVT', operands: [reg(d), imm(((i & 0xf) << 12) | ((i >>> 4) << 11) | fields['j']!)] };
  }
  if (name.startsWith('ADR')) return of(reg(d), `[PC, ${imm(i * 4)}]`);
  if (name.includes('SP plus') || name.includes('SP minus')) return of(...(d === undefined ? ['SP'] : [reg(d), 'SP']), imm(i * 4));
  if (is('SVC', 'BKPT')) return of(imm(bits & 0xff));
  if (is('MRS')) return of(reg(d), special(fields['s']!));
  if (is('MSR')) return of(special(fields['s']!), reg(n));
  if (name === 'IT T1') return it(i);
  if (is('CPS')) return { mnemonic: fields['d'] ? 'CPSID' : 'CPSIE', operands: [`${fields['p'] ? 'i' : ''}${fields['f'] ? 'f' : ''}`] };
  if (name.startsWith('BFI')) {
    const width = imm(fields['w']! - i + 1);
    return n === 15 ? { mnemonic: 'BFC', operands: [reg(d), imm(i), width] } : { mnemonic: 'BFI', operands: [reg(d), reg(n), imm(i), width] };
  }
  if (is('SBFX', 'UBFX')) return of(reg(d), reg(n), imm(i), imm(fields['w']! + 1));
  if (is('DSB', 'DMB', 'ISB', 'CLREX', 'hint', 'NOP')) return { mnemonic: mnemonic.toUpperCase(), operands: [] };
  return general(mnemonic, fields, wide ? fields['s'] === 1 : setsFlags(name, mnemonic));
}

function branch(name: string, mnemonic: string, fields: Fields, at: Address): Operands {
  const { i = 0, c, s = 0, x = 0, y = 0, j = 0, n } = fields;
  const to = (offset: number): Address => (at + 4 + offset) >>> 0;
  if (name === 'CBZ T1' || name === 'CBNZ T1') return { mnemonic, operands: [reg(n)], target: to(i * 2) };
  if (name === 'B T1') return { mnemonic: `B${conditions[c!]!}`, operands: [], target: to(signed(i, 8) * 2) };
  if (name === 'B T2') return { mnemonic, operands: [], target: to(signed(i, 11) * 2) };
  if (name === 'B T3') return { mnemonic: `B${conditions[c!]!}`, operands: [], target: to(signed((s << 19) | (y << 18) | (x << 17) | (i << 11) | j, 20) * 2) };
  const i1 = 1 - (x ^ s);
  const i2 = 1 - (y ^ s);
  return { mnemonic, operands: [], target: to(signed((s << 23) | (i1 << 22) | (i2 << 21) | (i << 11) | j, 24) * 2) };
}

function indexed(n: number, { p, u, w }: Fields, amount: number): string {
  const offset = u ? amount : -amount;
  if (p) return `${memory(n, offset)}${w ? '!' : ''}`;
  return `[${reg(n)}], ${imm(offset)}`;
}

function loadOrStore(name: string, mnemonic: string, fields: Fields, wide: boolean): Operands {
  const { n = 13, m, t, i = 0, s = 0 } = fields;
  if (m !== undefined) return { mnemonic, operands: [reg(t), `[${reg(n)}, ${reg(m)}${s === 0 ? '' : `, LSL #${String(s)}`}]`] };
  if (name.endsWith('T4')) {
    const unprivileged = fields['p'] && fields['u'] && !fields['w'];
    return { mnemonic: unprivileged ? `${mnemonic}T` : mnemonic, operands: [reg(t), unprivileged ? memory(n, i) : indexed(n, fields, i)] };
  }
  return { mnemonic, operands: [reg(t), memory(n, wide ? i : i * scale(mnemonic))] };
}

/** The aliases that the architecture prints for AND, ORR … with PC in one place (A5.3.1, A5.3.11). */
function dataProcessing(mnemonic: string, { d, n, s }: Fields, last: string): Operands {
  const compare: Readonly<Record<string, string>> = { AND: 'TST', EOR: 'TEQ', ADD: 'CMN', SUB: 'CMP' };
  const move: Readonly<Record<string, string>> = { ORR: 'MOV', ORN: 'MVN' };
  const flags = s ? 'S' : '';
  if (d === 15 && s && compare[mnemonic] !== undefined) return { mnemonic: compare[mnemonic], operands: [reg(n), last] };
  if (n === 15 && move[mnemonic] !== undefined) return { mnemonic: `${move[mnemonic]}${flags}`, operands: [reg(d), last] };
  return { mnemonic: `${mnemonic}${flags}`, operands: [reg(d), reg(n), last] };
}

/** Floating-point registers: S or D by the size bit, with the fifth bit of each number beside it or before it. */
function floating(mnemonic: string, fields: Fields, bits: number): Operands {
  const double = (bits >>> 8) & 1;
  const register = (number: number, extra: number): string => (double ? `D${String((extra << 4) | number)}` : `S${String((number << 1) | extra)}`);
  const { d, n, m, i = 0, e = 0, f = 0, g = 0, u } = fields;
  if (mnemonic === 'VLDR/VSTR') return { mnemonic: fields['l'] ? 'VLDR' : 'VSTR', operands: [register(d!, e), memory(n, (u ? 1 : -1) * i * 4)] };
  if (mnemonic.startsWith('VLDM')) return { mnemonic: mnemonic.split('/')[fields['l'] ? 0 : 1]!, operands: [`${reg(n)}${fields['w'] === 0 ? '' : '!'}`, `from ${register(d!, e)}, ${String(i)} words`] };
  if (mnemonic === 'VMRS') return { mnemonic, operands: [fields['t'] === 15 ? 'APSR_nzcv' : reg(fields['t']), 'FPSCR'] };
  if (mnemonic === 'VMSR') return { mnemonic, operands: ['FPSCR', reg(fields['t'])] };
  if (fields['t'] !== undefined || d === undefined) return { mnemonic, operands: [] };
  return { mnemonic: `${mnemonic}.F${double ? '64' : '32'}`, operands: [register(d, e), ...(n === undefined ? [] : [register(n, f)]), ...(m === undefined ? [] : [register(m, g)])] };
}

function it(value: number): Operands {
  const condition = value >>> 4;
  const mask = value & 0xf;
  const low = Math.log2(mask & -mask);
  const letters = [3, 2, 1].filter((bit) => bit > low).map((bit) => (((mask >>> bit) & 1) === (condition & 1) ? 'T' : 'E'));
  return { mnemonic: `IT${letters.join('')}`, operands: [conditions[condition] ?? 'AL'] };
}

const specials: Readonly<Record<number, string>> = { 0: 'APSR', 1: 'IAPSR', 2: 'EAPSR', 3: 'XPSR', 5: 'IPSR', 6: 'EPSR', 7: 'IEPSR', 8: 'MSP', 9: 'PSP', 16: 'PRIMASK', 17: 'BASEPRI', 18: 'BASEPRI_MAX', 19: 'FAULTMASK', 20: 'CONTROL' };
const special = (number: number): string => specials[number] ?? `special register ${String(number)}`;

/** The 16-bit data processing that sets the flags outside an IT block (A5.2.1, A5.2.2). */
function setsFlags(name: string, mnemonic: string): boolean {
  if (mnemonic === 'MOV') return name === 'MOV (register) T2' || name === 'MOV (immediate) T1';
  const isHigh = name === 'ADD (register) T2';
  return !isHigh && ['LSL', 'LSR', 'ASR', 'ROR', 'ADD', 'SUB', 'AND', 'EOR', 'ADC', 'SBC', 'RSB', 'ORR', 'MUL', 'BIC', 'MVN'].includes(mnemonic);
}

/** Registers in the order of the assembler, then the immediate. */
function general(mnemonic: string, fields: Fields, flags: boolean): Operands {
  const operands = ['l', 'h', 'd', 'n', 'm', 'a'].flatMap((letter) => (fields[letter] === undefined ? [] : [reg(fields[letter])]));
  if (fields['i'] !== undefined && !mnemonic.includes('XT')) operands.push(imm(fields['i'] === 0 && (mnemonic === 'LSR' || mnemonic === 'ASR') ? 32 : fields['i']));
  return { mnemonic: mnemonic.split('/')[0]! + (flags ? 'S' : ''), operands };
}
