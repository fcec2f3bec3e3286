import type { BootSurroundings } from '../boot-surroundings.js';
import { memoryAt, overlap, sharedAreas } from '../boot-surroundings.js';
import { readScript } from '../linker/read-script.js';
import type { ScriptModel, ScriptRegion, Span } from '../linker/script-model.js';
import { expectedSymbols } from '../rules/linker-symbols.js';
import { hex, hex32 } from '../../units/index.js';
import { HarnessError } from '../../errors/index.js';
import type { Edit } from './edit.js';
import { applyEdits, lineEnd, lineStart } from './edit.js';
import { reservedAreas, symbolDefinitions } from './insertions.js';

export interface Adaptation {
  readonly text: string;
  /** What was changed, one sentence each. */
  readonly changes: readonly string[];
}

/** An end of a region that was moved: several steps may move it, and what another one moved may move it on. */
interface Moved {
  readonly region: string;
  readonly edge: 'begins' | 'ends';
}

interface Step extends Edit {
  /** What is changed, as a sentence or as what moves. */
  readonly why: string | Moved;
  /** A second edit that belongs to it. */
  readonly also?: Edit;
  /** Where the edit is of a symbol that the field names: the same in the field itself, for the case that other things hang on the symbol. */
  readonly field?: Edit;
  /** Whether the script then says what was wanted. */
  readonly holds?: (model: ScriptModel) => boolean;
}

/** Each step changes one thing; more are a script that never settles. */
const mostSteps = 64;

/**
 * Gives a linker script the symbols and regions of a boot path: the four symbols, the code region derived from them, RAM regions beside the code and before the
 * memory shared with the boot, sections for flag and handles. Everything else stays byte for byte; done twice it changes nothing the second time.
 * @param text the file as Latin-1, so that every byte is kept
 * @throws HarnessError `linker-script`, `adapt-region` (usage): what has to be changed is computed in a way that cannot be edited
 */
export function adaptScript(text: string, file: string, boot: BootSurroundings): Adaptation {
  const why: Step['why'][] = [];
  let now = text;
  for (let count = 0; count < mostSteps; count++) {
    const model = readScript(now, file);
    const step = symbolStep(model, boot, now) ?? codeStep(model, boot, now, file) ?? regionStep(model, boot, file) ?? reservedStep(model, boot, now);
    if (step === undefined) return { text: now, changes: sentences(why, readScript(text, file), model) };
    now = applied(now, step, file);
    why.push(step.why);
  }
  throw new HarnessError({ code: 'adapt-region', kind: 'usage', message: `${file}: its regions depend on each other in a way that never settles`, nextStep: 'give the regions fixed addresses first' });
}

/** Each once, in the order of the first steps: for a region's end where it is now and where it was before all of them. */
function sentences(steps: readonly Step['why'][], before: ScriptModel, after: ScriptModel): string[] {
  const at = (model: ScriptModel, { region, edge }: Moved): number | undefined => {
    const found = model.regions.find(({ name }) => name === region);
    return found === undefined ? undefined : edge === 'begins' ? found.base : found.base + found.size - 1;
  };
  const told = steps.map((step) => {
    if (typeof step === 'string') return step;
    const [is, was] = [at(after, step), at(before, step)];
    return `${step.region} ${step.edge} at ${is === undefined ? '?' : hex32(is)}, it was ${was === undefined ? 'nowhere' : hex32(was)}`;
  });
  return [...new Set(told)];
}

function applied(text: string, step: Step, file: string): string {
  const also = step.also === undefined ? [] : [step.also];
  const next = applyEdits(text, [step, ...also]);
  if (step.field === undefined || step.holds === undefined || step.holds(readScript(next, file))) return next;
  return applyEdits(text, [step.field, ...also]);
}

/** A symbol that is missing or has another value. */
function symbolStep(model: ScriptModel, boot: BootSurroundings, text: string): Step | undefined {
  const wanted = Object.entries(expectedSymbols(boot));
  const missing = wanted.filter(([name]) => !model.symbols.has(name));
  if (missing.length > 0) {
    const at = lineStart(text, model.insert.symbols);
    return { from: at, to: at, text: symbolDefinitions(model, Object.fromEntries(missing), text, lineEnd(text)), why: `defined ${missing.map(([name, value]) => `${name} = ${hex(value)}`).join(', ')}` };
  }
  for (const [name, value] of wanted) {
    const symbol = model.symbols.get(name)!;
    if (symbol.value === value) continue;
    // What the sum of both gives is what counts: ST's scripts may carry the offset in either.
    if (name !== 'CODE_SIZE' && name !== 'IMAGE_HEADER_SIZE' && boot.bootPath !== 'stirot' && (model.symbols.get('PARTITION_START')?.value ?? 0) + (model.symbols.get('CODE_OFFSET')?.value ?? 0) === boot.slot.base) continue;
    if (symbol.span === undefined) throw uneditable(model.file, name);
    return { from: symbol.span.from, to: symbol.span.to, text: hex(value), why: `${name} = ${hex(value)}, it was ${symbol.value === undefined ? 'no number' : hex(symbol.value)}` };
  }
  return undefined;
}

function uneditable(file: string, name: string): HarnessError {
  return new HarnessError({ code: 'adapt-region', kind: 'usage', message: `${file}: ${name} is set in an included file, or computed in a way that cannot be edited`, nextStep: 'adapt the file that sets it, or give it a value of its own' });
}

const codeRoles = new Set(['vectors', 'code', 'constants']);
const isCode = (model: ScriptModel, region: ScriptRegion): boolean => region.load === true || model.placements.some(({ region: name, role }) => name === region.name && codeRoles.has(role));
const filled = (model: ScriptModel, region: ScriptRegion): boolean => region.load === true || model.placements.some(({ region: name }) => name === region.name);

/** The region of the code, as expressions over the four symbols. */
function codeStep(model: ScriptModel, boot: BootSurroundings, _text: string, file: string): Step | undefined {
  const start = boot.bootPath === 'stirot' ? 'CODE_OFFSET' : 'PARTITION_START + CODE_OFFSET';
  const origin = `${start} + IMAGE_HEADER_SIZE`;
  const end = boot.slot.base + boot.slot.size;
  for (const region of model.regions) {
    if (!isCode(model, region)) continue;
    const first = region.name.startsWith('address ');
    if (first) {
      // `place at address mem:symbol`: the symbol is what is set.
      if (region.base !== boot.codeStart) return symbolOf(model, /intvec/i, origin, file, 'the vector table');
      continue;
    }
    if (region.base !== boot.codeStart) return setSpan(model, region.origin, origin, file, { region: region.name, edge: 'begins' });
    if (region.base + region.size !== end) {
      const text = region.last === true ? `${start} + CODE_SIZE - 1` : 'CODE_SIZE - IMAGE_HEADER_SIZE';
      return setSpan(model, region.extent, text, file, { region: region.name, edge: 'ends' });
    }
  }
  return undefined;
}

function symbolOf(model: ScriptModel, pattern: RegExp, text: string, file: string, what: string): Step {
  const symbol = [...model.symbols.values()].find(({ name, span }) => pattern.test(name) && span !== undefined);
  if (symbol?.span === undefined) throw uneditable(file, what);
  return { from: symbol.span.from, to: symbol.span.to, text, why: `${symbol.name} = ${text}` };
}

/** A field of a region: where it is one name, what that name stands for; C code and MPU set-up refer to such names. */
function setSpan(model: ScriptModel, span: Span | undefined, text: string, file: string, why: Moved): Step {
  let at = span;
  for (let hops = 0; at?.name !== undefined && hops < 8; hops++) {
    const symbol: Span | undefined = model.symbols.get(at.name)?.span;
    if (symbol === undefined) break;
    at = symbol;
  }
  if (at === undefined) throw uneditable(file, why.region);
  return { from: at.from, to: at.to, text, why, ...(at === span || span === undefined ? {} : { field: { from: span.from, to: span.to, text } }) };
}

/** A RAM region over the code, over the memory shared with the boot, over another one, or in the flash. */
function regionStep(model: ScriptModel, boot: BootSurroundings, file: string): Step | undefined {
  const { slot } = boot;
  const [slotEnd, shared] = [slot.base + slot.size, sharedAreas.all];
  const rams = model.regions.filter((region) => region.load !== true && !isCode(model, region) && region.size > 0);
  // A symbol that other regions hang on stays: the region itself gets the number.
  const holds = (region: ScriptRegion, wanted: (found: ScriptRegion) => boolean) => (next: ScriptModel): boolean =>
    next.regions.length === model.regions.length && next.regions.every((each, index) => (model.regions[index] === region ? wanted(each) : each.base === model.regions[index]!.base && each.size === model.regions[index]!.size));
  const start = (region: ScriptRegion, base: number): Step => ({ ...setSpan(model, region.origin, hex32(base), file, { region: region.name, edge: 'begins' }), holds: holds(region, (found) => found.base === base) });
  const end = (region: ScriptRegion, limit: number): Step => ({ ...setSpan(model, region.extent, region.last === true ? hex32(limit - 1) : hex(limit - region.base), file, { region: region.name, edge: 'ends' }), holds: holds(region, (found) => found.base === region.base && found.base + found.size === limit) });
  for (const region of rams) {
    const role = model.placements.find(({ region: name }) => name === region.name)?.role;
    if (boot.shares && (role === 'flag' || role === 'handles')) {
      const area = role === 'flag' ? sharedAreas.flag : sharedAreas.handles;
      if (region.base !== area.base) return start(region, area.base);
      if (region.size !== area.size) return end(region, area.base + area.size);
      continue;
    }
    const memory = memoryAt(boot, region.base);
    const external = boot.memories.find(({ kind }) => kind === 'external-ram');
    if (/EXT_?RAM/i.test(region.name) && memory?.kind === 'external-flash' && external !== undefined) return start(region, overlap(external, slot) ? slotEnd : external.base);
    if (overlap(region, slot)) {
      if (region.base < slot.base) return end(region, slot.base);
      if (region.base + region.size > slotEnd) {
        // Its end stays where it is: a length changes with the start.
        const { from, to, text } = region.last === true ? { from: 0, to: 0, text: '' } : setSpan(model, region.extent, hex(region.base + region.size - slotEnd), file, { region: region.name, edge: 'ends' });
        return { ...start(region, slotEnd), ...(region.last === true ? {} : { also: { from, to, text } }) };
      }
      return start(region, memory?.kind === 'external-ram' ? slotEnd : slot.base - region.size);
    }
    if (/EXT_?RAM/i.test(region.name) && external !== undefined && memory?.kind === 'external-ram' && region.base + region.size > external.base + external.size) return end(region, external.base + external.size);
    if (boot.shares && region.base < shared.base && region.base + region.size > shared.base) return end(region, shared.base);
  }
  const used = rams.filter((region) => filled(model, region)).sort((a, b) => a.base - b.base);
  for (const [index, region] of used.entries()) {
    const next = used[index + 1];
    if (next !== undefined && next.base > region.base && region.base + region.size > next.base) return end(region, next.base);
  }
  return undefined;
}

/** Sections for flag and handles, and what keeps the startup code away from them. */
function reservedStep(model: ScriptModel, boot: BootSurroundings, text: string): Step | undefined {
  if (!boot.shares) return undefined;
  return reservedAreas(model, text);
}
