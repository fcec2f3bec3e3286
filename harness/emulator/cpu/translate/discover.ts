/** Finds the code that belongs together: from where it is hot along direct branches, as far as it has been executed. A region is about a function. */
import * as branch from '../branch-handlers.js';
import type { Handler } from '../context.js';
import * as data from '../data-handlers.js';
import type { Decoded } from '../decode.js';
import { readStatus } from '../float-handlers.js';
import type { Instruction } from '../instruction.js';
import * as memory from '../memory-handlers.js';
import { ifThen } from '../system-handlers.js';
import { effectsOf, type Effects } from './effects.js';

/** What discovery sees of the board. */
export interface CodeSource {
  /** A halfword of code in a page that may be executed throughout; undefined elsewhere. */
  half(address: number): number | undefined;
  /** An instruction that has been executed, decoded; undefined elsewhere. */
  instruction(address: number): Instruction | undefined;
  /** The same as it is inside an IT block. */
  conditional(address: number): Decoded | undefined;
  /** A region begins or is entered here already. */
  translated(address: number): boolean;
}

type Operation = Pick<Decoded, 'handler' | 'a' | 'b' | 'c' | 'length'>;

export interface Slot extends Operation {
  readonly at: number;
  /** ITSTATE before it. */
  readonly it: number;
  readonly effects: Effects;
}
export interface Step extends Operation {
  readonly at: number;
  readonly effects: Effects;
  /** IT: the instructions of its block. */
  readonly slots?: readonly Slot[];
  /** What a table branch chooses from. */
  readonly table?: readonly number[];
}

/** Code that is entered at its start only; conditional branches may leave it on the way. */
export interface Block {
  readonly start: number;
  readonly steps: readonly Step[];
  /** Instructions, those of IT blocks included. */
  readonly count: number;
  /** Address behind the last step. */
  readonly end: number;
}

export interface Region {
  readonly root: number;
  readonly blocks: readonly Block[];
  /** Blocks that calls return to. */
  readonly returns: ReadonlySet<number>;
  /** Code that was read: first address and size. */
  readonly ranges: readonly (readonly [start: number, size: number])[];
  readonly count: number;
}

const longestTable = 64;
/** A block is executed only where the slice has room for all of it. */
const longestBlock = 48;
const conditionalBranches = new Map<Handler, number>(branch.branchIf.map((handler, condition) => [handler, condition]));
const loadsPc = new Set<Handler>([memory.loadPc, memory.loadPcIndexed, memory.loadPcAt, memory.loadPcWriteBack]);
const flagHandlers = new Set<Handler>([
  data.moveImmediateFlags, data.moveRegisterFlags, data.moveNotFlags, data.compareImmediate, data.compareRegister, data.compareNegativeImmediate, data.compareNegativeRegister,
  data.testImmediate, data.testRegister, data.testEquivalenceImmediate, data.testEquivalenceRegister, data.shiftImmediateFlags, data.shiftRegisterFlags, data.rotateExtendFlags,
  data.shiftedOperandFlags, data.multiplyFlags, readStatus, ...Object.values(data.immediateFlags), ...Object.values(data.registerFlags),
]);

export const conditionOf = (handler: Handler): number | undefined => conditionalBranches.get(handler);
const isCall = ({ handler }: Operation): boolean => handler === branch.branchLink || handler === branch.branchLinkExchange;
const isTable = ({ handler }: Operation): boolean => handler === branch.tableByte || handler === branch.tableHalf;
export const setsFlags = ({ handler }: Operation): boolean => flagHandlers.has(handler) || data.wrappers.get(handler)?.carry === true;

/** Where a direct branch or call goes; undefined for every other instruction. */
export function directTarget({ handler, a, b }: Operation): number | undefined {
  if (handler === branch.branchTo || handler === branch.branchLink || conditionalBranches.has(handler)) return a >>> 0;
  return handler === branch.compareZero || handler === branch.compareNotZero ? b >>> 0 : undefined;
}

const leavesByList = ({ handler, a, b }: Operation): boolean =>
  handler === memory.pop ? (a & 0x8000) !== 0 : (handler === memory.loadMultiple || handler === memory.loadMultipleBefore) && (b & 0x8000) !== 0;
/** Nothing behind it is executed but by a branch. */
const neverFallsThrough = (decoded: Operation): boolean =>
  decoded.handler === branch.branchTo || decoded.handler === branch.branchExchange || isCall(decoded) || isTable(decoded) || leavesByList(decoded) || loadsPc.has(decoded.handler);
const isControl = (decoded: Operation): boolean => neverFallsThrough(decoded) || directTarget(decoded) !== undefined;

const advance = (it: number): number => (it & 7 ? (it & 0xe0) | ((it << 1) & 0x1f) : 0);

/** The instructions behind an IT; undefined where they cannot be translated together. Only the last one may set flags or branch. */
function slotsOf(source: CodeSource, state: number, from: number): Slot[] | undefined {
  const slots: Slot[] = [];
  let at = from;
  for (let it = state; it !== 0; it = advance(it)) {
    const decoded = source.conditional(at);
    if (!decoded || decoded.handler === ifThen || conditionOf(decoded.handler) !== undefined || isTable(decoded)) return undefined;
    if (advance(it) !== 0 && (isControl(decoded) || setsFlags(decoded))) return undefined;
    const effects = effectsOf(decoded, decoded);
    if (!effects) return undefined;
    const { handler, a, b, c, length } = decoded;
    slots.push({ handler, a: a | 0, b: b | 0, c: c | 0, length, at, it, effects });
    at += length;
  }
  return slots;
}

/** TBB and TBH with the table behind them, as compilers make it: it ends where the first of its targets begins. */
function tableOf(source: CodeSource, { handler, a, c }: Operation): readonly number[] | undefined {
  if (a !== 15) return undefined;
  const base = c >>> 0;
  const byte = handler === branch.tableByte;
  const targets: number[] = [];
  let end = Infinity;
  for (let index = 0; index < longestTable; index += 1) {
    const at = base + (byte ? index : 2 * index);
    if (at >= end) break;
    const half = source.half((at & ~1) >>> 0);
    if (half === undefined) return undefined;
    const entry = byte ? (half >>> (8 * (at & 1))) & 0xff : half;
    // Padding of a byte table, or not a table at all.
    if (entry === 0) break;
    targets.push(base + 2 * entry);
    end = Math.min(end, base + 2 * entry);
  }
  return targets;
}

function stepAt(source: CodeSource, at: number): Step | undefined {
  const instruction = source.instruction(at);
  if (!instruction) return undefined;
  const { original: handler, a, b, c } = instruction;
  const operation = { handler, a, b, c, length: instruction.end - at };
  const effects = effectsOf(operation, instruction);
  if (!effects) return undefined;
  if (handler === ifThen) {
    const slots = slotsOf(source, a, at + 2);
    return slots && { ...operation, at, effects, slots };
  }
  if (!isTable(operation)) return { ...operation, at, effects };
  const table = tableOf(source, operation);
  return table && { ...operation, at, effects, table };
}

/** Address behind a step and its IT block. */
const behind = (step: Step): number => {
  const last = step.slots?.at(-1) ?? step;
  return last.at + last.length;
};
/** What decides where a step goes on. */
export const controlOf = (step: Step): Step | Slot => step.slots?.at(-1) ?? step;

/** The region that is entered at its root, of about `most` instructions; undefined where that cannot be translated. */
export function discover(source: CodeSource, root: number, most: number): Region | undefined {
  const steps = new Map<number, Step>();
  /** Where branches go. */
  const heads = new Set<number>([root]);
  const returns = new Set<number>();
  const queue = [root];
  let count = 0;
  const follow = (address: number): void => {
    if (!heads.has(address)) queue.push(address);
    heads.add(address);
  };
  for (let at = queue.shift(); at !== undefined && count < most; at = queue.shift()) {
    while (!steps.has(at) && (at === root || !source.translated(at))) {
      const step = stepAt(source, at);
      if (!step) break;
      steps.set(at, step);
      count += 1 + (step.slots?.length ?? 0);
      const next = behind(step);
      const control = controlOf(step);
      const target = directTarget(control);
      // A called function is a region of its own.
      if (target !== undefined && control.handler !== branch.branchLink) follow(target);
      for (const address of step.table ?? []) follow(address);
      if (isCall(control)) {
        follow(next);
        returns.add(next);
      }
      if (step.slots === undefined && neverFallsThrough(control)) break;
      at = next;
    }
  }
  if (!steps.has(root)) return undefined;
  return { root, blocks: blocksOf(steps, heads), returns, ranges: rangesOf(steps), count };
}

function blocksOf(steps: ReadonlyMap<number, Step>, heads: Set<number>): Block[] {
  const blocks: Block[] = [];
  const queue = [...heads];
  for (let start = queue.shift(); start !== undefined; start = queue.shift()) {
    if (!steps.has(start)) continue;
    const own: Step[] = [];
    let count = 0;
    let at = start;
    for (let step = steps.get(at); step && (at === start || !heads.has(at)); step = steps.get(at)) {
      if (count >= longestBlock) {
        heads.add(at);
        queue.push(at);
        break;
      }
      own.push(step);
      count += 1 + (step.slots?.length ?? 0);
      at = behind(step);
      if (step.slots === undefined && neverFallsThrough(step)) break;
    }
    blocks.push({ start, steps: own, count, end: at });
  }
  return blocks.sort((one, other) => one.start - other.start);
}

function rangesOf(steps: ReadonlyMap<number, Step>): [number, number][] {
  const ranges: [number, number][] = [];
  for (const [at, step] of steps) {
    ranges.push([at, behind(step) - at]);
    // Generous: the padding of a byte table belongs to it.
    if (step.table) ranges.push([step.c >>> 0, (step.handler === branch.tableByte ? 1 : 2) * (step.table.length + 1)]);
  }
  return ranges;
}
