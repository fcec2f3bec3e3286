import type { Address } from '../../units/index.js';
import { hex32 } from '../../units/index.js';
import type { LineTable } from '../line-table.js';
import { lineName } from '../line-table.js';
import type { SymbolTable } from '../symbols.js';
import { placeName } from '../symbols.js';
import type { MemoryReader } from './backtrace.js';
import { backtrace } from './backtrace.js';
import type { MemoryRule, NamedRange, Protection } from './memory-rule.js';
import { memoryRule } from './memory-rule.js';
import type { StatusBit } from './status-bits.js';
import { decodeCfsr, decodeHfsr, exceptionName } from './status-bits.js';

/** What is known of a fault: of a board's fault line, or of a core that stopped. */
export interface FaultFacts {
  readonly cfsr: number;
  readonly hfsr: number;
  /** Of the code that faulted. */
  readonly pc: Address;
  readonly lr?: number;
  readonly sp?: Address;
  readonly xpsr?: number;
  readonly mmfar?: Address;
  readonly bfar?: Address;
  /** Exception that was entered: 3 HardFault … 6 UsageFault. */
  readonly exception?: number;
  /** Whether the code that faulted was privileged; default true. */
  readonly privileged?: boolean;
  /** R0 to R12 of the code that faulted, as far as they are known. */
  readonly registers?: Readonly<Record<string, number>>;
  /** Why the run ended, where it was not the fault alone: `lock-up: …`, `XSPI1 is not modelled`. */
  readonly stopped?: string;
  /** The address of an access that ended the run. */
  readonly stoppedAt?: Address;
}

export interface InstructionLine {
  readonly address: Address;
  readonly encoding: string;
  readonly text: string;
  readonly target?: Address;
}

/** What the explanation is made with. */
export interface FaultSurroundings {
  readonly symbols: SymbolTable;
  /** Code, and where there is one the stack. */
  readonly read: MemoryReader;
  /** Instructions around an address; `start` is where its function begins. */
  readonly disassemble: (address: Address, start: Address | undefined) => readonly InstructionLine[];
  readonly protection?: Protection;
  readonly places: readonly NamedRange[];
  /** Source lines, where the program has them. */
  readonly lines?: LineTable;
  /** The branches that were taken last, the latest one at the end, where they are known. */
  readonly branches?: readonly TakenBranch[];
}

/** A branch that was taken, or an exception that was entered or left. */
export interface TakenBranch {
  readonly from: Address;
  readonly to: Address;
  readonly kind: 'branch' | 'exception' | 'return';
}

/** A fault, explained: the JSON document of `rot-hil fault`. */
export interface FaultExplanation {
  /** One sentence: what happened and where. */
  readonly summary: string;
  readonly stopped: string | null;
  readonly exception: string | null;
  readonly privileged: boolean;
  readonly cfsr: { readonly value: string; readonly bits: readonly StatusBit[] };
  readonly hfsr: { readonly value: string; readonly bits: readonly StatusBit[] };
  /** The address that faulted, by MMFAR, BFAR or PC; null where the core does not know it. */
  readonly address: { readonly value: string; readonly from: 'MMFAR' | 'BFAR' | 'PC' | 'access'; readonly symbol: string | null } | null;
  readonly registers: Readonly<Record<string, string>>;
  readonly disassembly: readonly { readonly address: string; readonly encoding: string; readonly text: string; readonly symbol: string | null; readonly current: boolean }[];
  readonly backtrace: readonly { readonly address: string; readonly symbol: string | null; readonly line: string | null; readonly from: string }[];
  /** Source line of PC, `main.c:42`; null where the program has none. */
  readonly line: string | null;
  /** The branches taken last, the latest one at the end; empty where they are not known. */
  readonly branches: readonly { readonly kind: TakenBranch['kind']; readonly from: string; readonly fromSymbol: string | null; readonly to: string; readonly toSymbol: string | null; readonly line: string | null }[];
  readonly memory: (Omit<MemoryRule, 'address' | 'regions' | 'sentence'> & { readonly address: string; readonly regions: readonly (Omit<MemoryRule['regions'][number], 'base' | 'size'> & { readonly base: string; readonly size: string })[] }) | null;
  /** The rule behind the refusal in one sentence. */
  readonly rule: string | null;
}

const Bit = { iaccviol: 1, mmarvalid: 0x80, ibuserr: 0x100, bfarvalid: 0x8000 } as const;
/** What a core writes into a frame that could not be stored. */
const unknown = 0xffffffff;

/** Explains a fault. */
export function explainFault(known: FaultFacts, surroundings: FaultSurroundings): FaultExplanation {
  const entered = known.exception ?? enteredBy(known);
  const facts = { ...known, ...(entered === undefined ? {} : { exception: entered }) };
  const { symbols, read, disassemble, protection, places, lines, branches } = surroundings;
  const line = (address: Address): string | null => {
    const found = lines?.at(address);
    return found === undefined ? null : lineName(found);
  };
  const name = (address: Address): string | null => {
    const place = symbols.at(address);
    return place === undefined ? null : placeName(place);
  };
  const privileged = facts.privileged ?? true;
  const pcKnown = facts.pc !== unknown;
  const at = faultAddress(facts);
  const rule = at === null || protection === undefined ? null : memoryRule(at.address, protection, places, privileged);
  const bits = [...decodeCfsr(facts.cfsr).filter(({ name: bit }) => !bit.endsWith('VALID')), ...decodeHfsr(facts.hfsr)];
  const start = symbols.at(facts.pc)?.symbol.address;
  return {
    summary: summaryOf(facts, bits, at?.address, name),
    stopped: facts.stopped ?? null,
    exception: facts.exception === undefined ? null : exceptionName(facts.exception),
    privileged,
    cfsr: { value: hex32(facts.cfsr), bits: decodeCfsr(facts.cfsr) },
    hfsr: { value: hex32(facts.hfsr), bits: decodeHfsr(facts.hfsr) },
    address: at === null ? null : { value: hex32(at.address), from: at.from, symbol: name(at.address) },
    registers: registersOf(facts),
    disassembly: pcKnown
      ? disassemble(facts.pc, start).map(({ address, encoding, text, target }) => {
          const goal = target === undefined ? null : name(target);
          return { address: hex32(address), encoding, text: goal === null ? text : `${text} <${goal}>`, symbol: name(address), current: address === facts.pc };
        })
      : [],
    backtrace: pcKnown ? backtrace(facts.pc, facts.lr, facts.sp, read, symbols).map(({ address, from }) => ({ address: hex32(address), symbol: name(from === 'pc' ? address : address - 2) === null ? null : name(address), line: line(from === 'pc' ? address : address - 2), from })) : [],
    line: pcKnown ? line(facts.pc) : null,
    branches: (branches ?? []).map(({ kind, from, to }) => ({ kind, from: hex32(from), fromSymbol: name(from), to: hex32(to), toSymbol: name(to), line: line(from) })),
    memory: rule === null ? null : { address: hex32(rule.address), place: rule.place, decidedBy: rule.decidedBy, regions: rule.regions.map((region) => ({ ...region, base: hex32(region.base), size: `0x${region.size.toString(16)}` })) },
    rule: rule?.sentence ?? null,
  };
}

/** The exception that status bits without a number speak of; undefined where none is set. */
function enteredBy({ cfsr, hfsr }: FaultFacts): number | undefined {
  if (hfsr !== 0) return 3;
  return cfsr & 0xff ? 4 : cfsr & 0xff00 ? 5 : cfsr ? 6 : undefined;
}

function faultAddress({ cfsr, mmfar, bfar, pc, stoppedAt }: FaultFacts): { readonly address: Address; readonly from: 'MMFAR' | 'BFAR' | 'PC' | 'access' } | null {
  if (stoppedAt !== undefined) return { address: stoppedAt, from: 'access' };
  if (cfsr & Bit.mmarvalid && mmfar !== undefined) return { address: mmfar, from: 'MMFAR' };
  if (cfsr & Bit.bfarvalid && bfar !== undefined) return { address: bfar, from: 'BFAR' };
  if (cfsr & (Bit.iaccviol | Bit.ibuserr) && pc !== unknown) return { address: pc, from: 'PC' };
  return null;
}

function summaryOf({ pc, stopped, exception }: FaultFacts, bits: readonly StatusBit[], address: Address | undefined, name: (address: Address) => string | null): string {
  const cause = bits.find(({ name: bit }) => bit !== 'FORCED') ?? bits[0];
  const where = pc === unknown ? 'at an unknown place (the exception frame could not be stored)' : `at ${hex32(pc)}${name(pc) === null ? '' : ` (${name(pc)!})`}`;
  const kind = exception === undefined ? 'fault' : exceptionName(exception);
  const what = stopped ?? (cause === undefined ? kind : `${kind}, ${cause.name}`);
  const why = stopped !== undefined || cause === undefined ? '' : `: ${cause.means}`;
  return `${what} ${where}${why}${address === undefined || address === pc ? '' : `, address ${hex32(address)}`}`;
}

function registersOf({ pc, lr, sp, xpsr, mmfar, bfar, registers }: FaultFacts): Record<string, string> {
  const all = { ...registers, sp, lr, pc, xpsr, mmfar, bfar };
  return Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, hex32(value)]])));
}
