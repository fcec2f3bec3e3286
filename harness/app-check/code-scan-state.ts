import type { Address } from '../units/index.js';
import { Joins } from './code-scan-joins.js';
import type { CodeScan, DirectCall, RegisterWrite, ScanRequest } from './code-scan-result.js';

/** What a register holds: nothing known, a constant, or an offset from the stack pointer at the function's start. */
const Kind = { unknown: 0, constant: 1, stack: 2 } as const;

const noArguments: DirectCall['args'] = [];

const SP = 13;
const largestRecord = 256;

/** Registers, stack bytes and findings of one scan. Values are signed 32 bits. */
export class ScanState {
  /** 1 for each word that is loaded as a literal. */
  private readonly literals: Uint8Array;
  private readonly firstWord: Address;
  private readonly kinds = new Uint8Array(16);
  private readonly values = new Int32Array(16);
  private readonly frame = new Map<number, number>();
  private readonly joins: Joins;
  private alive = false;
  private within: Address = 0;
  /** Behind the function's last byte. */
  private functionEnd: Address = 0;
  private conditionals = 0;
  private shared = false;
  private readonly writes: RegisterWrite[] = [];
  private readonly calls: DirectCall[] = [];
  private readonly fp = new Map<Address, Address>();
  private readonly constants = new Set<number>();
  private readonly from: number;
  private readonly to: number;

  constructor(private readonly view: DataView, private readonly base: Address, private readonly request: ScanRequest) {
    this.firstWord = (base & ~3) >>> 0;
    this.literals = new Uint8Array((view.byteLength >> 2) + 2);
    this.joins = new Joins(view.byteLength);
    this.from = Math.min(...request.ranges.map(({ from }) => from));
    this.to = Math.max(...request.ranges.map(({ to }) => to));
  }

  result(): CodeScan {
    return { writes: this.writes, calls: this.calls, floatingPoint: this.fp, constants: this.constants };
  }

  /** A function begins; the next one at `end`. */
  enter(address: Address, end: Address): void {
    this.within = address;
    this.functionEnd = end;
    this.kinds.fill(Kind.unknown);
    if (this.frame.size > 0) this.frame.clear();
    this.joins.forget();
    this.kinds[SP] = Kind.stack;
    this.values[SP] = 0;
    this.alive = true;
    this.conditionals = 0;
    this.shared = false;
  }

  /** Takes in what branches to this address brought along. */
  join(pc: Address): void {
    if (this.joins.take(pc - this.base, !this.alive, this.kinds, this.values, Kind.unknown)) this.alive = true;
  }

  /** Whether the word at an address, a multiple of 4, is loaded as a literal. */
  isLiteral(address: Address): boolean {
    return this.literals[(address - this.firstWord) >> 2] === 1;
  }

  set(register: number, value: number): void {
    if (this.tentative(register)) return;
    this.kinds[register] = Kind.constant;
    this.values[register] = value;
    if (this.request.watch.has(value >>> 0)) this.constants.add(value >>> 0);
  }

  clear(register: number): void {
    this.tick();
    this.kinds[register] = Kind.unknown;
  }

  copy(to: number, from: number): void {
    if (this.tentative(to)) return;
    this.kinds[to] = this.kinds[from]!;
    this.values[to] = this.values[from]!;
  }

  add(to: number, from: number, amount: number): void {
    if (this.tentative(to)) return;
    this.kinds[to] = this.kinds[from]!;
    this.values[to] = this.values[from]! + amount;
    if (this.kinds[to] === Kind.constant && this.request.watch.has(this.values[to] >>> 0)) this.constants.add(this.values[to] >>> 0);
  }

  compute(to: number, from: number, operation: (value: number) => number): void {
    if (this.kinds[from] === Kind.constant) this.set(to, operation(this.values[from]!));
    else this.clear(to);
  }

  combine(to: number, a: number, b: number, operation: (a: number, b: number) => number): void {
    if (this.kinds[a] === Kind.constant && this.kinds[b] === Kind.constant) this.set(to, operation(this.values[a]!, this.values[b]!));
    else this.clear(to);
  }

  constantOf(register: number): number | undefined {
    return this.kinds[register] === Kind.constant ? this.values[register]! >>> 0 : undefined;
  }

  /** LDR of a literal beside the code. */
  load(register: number, address: Address): void {
    const at = address - this.base;
    if (at < 0 || at + 4 > this.view.byteLength) return this.clear(register);
    this.literals[(address - this.firstWord) >> 2] = 1;
    this.set(register, this.view.getInt32(at, true));
  }

  loadFrom(to: number, from: number, offset: number, size: 1 | 2 | 4): void {
    if (this.kinds[from] !== Kind.stack) return this.clear(to);
    let value = 0;
    for (let index = size - 1; index >= 0; index--) {
      const byte = this.frame.get(this.values[from]! + offset + index);
      if (byte === undefined) return this.clear(to);
      value = (value << 8) | byte;
    }
    this.set(to, value);
  }

  store(pc: Address, from: number, to: number, offset: number, size: number): void {
    this.tick();
    const where = this.kinds[to];
    if (where === Kind.constant) {
      const address = (this.values[to]! + offset) >>> 0;
      if (address < this.from || address >= this.to || !this.request.ranges.some((range) => address >= range.from && address < range.to)) return;
      this.writes.push({ pc, address, value: this.constantOf(from), within: this.within });
    } else if (where === Kind.stack) this.keep(this.values[to]! + offset, size, this.constantOf(from));
  }

  storeIndexed(pc: Address, from: number, base: number, index: number, size: number): void {
    const offset = this.constantOf(index);
    if (offset === undefined) this.tick();
    else this.store(pc, from, base, offset | 0, size);
  }

  storeMultiple(pc: Address, base: number, list: number, writeBack: boolean): void {
    let offset = 0;
    for (let register = 0; register < 15; register++) {
      if (!((list >> register) & 1)) continue;
      this.store(pc, register, base, offset, 4);
      offset += 4;
    }
    if (writeBack) this.values[base]! += offset;
  }

  loadMultiple(base: number, list: number): void {
    this.tick();
    for (let register = 0; register < 16; register++) if ((list >> register) & 1) this.kinds[register] = Kind.unknown;
    if (!((list >> base) & 1)) this.kinds[base] = Kind.unknown;
    if (list & 0x8000) this.leave();
  }

  moveStack(amount: number): void {
    this.values[SP]! += amount;
  }

  push(list: number): void {
    this.tick();
    let count = 0;
    for (let rest = list; rest !== 0; rest &= rest - 1) count += 1;
    this.values[SP]! -= count * 4;
    for (let register = 0, offset = 0; register < 15; register++) {
      if (!((list >> register) & 1)) continue;
      this.keep(this.values[SP]! + offset, 4, this.constantOf(register));
      offset += 4;
    }
  }

  pop(list: number): void {
    const before = this.values[SP]!;
    let count = 0;
    for (let register = 0; register < 16; register++) {
      if (!((list >> register) & 1)) continue;
      count += 1;
      if (register !== SP) this.kinds[register] = Kind.unknown;
    }
    this.values[SP] = before + count * 4;
    if (!(list & 0x8000)) return this.tick();
    // A conditional return leaves the other way as it was.
    if (this.conditionals > 0) this.values[SP] = before;
    this.leave();
  }

  /** A branch: forward ones bring the registers along. */
  branch(pc: Address, target: Address, always: boolean): void {
    const conditional = this.conditionals > 0;
    this.tick();
    const offset = target - this.base;
    if (target > pc && target - pc < 0x8000 && offset < this.view.byteLength) this.joins.bring(offset, this.kinds, this.values, Kind.unknown);
    if (!always) return;
    // A jump out of the function is a call that does not come back here.
    if (target < this.within || target >= this.functionEnd) this.note(pc, target);
    if (!conditional) this.lose();
  }

  /** The way ends here: return, or a jump to where a register points. */
  leave(): void {
    const conditional = this.conditionals > 0;
    this.tick();
    if (!conditional) this.lose();
  }

  /** BL, or BLX to where a register points. */
  called(pc: Address, target: Address | undefined): void {
    this.tick();
    if (target !== undefined) this.note(pc, target);
    for (let register = 0; register < 4; register++) this.kinds[register] = Kind.unknown;
    this.kinds[12] = this.kinds[14] = Kind.unknown;
  }

  conditional(instructions: number): void {
    this.conditionals = instructions;
  }

  floatingPoint(pc: Address): void {
    this.tick();
    if (!this.fp.has(this.within)) this.fp.set(this.within, pc);
  }

  /** Counts one instruction behind IT; whether the register it writes is known afterwards on neither way. */
  private tentative(register: number): boolean {
    if (this.conditionals === 0) return false;
    this.conditionals -= 1;
    this.kinds[register] = Kind.unknown;
    return true;
  }

  tick(): void {
    if (this.conditionals > 0) this.conditionals -= 1;
  }

  private lose(): void {
    this.alive = false;
    const sp = this.values[SP]!;
    this.kinds.fill(Kind.unknown);
    this.kinds[SP] = Kind.stack;
    this.values[SP] = sp;
  }

  private keep(offset: number, size: number, value: number | undefined): void {
    for (let index = 0; index < size; index++) {
      if (value === undefined) this.frame.delete(offset + index);
      else this.frame.set(offset + index, (value >>> (8 * index)) & 0xff);
    }
  }

  private note(pc: Address, target: Address): void {
    const wanted = this.request.targets.has(target);
    const shared = this.shared;
    // Functions worth watching read their record only.
    if (!wanted && (this.kinds[0] === Kind.stack || this.kinds[1] === Kind.stack || this.kinds[2] === Kind.stack || this.kinds[3] === Kind.stack)) this.shared = true;
    else if (wanted) this.shared = false;
    this.calls.push({
      pc,
      target,
      within: this.within,
      args: wanted ? [0, 1, 2, 3].map((register) => this.constantOf(register)) : noArguments,
      record: wanted && this.kinds[0] === Kind.stack ? this.recordAt(this.values[0]!) : undefined,
      shared,
    });
  }

  private recordAt(offset: number): ReadonlyMap<number, number> {
    const record = new Map<number, number>();
    for (let index = 0; index < largestRecord; index++) {
      const byte = this.frame.get(offset + index);
      if (byte !== undefined) record.set(index, byte);
    }
    return record;
  }
}
