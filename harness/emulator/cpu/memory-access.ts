import type { Address } from '../../units/index.js';
import { type Bus, pageShift } from '../bus.js';
import { BusError, type AccessWidth } from '../ports.js';
import { CodePage } from './code-page.js';
import type { Exceptions } from './exceptions.js';
import { Cfsr, CoreFault, Exception } from './faults.js';
import type { FloatUnit } from './float-unit.js';
import { Mpu, Permission } from './mpu.js';
import type { SystemSpace } from './system-space.js';
import { Translation } from './translation.js';

/** Code pages of the last jumps, by the low bits of their number. */
export const recentMask = 0xff;

/** A debugger's watchpoints: told of every load and store in these 4 KB pages. */
export interface AccessWatch {
  readonly pages: ReadonlySet<number>;
  access(address: Address, width: AccessWidth, write: boolean): void;
}

/**
 * The core's way to memory: loads and stores through the MPU with their faults, what is known of each page so that most of them are one array access, and the
 * pages that code was decoded from.
 */
export abstract class MemoryAccess {
  readonly mpu = new Mpu();
  /** By page number. */
  protected readonly code = new Map<number, CodePage>();
  protected readonly recent = new Array<CodePage | undefined>(recentMask + 1).fill(undefined);
  private readonly translations: Translation[];
  private watched: AccessWatch | undefined;
  reads: Int32Array;
  writes: Int32Array;
  private translation: Translation;
  viewIndex = 0;
  epoch = 0;

  abstract faultmask: number;
  abstract ipsr: number;
  abstract readonly privileged: boolean;
  abstract readonly exceptions: Exceptions;
  abstract readonly fpu: FloatUnit;
  abstract readonly system: SystemSpace;

  constructor(
    readonly bus: Bus,
    readonly preciseStores: boolean,
  ) {
    this.translation = new Translation(bus.backing.buffer, 0);
    this.translations = [this.translation];
    this.reads = this.translation.read;
    this.writes = this.translation.write;
    this.mpu.onChange = () => this.forgetTranslations();
    bus.onMapChange = () => this.forgetTranslations();
  }

  /** Ends the running slice after this instruction. */
  abstract attention(): void;

  get observed(): boolean {
    return this.watched !== undefined;
  }

  /** Privilege, execution priority or the MPU changed: choose the right cached view of memory. */
  contextChanged(): void {
    this.fpu.ready = false;
    const index = this.negative ? (this.privileged ? 2 : 3) : this.privileged ? 0 : 1;
    this.viewIndex = index;
    this.translation = this.translations[index] ??= new Translation(this.bus.backing.buffer, index);
    this.reads = this.translation.read;
    this.writes = this.translation.write;
    this.attention();
  }

  /** Watches loads and stores, or no longer. */
  watch(watched: AccessWatch | undefined): void {
    this.watched = watched;
    this.forgetTranslations();
  }

  private forgetTranslations(): void {
    this.epoch += 1;
    for (const translation of this.translations) translation?.clear();
    for (const page of this.code.values()) page.checked = 0;
    this.attention();
  }

  load32(address: number): number {
    const page = this.reads[address >>> pageShift]!;
    if (page !== 0 && (address & 3) === 0) return this.bus.words[(page + address) >>> 2]!;
    return this.loadSlowly(address >>> 0, 4) | 0;
  }

  load16(address: number): number {
    const page = this.reads[address >>> pageShift]!;
    if (page !== 0 && (address & 1) === 0) return this.bus.halfwords[(page + address) >>> 1]!;
    return this.loadSlowly(address >>> 0, 2);
  }

  load8(address: number): number {
    const page = this.reads[address >>> pageShift]!;
    if (page !== 0) return this.bus.bytes[(page + address) >>> 0]!;
    return this.loadSlowly(address >>> 0, 1);
  }

  store32(address: number, value: number): void {
    const page = this.writes[address >>> pageShift]!;
    if (page !== 0 && (address & 3) === 0) this.bus.words[(page + address) >>> 2] = value;
    else this.storeSlowly(address >>> 0, value, 4);
  }

  store16(address: number, value: number): void {
    const page = this.writes[address >>> pageShift]!;
    if (page !== 0 && (address & 1) === 0) this.bus.halfwords[(page + address) >>> 1] = value;
    else this.storeSlowly(address >>> 0, value, 2);
  }

  store8(address: number, value: number): void {
    const page = this.writes[address >>> pageShift]!;
    if (page !== 0) this.bus.bytes[(page + address) >>> 0] = value;
    else this.storeSlowly(address >>> 0, value, 1);
  }

  /** A word of an exception frame: its bus fault is known at once (STKERR), never imprecise. */
  stack32(address: number, value: number): void {
    const page = this.writes[address >>> pageShift]!;
    if (page !== 0) this.bus.words[(page + address) >>> 2] = value;
    else this.storeSlowly(address >>> 0, value, 4, this.privileged, true);
  }

  /** A word of the FPU's state, stored with the privilege and the priority of the context that was interrupted; precise as all stacking. */
  stackLazily(address: Address, value: number, privileged: boolean, negativePriority: boolean): void {
    if (!(this.mpu.permissions(address, privileged, negativePriority) & Permission.write)) throw new CoreFault(Exception.memManage, Cfsr.mlsperr);
    try {
      this.bus.store(address, value, 4);
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      throw new CoreFault(Exception.busFault, Cfsr.lsperr);
    }
    this.code.get(address >>> pageShift)?.forget(address, 4);
  }

  /** Word accesses that must be aligned whatever CCR.UNALIGN_TRP says: LDM, LDRD, LDREX … (A3.2.1). */
  alignedOnly(address: number): void {
    if (address & 3) throw new CoreFault(Exception.usageFault, Cfsr.unaligned);
  }

  loadSlowly(address: Address, width: AccessWidth, privileged = this.privileged): number {
    if (address & (width - 1)) return this.loadUnaligned(address, width, privileged);
    this.check(address, Permission.read, privileged);
    if (this.watched?.pages.has(address >>> pageShift)) this.watched.access(address, width, false);
    if (address >>> 20 === 0xe00) return this.system.load(address, width, privileged);
    try {
      const value = this.bus.load(address, width);
      this.learn(address);
      return value;
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      if (this.ignoresBusFaults) {
        // unverified: that the flag and the address are there for the program that probes in this way.
        this.exceptions.noteIgnored(address);
        return 0;
      }
      throw new CoreFault(Exception.busFault, Cfsr.preciserr | Cfsr.bfarvalid, address);
    }
  }

  storeSlowly(address: Address, value: number, width: AccessWidth, privileged = this.privileged, precise = this.preciseStores): void {
    if (address & (width - 1)) {
      this.storeUnaligned(address, value, width, privileged);
      return;
    }
    this.check(address, Permission.write, privileged);
    if (this.watched?.pages.has(address >>> pageShift)) this.watched.access(address, width, true);
    if (address >>> 20 === 0xe00) {
      this.system.store(address, value >>> 0, width, privileged);
      return;
    }
    try {
      this.bus.store(address, value, width);
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      if (this.ignoresBusFaults) return;
      if (precise) throw new CoreFault(Exception.busFault, Cfsr.preciserr | Cfsr.bfarvalid, address);
      this.system.asynchronousError(address);
      this.exceptions.impreciseBusFault();
      return;
    }
    const page = this.code.get(address >>> pageShift);
    if (page) page.forget(address, width);
    else this.learn(address);
  }

  private loadUnaligned(address: Address, width: AccessWidth, privileged: boolean): number {
    this.unalignedAllowed(address, Permission.read, privileged);
    let value = 0;
    for (let index = 0; index < width; index += 1) value |= this.loadSlowly((address + index) >>> 0, 1, privileged) << (8 * index);
    return value >>> 0;
  }

  private storeUnaligned(address: Address, value: number, width: AccessWidth, privileged: boolean): void {
    this.unalignedAllowed(address, Permission.write, privileged);
    for (let index = 0; index < width; index += 1) this.check((address + index) >>> 0, Permission.write, privileged);
    for (let index = 0; index < width; index += 1) this.storeSlowly((address + index) >>> 0, (value >>> (8 * index)) & 0xff, 1, privileged);
  }

  private unalignedAllowed(address: Address, wanted: number, privileged: boolean): void {
    if (this.system.ccr & 8) throw new CoreFault(Exception.usageFault, Cfsr.unaligned);
    this.check(address, wanted, privileged);
    if (this.mpu.isDevice(address, this.negative)) throw new CoreFault(Exception.usageFault, Cfsr.unaligned);
  }

  /** Data bus faults of HardFault, NMI and FAULTMASK code are ignored with CCR.BFHFNMIGN (B3.2.8). */
  private get ignoresBusFaults(): boolean {
    return (this.system.ccr & 0x100) !== 0 && this.negative;
  }

  private check(address: Address, wanted: number, privileged: boolean): void {
    if (!(this.permissions(address, privileged) & wanted)) throw new CoreFault(Exception.memManage, Cfsr.daccviol | Cfsr.mmarvalid, address);
  }

  private permissions(address: Address, privileged: boolean): number {
    return this.mpu.permissions(address, privileged, this.negative);
  }

  /** Execution priority −1 or −2, where MPU_CTRL.HFNMIENA decides about the MPU (B3.5.4). */
  private get negative(): boolean {
    return this.faultmask !== 0 || this.ipsr === Exception.hardFault || this.ipsr === Exception.nmi;
  }

  /** Remembers a page for the fast path, if all of it may be reached plainly. */
  private learn(address: Address): void {
    const page = address >>> pageShift;
    const offset = this.bus.pageOffset[page]!;
    if (this.watched?.pages.has(page)) return;
    if (offset < 0 || this.bus.pageWatched[page] || !this.mpu.uniform((page << pageShift) >>> 0)) return;
    const permissions = this.permissions(address, this.privileged);
    if (this.reads[page] === 0 && this.writes[page] === 0) this.translation.note(page);
    const change = offset - (page << pageShift);
    if (permissions & Permission.read) this.reads[page] = change;
    if (permissions & Permission.write && this.bus.pageWritable[page] && !this.code.has(page)) this.writes[page] = change;
  }

  /** Code at these addresses changed from outside (debugger, boot copy). */
  invalidateCode(address: Address, size: number): void {
    this.attention();
    for (let page = address >>> pageShift; page <= (address + size - 1) >>> pageShift; page += 1) {
      this.code.get(page)?.dropDependents();
      this.code.delete(page);
      this.recent[page & recentMask] = undefined;
    }
  }

  /** A halfword of code; throws MemManage IACCVIOL or BusFault IBUSERR. */
  fetch(address: Address): number {
    const allowed = this.permissions(address, this.privileged) & Permission.execute;
    if (!allowed) throw new CoreFault(Exception.memManage, Cfsr.iaccviol);
    try {
      return this.bus.load(address, 2);
    } catch (error) {
      if (error instanceof BusError) throw new CoreFault(Exception.busFault, Cfsr.ibuserr);
      throw error;
    }
  }

  /** The page of an address that has been entered before in this context, without a border inside. */
  reachable(target: number): CodePage | undefined {
    const number = target >>> pageShift;
    const page = this.recent[number & recentMask];
    return page !== undefined && page.number === number && (page.checked & (1 << this.viewIndex)) !== 0 ? page : undefined;
  }

  protected newPage(number: number): CodePage {
    const page = new CodePage(number);
    this.code.set(number, page);
    // From now on a store to this page takes the slow path, which forgets the code it changes.
    for (const translation of this.translations) if (translation) translation.write[number] = 0;
    return page;
  }

  executablePage(at: Address): CodePage | undefined {
    const number = at >>> pageShift;
    const base = (number << pageShift) >>> 0;
    if (this.bus.pageOffset[number]! < 0 || this.bus.pageWatched[number] || !this.mpu.uniform(base)) return undefined;
    if (!(this.permissions(base, this.privileged) & Permission.execute)) return undefined;
    return this.code.get(number) ?? this.newPage(number);
  }
}
