import type { Address } from '../../units/index.js';
import type { AccessWidth, BlockPorts, ResetCause } from '../ports.js';
import { BusError, UnmodelledAccess } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import { savedPairs } from '../saved-state.js';
import type { DmaBus, TransferWidths } from './dma-transfer.js';
import { transferBeat } from './dma-transfer.js';
import type { InterruptName } from './interrupts.js';
import { interruptNumbers } from './interrupts.js';
import { peripheral } from './peripherals.js';
import type { Register } from './register-block.js';
import { RegisterBlock, command, lacking, readOnly, storage } from './register-block.js';

// Offsets and bits: ST device header stm32h7s7xx.h, DMA_TypeDef and DMA_Channel_TypeDef.
const channelCount = 16;
const first2d = 12;
const at = { CLBAR: 0x50, CFCR: 0x5c, CSR: 0x60, CCR: 0x64, CTR1: 0x90, CTR2: 0x94, CBR1: 0x98, CSAR: 0x9c, CDAR: 0xa0, CTR3: 0xa4, CBR2: 0xa8, CLLR: 0xcc } as const;
const ccr = { EN: 1, RESET: 2, SUSP: 4, LSM: 1 << 16 } as const;
const csr = { IDLEF: 1, TCF: 1 << 8, HTF: 1 << 9, DTEF: 1 << 10, SUSPF: 1 << 13 } as const;
const flags = 0x7f00;
const ctr1 = { SINC: 1 << 3, DINC: 1 << 19 } as const;
/** Bytes 1 and 2 of a source word, bytes of a destination halfword, halfwords of a destination word, words of a destination double word change places. */
const exchange = { SBX: 1 << 13, DBX: 1 << 26, DHX: 1 << 27, DWX: 1 << 28 } as const;
const doubleWord = 3;
const ctr2 = { BREQ: 1 << 11, PFREQ: 1 << 12, SWREQ: 1 << 9, TRIGPOL: 3 << 24 } as const;
const link = { UT1: 2 ** 31, UT2: 1 << 30, UB1: 1 << 29, USA: 1 << 28, UDA: 1 << 27, UT3: 1 << 26, UB2: 1 << 25, ULL: 1 << 16 } as const;
/** The registers that a node of a linked list holds, in its order; the last two pairs only on channels with 2D addressing. */
const nodeRegisters = [
  [link.UT1, at.CTR1], [link.UT2, at.CTR2], [link.UB1, at.CBR1], [link.USA, at.CSAR], [link.UDA, at.CDAR], [link.UT3, at.CTR3], [link.UB2, at.CBR2], [link.ULL, at.CLLR],
] as const;
/** `unverified:` core cycles for one beat of a memory-to-memory transfer. */
const cyclesPerBeat = 2;

/** A request line of a peripheral: whether it asks for a transfer now. */
export type DmaRequest = () => boolean;

/**
 * A DMA controller with 16 channels: requests of peripherals, memory to memory, linked lists, repeated blocks. A peripheral's
 * transfer takes no time; memory to memory takes a few cycles a beat. Triggers, link step mode and burst offsets stop the run.
 */
export class Dma extends RegisterBlock {
  /** Bytes of the block that each channel began with: half of it raises HTF, a repeated block starts with it again. */
  readonly #blockBytes = new Array<number>(channelCount).fill(0);
  readonly #events = new Map<number, number>();
  /** Cycles that are left to the ends of blocks while the controller has no clock. */
  readonly #held = new Map<number, number>();
  #serving = false;

  constructor(
    name: 'GPDMA1' | 'HPDMA1',
    private readonly ports: BlockPorts,
    private readonly bus: DmaBus,
    /** Request lines by their number in CTR2.REQSEL. */
    private readonly requests: ReadonlyMap<number, DmaRequest>,
    private readonly isClocked: () => boolean = () => true,
  ) {
    const { base, size } = peripheral(name);
    const map: Record<number, Register> = {
      0x04: lacking('PRIVCFGR', 0xffff),
      0x08: storage('RCFGLOCKR', 0, 0xffff),
      0x0c: readOnly('MISR', () => this.#maskedInterrupts()),
    };
    for (let channel = 0; channel < channelCount; channel += 1) {
      const offset = 0x80 * channel;
      const plain = (register: keyof typeof at, writable = 0xffffffff): void => {
        map[offset + at[register]] = storage(`C${channel}${register.slice(1)}`, 0, writable);
      };
      plain('CLBAR', 0xffff0000);
      for (const register of ['CTR1', 'CTR2', 'CSAR', 'CDAR', 'CLLR'] as const) plain(register);
      // Repeated blocks and offsets: IS_DMA_2D_ADDRESSING_INSTANCE. On the other channels CTR3 and CBR2 are not there.
      plain('CBR1', channel < first2d ? 0xffff : 0xffffffff);
      if (channel >= first2d) for (const register of ['CTR3', 'CBR2'] as const) plain(register);
      map[offset + at.CFCR] = command(`C${channel}FCR`, (value) => this.#clear(channel, value));
      map[offset + at.CSR] = { name: `C${channel}SR`, reset: csr.IDLEF, writable: 0 };
      map[offset + at.CCR] = { name: `C${channel}CR`, write: (value, stored) => this.#control(channel, value, stored) };
    }
    super(name, base, size, map);
  }

  override reset(cause: ResetCause): void {
    super.reset(cause);
    for (let channel = 0; channel < channelCount; channel += 1) {
      this.#forgetEvent(channel);
      this.#interrupt(channel);
    }
  }

  protected override savedBeside(): Saved {
    const ends = new Map<number, number>();
    for (const [channel, event] of this.#events) ends.set(channel, this.ports.scheduler.cycleOf(event) ?? this.ports.scheduler.now);
    return { blockBytes: this.#blockBytes, ends: savedPairs(ends), held: savedPairs(this.#held) };
  }

  protected override restoreBeside(state: SavedReader): void {
    state.numbers('blockBytes', { exactly: channelCount }, 0, 0xffff).forEach((bytes, channel) => (this.#blockBytes[channel] = bytes));
    for (let channel = 0; channel < channelCount; channel += 1) this.#forgetEvent(channel);
    for (const [channel, end] of state.pairs('ends', channelCount, 0, Number.MAX_SAFE_INTEGER)) if (channel < channelCount) this.#transferUntil(channel, end);
    for (const [channel, left] of state.pairs('held', channelCount, 0, Number.MAX_SAFE_INTEGER)) if (channel < channelCount) this.#held.set(channel, left);
  }

  clockSwitched(): void {
    const { scheduler } = this.ports;
    if (this.isClocked()) {
      for (const [channel, left] of [...this.#held]) this.#transferUntil(channel, scheduler.now + left);
      this.#held.clear();
      this.requested();
      return;
    }
    for (const [channel, event] of [...this.#events]) {
      const end = scheduler.cycleOf(event) ?? scheduler.now;
      this.#forgetEvent(channel);
      this.#held.set(channel, end - scheduler.now);
    }
  }

  get active(): boolean {
    return Array.from({ length: channelCount }, (_, channel) => this.#get(channel, at.CCR)).some((control) => (control & ccr.EN) !== 0);
  }

  /** A request line may have gone up: channels that wait for it transfer as long as it asks. */
  requested(): void {
    // A transfer that changes a peripheral comes back here; the loop below sees it.
    if (this.#serving || !this.isClocked()) return;
    this.#serving = true;
    try {
      for (let again = true; again; ) {
        again = false;
        for (let channel = 0; channel < channelCount; channel += 1) again = this.#serve(channel) || again;
      }
    } finally {
      this.#serving = false;
    }
  }

  #serve(channel: number): boolean {
    let served = false;
    while (this.#isWaiting(channel)) {
      const request = this.requests.get(this.#get(channel, at.CTR2) & 0x7f);
      if (request === undefined) {
        const number = this.#get(channel, at.CTR2) & 0x7f;
        throw new UnmodelledAccess(`${this.name} request ${number}`, this.base + 0x80 * channel + at.CTR2);
      }
      if (!request()) return served;
      this.#beats(channel, 1);
      served = true;
    }
    return served;
  }

  /** Enabled, and driven by a peripheral's request. */
  #isWaiting(channel: number): boolean {
    return (this.#get(channel, at.CCR) & (ccr.EN | ccr.SUSP)) === ccr.EN && (this.#get(channel, at.CTR2) & ctr2.SWREQ) === 0;
  }

  #get(channel: number, register: number): number {
    return this.peek(0x80 * channel + register);
  }

  #set(channel: number, register: number, value: number): void {
    this.poke(0x80 * channel + register, value >>> 0);
  }

  #control(channel: number, value: number, stored: number): number {
    if ((value & ccr.LSM) !== 0) throw new UnmodelledAccess(`${this.name} link step mode (C${channel}CR)`, this.base + 0x80 * channel + at.CCR);
    if ((value & ccr.RESET) !== 0) {
      this.#forgetEvent(channel);
      this.#set(channel, at.CSR, csr.IDLEF);
      this.#set(channel, at.CCR, value & ~(ccr.EN | ccr.RESET | ccr.SUSP));
      this.#interrupt(channel);
      return this.#get(channel, at.CCR);
    }
    const wasEnabled = (stored & ccr.EN) !== 0;
    // EN is only cleared by the hardware, or with RESET.
    this.#set(channel, at.CCR, value | (stored & ccr.EN));
    if ((value & ccr.SUSP) !== 0 && (value & ccr.EN) !== 0) {
      this.#forgetEvent(channel);
      this.#raise(channel, csr.SUSPF);
    } else if ((value & ccr.EN) !== 0) {
      if (!wasEnabled) this.#start(channel);
      else if ((stored & ccr.SUSP) !== 0) this.#goOn(channel);
    }
    this.#interrupt(channel);
    return this.#get(channel, at.CCR);
  }

  #start(channel: number): void {
    this.#set(channel, at.CSR, this.#get(channel, at.CSR) & ~csr.IDLEF);
    if (this.#remaining(channel) === 0 && !this.#loadNode(channel)) return this.#stop(channel);
    this.#beginBlock(channel);
    this.#goOn(channel);
  }

  #beginBlock(channel: number): void {
    const refuse = (what: string, register: number): never => {
      throw new UnmodelledAccess(`${this.name} ${what} (channel ${channel})`, this.base + 0x80 * channel + register);
    };
    if ((this.#get(channel, at.CTR2) & ctr2.TRIGPOL) !== 0) refuse('trigger', at.CTR2);
    if ((this.#get(channel, at.CTR2) & ctr2.PFREQ) !== 0) refuse('peripheral flow control', at.CTR2);
    if ((this.#get(channel, at.CTR2) & (ctr2.BREQ | ctr2.SWREQ)) === ctr2.BREQ) refuse('block request', at.CTR2);
    const transfer = this.#get(channel, at.CTR1);
    if ((transfer & exchange.DWX) !== 0) refuse('exchange of words', at.CTR1);
    // Equal double words are moved as pairs of words, which is the same.
    if (((transfer & 3) === doubleWord) !== (((transfer >>> 16) & 3) === doubleWord)) refuse('double words on one side', at.CTR1);
    if (this.#get(channel, at.CTR3) !== 0) refuse('burst offset', at.CTR3);
    this.#blockBytes[channel] = this.#remaining(channel);
  }

  #goOn(channel: number): void {
    if ((this.#get(channel, at.CTR2) & ctr2.SWREQ) === 0) return this.requested();
    const beats = this.#beatsLeft(channel);
    this.#transferUntil(channel, this.ports.scheduler.now + Math.max(1, beats * cyclesPerBeat));
  }

  #beatsLeft(channel: number): number {
    return Math.ceil(this.#remaining(channel) / this.#widths(channel).source);
  }

  /** The block that is under way is done at `end`. */
  #transferUntil(channel: number, end: number): void {
    const beats = this.#beatsLeft(channel);
    this.#events.set(channel, this.ports.scheduler.at(end, () => {
      this.#events.delete(channel);
      this.#beats(channel, beats);
    }));
  }

  #remaining(channel: number): number {
    return this.#get(channel, at.CBR1) & 0xffff;
  }

  #widths(channel: number): TransferWidths {
    const transfer = this.#get(channel, at.CTR1);
    const width = (field: number): AccessWidth => ([1, 2, 4, 4] as const)[field & 3]!;
    return {
      source: width(transfer),
      destination: width(transfer >>> 16),
      alignment: ((transfer >>> 11) & 3) as TransferWidths['alignment'],
      exchange: { source: (transfer & exchange.SBX) !== 0, bytes: (transfer & exchange.DBX) !== 0, halfwords: (transfer & exchange.DHX) !== 0 },
    };
  }

  /** Transfers so many source beats of the present block, and ends the block where it is done. */
  #beats(channel: number, count: number): void {
    const widths = this.#widths(channel);
    const transfer = this.#get(channel, at.CTR1);
    for (let beat = 0; beat < count && this.#remaining(channel) > 0; ) {
      try {
        const moved = transferBeat(this.bus, this.#get(channel, at.CSAR), this.#get(channel, at.CDAR), widths, {
          source: (transfer & ctr1.SINC) !== 0,
          destination: (transfer & ctr1.DINC) !== 0,
        });
        this.#set(channel, at.CSAR, moved.source);
        this.#set(channel, at.CDAR, moved.destination);
        beat += moved.bytes / widths.source;
        const before = this.#remaining(channel);
        const left = Math.max(0, before - moved.bytes);
        this.#set(channel, at.CBR1, (this.#get(channel, at.CBR1) & ~0xffff) | left);
        const half = this.#blockBytes[channel]! / 2;
        if (before > half && left <= half) this.#raise(channel, csr.HTF);
      } catch (error) {
        if (!(error instanceof BusError)) throw error;
        this.#raise(channel, csr.DTEF);
        return this.#stop(channel);
      }
    }
    if (this.#remaining(channel) === 0) this.#endBlock(channel);
  }

  #endBlock(channel: number): void {
    const block = this.#get(channel, at.CBR1);
    const event = (this.#get(channel, at.CTR2) >>> 30) & 3; // TCEM: each block, each repeated block, each node, the last node
    const repetitions = (block >>> 16) & 0x7ff;
    if (repetitions > 0) {
      if (event === 0) this.#raise(channel, csr.TCF);
      const offsets = this.#get(channel, at.CBR2);
      this.#set(channel, at.CSAR, this.#get(channel, at.CSAR) + ((block & (1 << 30)) !== 0 ? -1 : 1) * (offsets & 0xffff));
      this.#set(channel, at.CDAR, this.#get(channel, at.CDAR) + ((block & 2 ** 31) !== 0 ? -1 : 1) * (offsets >>> 16));
      this.#set(channel, at.CBR1, (block & ~0x07ffffff) | ((repetitions - 1) << 16) | this.#blockBytes[channel]!);
      return this.#goOn(channel);
    }
    const more = this.#get(channel, at.CLLR) !== 0;
    if (event !== 3 || !more) this.#raise(channel, csr.TCF);
    if (!more || !this.#loadNode(channel)) return this.#stop(channel);
    this.#beginBlock(channel);
    this.#goOn(channel);
  }

  /** Takes the next node of the linked list; false where there is none, or it holds no data. */
  #loadNode(channel: number): boolean {
    const next = this.#get(channel, at.CLLR);
    if (next === 0) return false;
    let address: Address = ((this.#get(channel, at.CLBAR) & 0xffff0000) | (next & 0xfffc)) >>> 0;
    try {
      // ULL clear: there is no further node.
      if ((next & link.ULL) === 0) this.#set(channel, at.CLLR, 0);
      for (const [bit, register] of nodeRegisters) {
        if ((next & bit) === 0) continue;
        this.#set(channel, register, this.bus.load(address, 4));
        address += 4;
      }
    } catch (error) {
      if (!(error instanceof BusError)) throw error;
      this.#raise(channel, 1 << 11); // ULEF
      return false;
    }
    return this.#remaining(channel) > 0;
  }

  #stop(channel: number): void {
    this.#forgetEvent(channel);
    this.#set(channel, at.CCR, this.#get(channel, at.CCR) & ~ccr.EN);
    this.#raise(channel, csr.IDLEF);
  }

  #forgetEvent(channel: number): void {
    const event = this.#events.get(channel);
    if (event !== undefined) this.ports.scheduler.cancel(event);
    this.#events.delete(channel);
    this.#held.delete(channel);
  }

  #raise(channel: number, flag: number): void {
    this.#set(channel, at.CSR, this.#get(channel, at.CSR) | flag);
    this.#interrupt(channel);
  }

  #clear(channel: number, value: number): void {
    this.#set(channel, at.CSR, this.#get(channel, at.CSR) & ~(value & flags));
    this.#interrupt(channel);
  }

  /** Enables of CCR stand where the flags stand in CSR. */
  #active(channel: number): boolean {
    return (this.#get(channel, at.CSR) & this.#get(channel, at.CCR) & flags) !== 0;
  }

  #maskedInterrupts(): number {
    let value = 0;
    for (let channel = 0; channel < channelCount; channel += 1) if (this.#active(channel)) value |= 1 << channel;
    return value;
  }

  #interrupt(channel: number): void {
    this.ports.interrupts.setLevel(interruptNumbers[`${this.name}_Channel${channel}` as InterruptName], this.#active(channel));
  }
}
