/**
 * Hot code as WebAssembly. The interpreter reports where it comes by often; the code around it becomes a region
 * (discover.ts) and a WebAssembly function (compile.ts). Where a block of a region begins, the interpreter finds the
 * operation ENTER and comes here. Translated code does what is plain and goes from region to region by itself; at every
 * access that is not plain (a device, a fault, a page of code that is written) and where the slice would end inside a block
 * it returns, and the interpreter goes on.
 */
import type { Address } from '../../../units/index.js';
import { pageMask, pageShift, type Bus } from '../../bus.js';
import { host, type WasmTable } from '../../host-wasm.js';
import { handAt, type Store } from '../../store.js';
import type { CodePage } from '../code-page.js';
import type { Context } from '../context.js';
import type { Decoded } from '../decode.js';
import { CoreFault } from '../faults.js';
import { Fpscr } from '../float-format.js';
import type { Instruction } from '../instruction.js';
import { Op } from '../operations.js';
import { compile } from './compile.js';
import { discover, type CodeSource } from './discover.js';
import type { Site } from './emitter.js';
import { floatRuntime, instantiateFloatRuntime } from './float-runtime.js';
import { dispatchBytes, dispatchEntries, dispatchSlot, dispatchTableAt, FloatMode, Hand, handWords, siteBits } from './layout.js';
import type { TranslateOptions } from './options.js';
import { TranslatedRegion, type Entry, type TranslatedFunction } from './region.js';
import { wasmModule } from './wasm-code.js';

/** What the translator needs of the core. */
export interface TranslatedCore extends Context {
  left: number;
  readonly bus: Bus;
  /** Which of the cached views of memory is in use. */
  readonly viewIndex: number;
  /** Counts changes of the memory map, the MPU and the debugger's watchpoints. */
  readonly epoch: number;
  /** A debugger sees accesses: nothing is executed here. */
  readonly observed: boolean;
  /** The page of an address if code may be executed there without a check. */
  reachable(target: number): CodePage | undefined;
  /** The code page of an address, whether it was entered or not; undefined where the whole of it may not be executed now. */
  executablePage(at: Address): CodePage | undefined;
}

const defaultThreshold = 1000;
/** Instructions of a region, about. */
const mostInstructions = 500;
/** So much is interpreted before the first translation, and for each translated instruction before the next: it costs about as much. */
const firstTranslation = 1_000_000;
const translationCost = 1000;
/** A region is translated anew, with what has been executed since, so many times. */
const mostRevisions = 4;
/** So many calls are looked at together: less executed in each than this does not pay. */
const judgedCalls = 2048;
const leastPerCall = 8;
/** What is kept at most: regions, and instructions in them; beyond that all is forgotten. */
const mostRegions = 2000;
const mostKept = 60_000;
const never = 1 << 30;
const unlikeHost = Fpscr.fz | Fpscr.roundingMode;

export class Translator {
  readonly #hand: Int32Array;
  readonly #words: Int32Array;
  readonly #memoryPages: number;
  readonly #threshold: number;
  /** Made with the first region: a board that needs none pays for none. */
  #table: WasmTable | undefined;
  readonly #imports: Record<string, unknown>;
  /** By number. */
  readonly #regions: (TranslatedRegion | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  /** Places that cannot or shall not be translated. */
  readonly #refused = new Set<number>();
  /** How often code that is not translated was reached from translated code. */
  readonly #arrivals = new Map<number, number>();
  #kept = 0;
  #translated = 0;
  #executed = 0;
  #hasRuntime = false;
  #failure: string | undefined;

  constructor(
    private readonly core: TranslatedCore,
    store: Store,
    options: TranslateOptions,
  ) {
    this.#hand = new Int32Array(store.buffer, handAt, handWords);
    this.#words = new Int32Array(store.buffer);
    this.#memoryPages = store.buffer.byteLength / 0x10000;
    this.#threshold = Math.max(1, options.threshold ?? defaultThreshold);
    this.#imports = { m: store.memory };
  }

  /** How often a place is passed before `hot` is called. */
  get threshold(): number {
    return this.#threshold;
  }

  /** Regions that are kept, instructions in them, instructions translated so far, and executed by translated code. */
  get statistics(): { readonly regions: number; readonly instructions: number; readonly translated: number; readonly executed: number } {
    return { regions: this.#regions.length - this.#freeNumbers.length, instructions: this.#kept, translated: this.#translated, executed: this.#executed };
  }

  /** Why nothing more is translated: what the host's WebAssembly said. */
  get failure(): string | undefined {
    return this.#failure;
  }

  // ---- translation ----

  /** A place was passed `threshold` times. Returns after how many more times to ask again. */
  hot(at: Address): number {
    const root = at >>> 0;
    if (this.core.observed || this.#failure !== undefined || this.#refused.has(root)) return never;
    const translated = this.core.executablePage(root)?.instruction(root).entries?.[this.core.viewIndex] !== undefined;
    if (translated || !this.#affordable()) return this.#threshold;
    return this.#translate(root, 0) ? this.#threshold : never;
  }

  /** Keeps translation in proportion to what was executed: code that runs once is not slowed down. Who asks for a lower threshold wants it at once. */
  #affordable(): boolean {
    return this.#threshold < defaultThreshold || firstTranslation + this.#translated * translationCost <= this.core.instructions;
  }

  #translate(root: number, revision: number): boolean {
    const { core } = this;
    const context = core.viewIndex;
    const region = discover(this.#source(), root, mostInstructions);
    if (!region) {
      this.#refused.add(root);
      return false;
    }
    if (this.#kept + region.count > mostKept) this.forgetAll();
    const number = this.#freeNumbers.pop() ?? this.#regions.length;
    if (number >= mostRegions) {
      this.forgetAll();
      return this.#translate(root, revision);
    }
    const pages = new Map<number, CodePage>();
    for (const [start, size] of region.ranges) {
      for (const at of [start, start + size - 1]) pages.set(at >>> pageShift, core.executablePage(at)!);
    }
    const literals: [number, number][] = [];
    const literal = (address: number): number | undefined => {
      if (!pages.has(address >>> pageShift)) return undefined;
      literals.push([address, 4]);
      return this.#words[(core.bus.pageOffset[address >>> pageShift]! + (address & pageMask)) >> 2];
    };
    const compiled = compile({ region, number, context, literal });
    const run = this.#instantiate(compiled);
    if (run === undefined) return false;
    const made = new TranslatedRegion(number, root, context, run, compiled.sites, region.count, [...pages.values()], [...region.ranges, ...literals], revision);
    made.epoch = core.epoch;
    this.#regions[number] = made;
    this.#table!.set(number, run);
    this.#translated += region.count;
    this.#kept += region.count;
    for (const page of made.pages) page.dependOn(made, () => this.#drop(made));
    region.blocks.forEach(({ start, count }, block) => this.#enterAt(made, start, block, count));
    return true;
  }

  #source(): CodeSource {
    const { core } = this;
    const eager = this.#threshold === 1;
    const pages = new Map<number, CodePage | undefined>();
    const pageOf = (at: number): CodePage | undefined => {
      const number = at >>> pageShift;
      if (!pages.has(number)) pages.set(number, core.executablePage(at));
      return pages.get(number);
    };
    /** What is decoded without having been executed may reach where nothing can be fetched. */
    const guarded = <T>(decode: () => T | undefined): T | undefined => {
      try {
        return decode();
      } catch (error) {
        if (error instanceof CoreFault) return undefined;
        throw error;
      }
    };
    return {
      half: (at) => (pageOf(at) ? core.bus.load(at, 2) : undefined),
      instruction: (at) => {
        const page = pageOf(at);
        if (!page || (!eager && !page.executed(at))) return undefined;
        if (eager) guarded(() => page.prepared(core, at));
        // What reaches into the next page is decoded anew each time it is executed.
        return page.executed(at) ? page.instruction(at) : undefined;
      },
      conditional: (at) =>
        guarded((): Decoded | undefined => {
          const decoded = pageOf(at)?.conditional(core, at);
          return decoded && (at & pageMask) + decoded.length <= pageMask + 1 ? decoded : undefined;
        }),
      translated: (at) => pageOf(at)?.instructions[(at & pageMask) >> 1]?.entries?.[core.viewIndex] !== undefined,
    };
  }

  /** Undefined where the host's WebAssembly does not take it (a limit of memory, a feature that it lacks): from then on everything is interpreted. */
  #instantiate({ function: body, usesFloat }: ReturnType<typeof compile>): TranslatedFunction | undefined {
    try {
      this.#table ??= this.#imports['t'] = new host!.Table({ element: 'anyfunc', initial: mostRegions + 1 });
      if (usesFloat && !this.#hasRuntime) {
        Object.assign(this.#imports, instantiateFloatRuntime(this.#imports, this.#memoryPages));
        this.#hasRuntime = true;
      }
      const bytes = wasmModule(this.#memoryPages, usesFloat ? floatRuntime : [], [body]);
      const { exports } = new host!.Instance(new host!.Module(bytes), { m: this.#imports });
      return exports['f0'] as TranslatedFunction;
    } catch (error) {
      this.#failure = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      this.forgetAll();
      return undefined;
    }
  }

  #enterAt(region: TranslatedRegion, at: number, block: number, count: number): void {
    const instruction = this.core.executablePage(at)!.instruction(at);
    const entry: Entry = { region, block, count };
    if (instruction.op !== Op.ENTER) {
      instruction.plain = instruction.copy();
      instruction.entries = [];
      instruction.op = Op.ENTER;
    }
    instruction.entries![region.context] = entry;
    region.entries.push({ instruction, entry });
  }

  /** Code of a region changed, or it does not pay, or it is made anew. */
  #drop(region: TranslatedRegion): void {
    if (region.dropped) return;
    region.dropped = true;
    this.#regions[region.number] = undefined;
    this.#freeNumbers.push(region.number);
    this.#kept -= region.count;
    for (const { instruction, entry } of region.entries) {
      const { entries } = instruction;
      if (entries?.[region.context] !== entry) continue;
      entries[region.context] = undefined;
      if (entries.some((other) => other !== undefined)) continue;
      instruction.op = instruction.plain!.op;
      instruction.entries = instruction.plain = undefined;
    }
    for (const page of region.pages) page.forgetDependence(region);
    const first = dispatchTableAt(region.context) >> 2;
    for (let slot = first; slot < first + (dispatchEntries * dispatchBytes) / 4; slot += dispatchBytes / 4) {
      if (this.#words[slot] !== 0 && this.#words[slot + 2] === region.number) this.#words[slot] = 0;
    }
  }

  forgetAll(): void {
    for (const region of [...this.#regions]) if (region) this.#drop(region);
    this.#arrivals.clear();
  }

  // ---- execution ----

  /** From an instruction with the operation ENTER on; false where the interpreter has to execute it. */
  run(first: Instruction): boolean {
    const { core } = this;
    const hand = this.#hand;
    let entry = this.#entry(first);
    let progress = false;
    while (entry !== undefined) {
      const { region } = entry;
      const { left, fpu } = core;
      const { fpscr } = fpu;
      hand[Hand.fpscr] = fpscr;
      hand[Hand.float] = !fpu.ready || fpscr & unlikeHost ? FloatMode.none : fpscr & Fpscr.ixc ? FloatMode.any : FloatMode.exactOnly;
      hand[Hand.epoch] = core.epoch;
      const end = region.run(entry.block, left, core.nf, core.zf, core.cf, core.vf);
      const last: TranslatedRegion = this.#regions[end >>> siteBits]!;
      const site: Site = last.sites[end & ((1 << siteBits) - 1)]!;
      core.left = hand[Hand.left]! + site.unexecuted;
      core.nf = hand[Hand.nf]!;
      core.zf = hand[Hand.zf]!;
      core.cf = hand[Hand.cf]!;
      core.vf = hand[Hand.vf]!;
      fpu.fpscr = hand[Hand.fpscr]!;
      const pc = site.pc ?? (hand[Hand.target]! & ~1) >>> 0;
      core.pc = pc;
      core.it = site.it;
      const executed = left - core.left;
      region.executed += executed;
      this.#executed += executed;
      region.calls += 1;
      if (region.calls >= judgedCalls) this.#judge(region);
      if (executed === 0) return progress;
      progress = true;
      if (core.left <= 0 || site.it !== 0) return true;
      const page = core.reachable(pc);
      if (page === undefined) return true;
      const instruction = page.instructions[(pc & pageMask) >> 1];
      if (instruction?.op !== Op.ENTER) {
        this.#left(last, site, pc);
        return true;
      }
      entry = this.#entry(instruction);
      if (entry !== undefined && site.kind !== 'slow') this.#dispatchTo(pc, entry);
    }
    return progress;
  }

  #entry(instruction: Instruction): Entry | undefined {
    const { core } = this;
    const entry = instruction.entries![core.viewIndex] as Entry | undefined;
    if (entry === undefined) {
      this.#arrived(instruction.at);
      return undefined;
    }
    if (core.left < entry.count || core.r[13]! & 3) return undefined;
    const { region } = entry;
    return region.epoch === core.epoch || this.#executable(region) ? entry : undefined;
  }

  #executable(region: TranslatedRegion): boolean {
    const { core } = this;
    if (core.observed || !region.pages.every(({ number }) => core.executablePage((number << pageShift) >>> 0))) return false;
    region.epoch = core.epoch;
    return true;
  }

  /** From now on translated code finds its way to an entry by itself. */
  #dispatchTo(address: number, { region, block }: Entry): void {
    const slot = (dispatchTableAt(region.context) + dispatchSlot(address)) >> 2;
    this.#words[slot] = address | 1;
    this.#words[slot + 1] = region.epoch;
    this.#words[slot + 2] = region.number;
    this.#words[slot + 3] = block;
  }

  /** A region left to code that is not translated. */
  #left(region: TranslatedRegion, { kind }: Site, pc: number): void {
    if (kind === 'slow' || this.#refused.has(pc)) return;
    if (kind === 'other' || region.revision >= mostRevisions) {
      this.#arrived(pc);
      return;
    }
    region.surprises += 1;
    if (region.surprises < this.#threshold << region.revision || !this.#affordable()) return;
    this.#drop(region);
    this.#translate(region.root, region.revision + 1);
  }

  /** Code that is not translated was reached by a call, by a computed branch, or in another context. */
  #arrived(at: number): void {
    const count = (this.#arrivals.get(at) ?? 0) + 1;
    this.#arrivals.set(at, count);
    if (count < this.#threshold) return;
    this.#arrivals.delete(at);
    this.hot(at);
  }

  #judge(region: TranslatedRegion): void {
    const pays = region.executed >= leastPerCall * region.calls;
    region.calls = region.executed = 0;
    if (pays || this.#threshold === 1) return;
    this.#refused.add(region.root);
    this.#drop(region);
  }
}
