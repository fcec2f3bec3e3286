/** What an instruction does to registers and flags as its translation sees them, found out by translating it once. */
import * as branch from '../branch-handlers.js';
import type { Handler } from '../context.js';
import * as data from '../data-handlers.js';
import { ifThen } from '../system-handlers.js';
import { Emitter, Untranslatable } from './emitter.js';
import { floatEmitters } from './float-emitters.js';
import { integerEmitters, type Emit } from './integer-emitters.js';
import { jumpTarget, memoryEmitters } from './memory-emitters.js';
import { Local } from './layout.js';

export interface Effects {
  /** Registers by bits: named at all, written. */
  readonly used: number;
  readonly written: number;
  /** It wants C or V as they were, or keeps one of them. */
  readonly wantsCarry: boolean;
  /** It sets both. */
  readonly setsCarry: boolean;
}

type Operation = { readonly handler: Handler; readonly a: number; readonly b: number; readonly c: number };

const emitters = new Map<Handler, Emit>([...integerEmitters, ...memoryEmitters, ...floatEmitters]);
const conditionalBranches = new Map<Handler, number>(branch.branchIf.map((handler, condition) => [handler, condition]));

/** Emits what an instruction does but for a direct or table branch, of which only what it reads and writes; throws Untranslatable. */
export function emitOperation(e: Emitter, { handler, a, b, c }: Operation): void {
  switch (handler) {
    case branch.branchTo: case branch.tableByte: case branch.tableHalf: case ifThen:
      return;
    case branch.branchLink:
      e.code.i32(b);
      e.set(14);
      return;
    case branch.branchExchange:
      e.get(a);
      jumpTarget(e);
      return;
    case branch.branchLinkExchange:
      e.get(a);
      jumpTarget(e);
      e.code.i32(b);
      e.set(14);
      return;
    default:
  }
  const wrapper = data.wrappers.get(handler);
  const emit = emitters.get(wrapper?.handler ?? handler);
  if (!emit) throw new Untranslatable();
  if (wrapper?.carry !== true) {
    emit(e, a, b, c);
    return;
  }
  e.settleCarry();
  e.code.i32(a >>> 4).set(Local.cf);
  emit(e, a & 0xf, b, c);
}

const known = new WeakMap<object, Operation & { readonly effects: Effects | undefined }>();

/** Undefined where an instruction cannot be translated. `key`: an object for which it is remembered as long as the operation is the same. */
export function effectsOf(operation: Operation, key: object): Effects | undefined {
  const before = known.get(key);
  const { handler, a, b, c } = operation;
  if (before?.handler === handler && before.a === a && before.b === b && before.c === c) return before.effects;
  const effects = found(operation);
  known.set(key, { handler, a, b, c, effects });
  return effects;
}

function found(operation: Operation): Effects | undefined {
  const e = new Emitter(0);
  e.code.depth = 1;
  const { handler, a, b } = operation;
  const condition = conditionalBranches.get(handler);
  try {
    if (condition !== undefined) e.condition(condition);
    else if (handler === branch.compareZero || handler === branch.compareNotZero) e.get(a);
    else if (handler === branch.tableByte || handler === branch.tableHalf) e.get(b);
    else emitOperation(e, operation);
  } catch (error) {
    if (error instanceof Untranslatable) return undefined;
    throw error;
  }
  return { used: e.used, written: e.written, wantsCarry: e.wantsCarry, setsCarry: !e.wantsCarry && e.carry !== undefined };
}
