import type { Address } from '../../units/index.js';
import type { BlockPorts, ResetCause } from '../ports.js';
import { UnmodelledAccess } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import type { Frequencies } from './clock-tree.js';
import type { Clock } from './clock.js';
import { RegisterBlock, command, readOnly, storage } from './register-block.js';
import type { FrameFormat } from './serial-frame.js';
import { frameSeconds, parityOf, receivedAs, ratesDiffer } from './serial-frame.js';
import { at, cr1, cr2, cr3, fifoDepth, isr, matched, prescalers, rqr, thresholds, unmodelledCr1, unmodelledCr2, unmodelledCr3, unmodelledRqr } from './usart-registers.js';

/** Bytes from outside that may wait for a receiver; what comes on top is lost, as on a line that nobody reads. */
const inboxLimit = 65_536;
/** Flags that stay until ICR clears them. */
const stickyFlags = isr.PE | isr.FE | isr.ORE | isr.IDLE | isr.RTOF | isr.CMF;

export interface UsartOptions {
  /** Which of the chip's kernel clocks feeds it. */
  readonly kernelClock: keyof Frequencies;
  readonly irq: number;
  /**
   * What the far end does while the receiver is full: `wait` holds the next byte back until firmware has read (a model
   * choice: a person or a test does not lose characters to a slow emulation), `send` goes on, so that bytes are overrun.
   */
  readonly flowControl?: 'wait' | 'send';
  /** An LPUART: BRR counts 256ths of the kernel clock, and has 20 bits. */
  readonly lowPower?: boolean;
  /** Baud rate of the far end, which sends and receives 8N1; default: whatever this end has. */
  readonly farEndBaudRate?: number;
  /** Told when a DMA request may have gone up. */
  readonly onDmaRequest?: () => void;
  /** Whether pins carry its lines now; default: they do. */
  readonly pins?: { readonly transmit: boolean; readonly receive: boolean };
  /** Whether its bus clock is on; default: it is. */
  readonly isClocked?: () => boolean;
}

/** When what is on the line will be over: cycles, from power-on or from now. */
interface LineEnds {
  readonly sent: number | undefined;
  readonly arrived: number | undefined;
  readonly idle: number | undefined;
  readonly timeout: number | undefined;
}

/**
 * USART or UART, asynchronous. Time on the line follows from BRR, PRESC, OVER8, the frame format and the kernel clock, in
 * board cycles; a far end with another rate sees, and sends, other characters. A byte from outside arrives one character time after it was sent or the one before it arrived, whichever
 * is later, and only while the receiver is enabled and a pin brings it. A character that no pin takes outside is lost at the end of its time.
 */
export class Usart extends RegisterBlock {
  readonly #transmitted: ((byte: number, cycle: number) => void)[] = [];
  #transmitQueue: number[] = [];
  /** The character on the line; its end is scheduled. */
  #shifting: number | undefined;
  #transmitEvent: number | undefined;
  #complete = true;
  #receiveQueue: number[] = [];
  #inbox: number[] = [];
  #inboxHead = 0;
  #receiveEvent: number | undefined;
  #idleEvent: number | undefined;
  #lastReceived = 0;
  #timeoutEvent: number | undefined;
  /** Flags of ISR that events raised. */
  #flags = 0;
  #unheard = 0;
  /** Of a line that stands still as the block has no clock: what is left to its ends. */
  #held: LineEnds | undefined;

  constructor(
    name: string,
    base: Address,
    private readonly ports: BlockPorts,
    private readonly clock: Clock,
    private readonly options: UsartOptions,
  ) {
    super(name, base, 0x400, {
      0x00: { name: 'CR1', lacks: unmodelledCr1, write: (value, stored) => this.#enable(value, stored) },
      0x04: { name: 'CR2', write: (value) => this.#refuse('CR2', value, unmodelledCr2) },
      0x08: { name: 'CR3', write: (value) => this.#control3(value) },
      0x0c: storage('BRR', 0, options.lowPower === true ? 0xfffff : 0xffff),
      0x10: storage('GTPR', 0, 0xffff),
      0x14: storage('RTOR'),
      0x18: { ...command('RQR', (value) => this.#request(value)), lacks: unmodelledRqr },
      0x1c: readOnly('ISR', () => this.#status()),
      0x20: command('ICR', (value) => this.#clear(value)),
      0x24: readOnly('RDR', () => this.#receive()),
      0x28: { name: 'TDR', writable: 0x1ff, write: (value) => this.#transmit(value) },
      0x2c: storage('PRESC', 0, 0xf),
    });
  }

  /** Called with every character at the end of its stop bit. */
  onTransmit(callback: (byte: number, cycle: number) => void): void {
    this.#transmitted.push(callback);
  }

  /** Bytes from the far end, in order, behind those that still wait; at most 64 KB wait. */
  receiveFromOutside(bytes: Uint8Array): void {
    const room = inboxLimit - (this.#inbox.length - this.#inboxHead);
    for (const byte of bytes.subarray(0, room)) this.#inbox.push(byte);
    this.#planReceive();
  }

  /** Characters since power-on that were sent while no pin took them outside. */
  get unheard(): number {
    return this.#unheard;
  }

  /** The pins were set up anew. */
  pinsChanged(): void {
    this.#planReceive();
  }

  /** True while bytes wait on either side of the line. */
  get busy(): boolean {
    return this.#shifting !== undefined || this.#transmitQueue.length > 0 || this.#inboxHead < this.#inbox.length;
  }

  /** Both rates, where the transmitter is on and its far end, which has a rate of its own, reads other characters than it sends. */
  get rateMismatch(): { readonly own: number; readonly farEnd: number } | undefined {
    const { farEndBaudRate } = this.options;
    if (farEndBaudRate === undefined || !this.#on(cr1.TE) || this.baudRate === 0 || !ratesDiffer(this.baudRate, farEndBaudRate)) return undefined;
    return { own: this.baudRate, farEnd: farEndBaudRate };
  }

  /** Baud rate that the registers and the kernel clock give; 0 when BRR or the clock is 0. */
  get baudRate(): number {
    const prescaler = prescalers[Math.min(this.peek(at.PRESC), 11)];
    const brr = this.peek(at.BRR);
    const kernel = this.clock.frequencies[this.options.kernelClock] / prescaler;
    if (this.options.lowPower === true) return brr < 0x300 ? 0 : (256 * kernel) / brr;
    if ((this.peek(at.CR1) & cr1.OVER8) === 0) return brr < 16 ? 0 : kernel / brr;
    const divider = (brr & 0xfff0) | ((brr & 7) << 1);
    return divider < 16 ? 0 : (2 * kernel) / divider;
  }

  override reset(cause: ResetCause): void {
    super.reset(cause);
    this.#stop();
    if (cause === 'power-on') this.#unheard = 0;
    // What the far end has sent while the receiver was off is lost on the line.
    this.#inbox = [];
    this.#inboxHead = 0;
    this.#interrupt();
  }

  clockSwitched(): void {
    const { now } = this.ports.scheduler;
    const shifted = (ends: LineEnds, by: number): LineEnds => {
      const of = (end: number | undefined): number | undefined => (end === undefined ? undefined : end + by);
      return { sent: of(ends.sent), arrived: of(ends.arrived), idle: of(ends.idle), timeout: of(ends.timeout) };
    };
    if (this.#clocked) {
      const held = this.#held;
      this.#held = undefined;
      if (held !== undefined) this.#planEnds(shifted(held, now));
      this.#shift();
      this.#planReceive();
    } else if (this.#held === undefined) {
      this.#held = shifted(this.#ends, -now);
      this.#cancelEnds();
    }
  }

  get active(): boolean {
    return this.#on(cr1.RE) || this.#shifting !== undefined;
  }

  get #clocked(): boolean {
    return this.options.isClocked?.() ?? true;
  }

  get #ends(): LineEnds {
    const end = (event: number | undefined): number | undefined => (event === undefined ? undefined : this.ports.scheduler.cycleOf(event));
    return { sent: end(this.#transmitEvent), arrived: end(this.#receiveEvent), idle: end(this.#idleEvent), timeout: end(this.#timeoutEvent) };
  }

  #cancelEnds(): void {
    for (const event of [this.#transmitEvent, this.#receiveEvent]) if (event !== undefined) this.ports.scheduler.cancel(event);
    this.#transmitEvent = this.#receiveEvent = undefined;
    this.#cancelSilence();
  }

  #planEnds({ sent, arrived, idle, timeout }: LineEnds): void {
    if (sent !== undefined) this.#transmitEvent = this.ports.scheduler.at(sent, () => this.#sent());
    if (arrived !== undefined && this.#inbox.length > 0) this.#receiveEvent = this.ports.scheduler.at(arrived, () => this.#arrived());
    this.#planSilence(idle, timeout);
  }

  protected override savedBeside(): Saved {
    const { sent, arrived, idle, timeout } = this.#held ?? this.#ends;
    return {
      held: this.#held !== undefined,
      transmitQueue: this.#transmitQueue,
      shifting: this.#shifting ?? null,
      sent: sent ?? null,
      complete: this.#complete,
      receiveQueue: this.#receiveQueue,
      inbox: this.#inbox.slice(this.#inboxHead),
      arrived: arrived ?? null,
      idle: idle ?? null,
      timeout: timeout ?? null,
      lastReceived: this.#lastReceived,
      flags: this.#flags,
      unheard: this.#unheard,
    };
  }

  protected override restoreBeside(state: SavedReader): void {
    this.#stop();
    const cycle = (name: string): number | undefined => state.optional(name, 0);
    this.#transmitQueue = state.numbers('transmitQueue', { most: fifoDepth }, 0, 0x1ff);
    this.#shifting = state.optional('shifting', 0, 0x1ff);
    this.#complete = state.flag('complete');
    this.#receiveQueue = state.numbers('receiveQueue', { most: fifoDepth }, 0, 0x1ff);
    this.#inbox = state.numbers('inbox', { most: inboxLimit }, 0, 0xff);
    this.#inboxHead = 0;
    this.#lastReceived = state.number('lastReceived', 0);
    this.#flags = state.word('flags');
    this.#unheard = state.integer('unheard');
    const ends = { sent: cycle('sent'), arrived: cycle('arrived'), idle: cycle('idle'), timeout: cycle('timeout') };
    if (state.flag('held')) this.#held = ends;
    else this.#planEnds(ends);
  }

  #enable(value: number, stored: number): number {
    this.poke(at.CR1, value);
    if ((value & cr1.UE) === 0) this.#stop();
    else if ((value & cr1.TE & ~stored) !== 0) this.#complete = true;
    if ((value & cr1.RE) === 0) this.#dropReceived();
    this.#shift();
    this.#planReceive();
    this.#interrupt();
    return value;
  }

  /** The receiver asks the DMA controller to take a character. */
  get receiveRequest(): boolean {
    return (this.peek(at.CR3) & cr3.DMAR) !== 0 && this.#receiveQueue.length > 0;
  }

  /** The transmitter asks the DMA controller for a character. */
  get transmitRequest(): boolean {
    return (this.peek(at.CR3) & cr3.DMAT) !== 0 && this.#on(cr1.TE) && this.#transmitQueue.length < this.#capacity;
  }

  #control3(value: number): number {
    this.poke(at.CR3, this.#refuse('CR3', value, unmodelledCr3));
    this.#interrupt();
    return value;
  }

  #refuse(register: string, value: number, bits: number): number {
    if ((value & bits) !== 0) throw new UnmodelledAccess(`${this.name} ${register} bits 0x${((value & bits) >>> 0).toString(16)}`, this.base);
    return value;
  }

  /** Disabled: the line falls silent, the FIFOs empty. */
  #stop(): void {
    this.#held = undefined;
    if (this.#transmitEvent !== undefined) this.ports.scheduler.cancel(this.#transmitEvent);
    this.#transmitEvent = undefined;
    this.#shifting = undefined;
    this.#transmitQueue = [];
    this.#complete = true;
    this.#dropReceived();
    this.#flags = 0;
  }

  #dropReceived(): void {
    this.#receiveQueue = [];
    if (this.#receiveEvent !== undefined) this.ports.scheduler.cancel(this.#receiveEvent);
    this.#receiveEvent = undefined;
    this.#cancelSilence();
  }

  #cancelSilence(): void {
    if (this.#idleEvent !== undefined) this.ports.scheduler.cancel(this.#idleEvent);
    this.#idleEvent = undefined;
    if (this.#timeoutEvent !== undefined) this.ports.scheduler.cancel(this.#timeoutEvent);
    this.#timeoutEvent = undefined;
  }

  #on(bit: number): boolean {
    const wanted = cr1.UE | bit;
    return (this.peek(at.CR1) & wanted) === wanted && this.#clocked;
  }

  get #capacity(): number {
    return (this.peek(at.CR1) & cr1.FIFOEN) === 0 ? 1 : fifoDepth;
  }

  #status(): number {
    const fifo = this.#capacity === fifoDepth;
    const threshold = (position: number): number => thresholds[Math.min((this.peek(at.CR3) >>> position) & 7, 5)];
    const free = this.#capacity - this.#transmitQueue.length;
    let value = this.#flags;
    if (this.#receiveQueue.length > 0) value |= isr.RXNE;
    if (this.#complete) value |= isr.TC;
    if (free > 0) value |= isr.TXE;
    if (this.#receiveEvent !== undefined) value |= isr.BUSY;
    if (this.#on(cr1.TE)) value |= isr.TEACK;
    if (this.#on(cr1.RE)) value |= isr.REACK;
    if (!fifo) return value;
    if (this.#transmitQueue.length === 0) value |= isr.TXFE;
    if (this.#receiveQueue.length === fifoDepth) value |= isr.RXFF;
    if (this.#receiveQueue.length >= threshold(25)) value |= isr.RXFT;
    if (free >= threshold(29)) value |= isr.TXFT;
    return value;
  }

  #interrupt(): void {
    const control = this.peek(at.CR1);
    const control3 = this.peek(at.CR3);
    const status = this.#status();
    const wants = (enable: number, flags: number): boolean => enable !== 0 && (status & flags) !== 0;
    const active =
      (control & cr1.UE) !== 0 &&
      (wants(control & cr1.RXNEIE, isr.RXNE | isr.ORE) ||
        wants(control & cr1.TXEIE, isr.TXE) ||
        wants(control & cr1.TCIE, isr.TC) ||
        wants(control & cr1.IDLEIE, isr.IDLE) ||
        wants(control & cr1.PEIE, isr.PE) ||
        wants(control & cr1.RTOIE, isr.RTOF) ||
        wants(control & cr1.CMIE, isr.CMF) ||
        wants(control & cr1.TXFEIE, isr.TXFE) ||
        wants(control & cr1.RXFFIE, isr.RXFF) ||
        wants(control3 & cr3.EIE, isr.ORE | isr.FE) ||
        wants(control3 & cr3.RXFTIE, isr.RXFT) ||
        wants(control3 & cr3.TXFTIE, isr.TXFT));
    this.ports.interrupts.setLevel(this.options.irq, active);
    if ((control3 & (cr3.DMAR | cr3.DMAT)) !== 0) this.options.onDmaRequest?.();
  }

  #transmit(value: number): number {
    if ((this.peek(at.CR1) & cr1.UE) === 0) return value;
    // A write to a full TDR replaces what waits there; to a full FIFO it is lost.
    if (this.#transmitQueue.length < this.#capacity) this.#transmitQueue.push(value);
    else if (this.#capacity === 1) this.#transmitQueue[0] = value;
    this.#complete = false;
    this.#shift();
    this.#interrupt();
    return value;
  }

  /** Moves the next character to the line when the line is free. */
  #shift(): void {
    if (this.#shifting !== undefined || this.#transmitQueue.length === 0 || !this.#on(cr1.TE)) return;
    const time = this.#characterCycles();
    if (time === undefined) return;
    this.#shifting = this.#transmitQueue.shift();
    this.#transmitEvent = this.ports.scheduler.at(this.ports.scheduler.now + time, () => this.#sent());
  }

  #sent(): void {
    const byte = this.#seenByFarEnd(this.#shifting ?? 0);
    this.#shifting = undefined;
    this.#transmitEvent = undefined;
    this.#shift();
    this.#complete = this.#shifting === undefined;
    this.#interrupt();
    if (this.options.pins?.transmit === false) this.#unheard += 1;
    else for (const callback of this.#transmitted) callback(byte, this.ports.scheduler.now);
  }

  #receive(): number {
    const byte = this.#receiveQueue.shift() ?? 0;
    this.#planReceive();
    this.#interrupt();
    return byte;
  }

  /** Schedules the end of the next character from outside. */
  #planReceive(): void {
    if (this.#receiveEvent !== undefined || this.#inboxHead >= this.#inbox.length || !this.#on(cr1.RE) || this.options.pins?.receive === false) return;
    if (this.options.flowControl !== 'send' && this.#receiveQueue.length >= this.#capacity) return;
    if (this.baudRate === 0) return;
    const time = this.#cycles(frameSeconds(this.#farEnd));
    const begin = Math.max(this.ports.scheduler.now, this.#lastReceived);
    this.#cancelSilence();
    this.#receiveEvent = this.ports.scheduler.at(begin + time, () => this.#arrived());
  }

  #arrived(): void {
    this.#receiveEvent = undefined;
    this.#lastReceived = this.ports.scheduler.now;
    const { value, framingError } = receivedAs(this.#sentByFarEnd(this.#inbox[this.#inboxHead]!), this.#farEnd, this.#format);
    this.#inboxHead += 1;
    const last = this.#inboxHead === this.#inbox.length;
    if (last || this.#inboxHead === inboxLimit) {
      this.#inbox = this.#inbox.slice(this.#inboxHead);
      this.#inboxHead = 0;
    }
    // The pin was taken away while the character was on the line.
    if (this.options.pins?.receive === false) return;
    if (framingError) this.#flags |= isr.FE;
    const data = this.#data(value);
    const control = this.peek(at.CR1);
    if ((control & cr1.PCE) !== 0 && value >>> (this.#wordLength - 1) !== parityOf(data, (control & cr1.PS) !== 0)) this.#flags |= isr.PE;
    if ((value & 0xff) === matched(this.peek(at.CR2))) this.#flags |= isr.CMF;
    if (this.#receiveQueue.length < this.#capacity) this.#receiveQueue.push(value);
    else if ((this.peek(at.CR3) & cr3.OVRDIS) === 0) this.#flags |= isr.ORE;
    else this.#receiveQueue[this.#receiveQueue.length - 1] = value;
    this.#planReceive();
    if (last) this.#expectSilence();
    this.#interrupt();
  }

  /** IDLE is raised when the line has been silent for one character after the last one, RTOF after RTOR bits. */
  #expectSilence(): void {
    this.#cancelSilence();
    const { now } = this.ports.scheduler;
    const bits = this.peek(at.RTOR) & 0xffffff;
    this.#planSilence(now + this.#cycles(frameSeconds(this.#format)), (this.peek(at.CR2) & cr2.RTOEN) === 0 ? undefined : now + this.#cycles(bits / this.baudRate));
  }

  /** @param idle cycle at which IDLE is raised @param timeout RTOF */
  #planSilence(idle: number | undefined, timeout: number | undefined): void {
    const raise = (flag: number): void => {
      if (this.#receiveEvent !== undefined) return;
      this.#flags |= flag;
      this.#interrupt();
    };
    if (idle !== undefined) {
      this.#idleEvent = this.ports.scheduler.at(idle, () => {
        this.#idleEvent = undefined;
        raise(isr.IDLE);
      });
    }
    if (timeout === undefined) return;
    this.#timeoutEvent = this.ports.scheduler.at(timeout, () => {
      this.#timeoutEvent = undefined;
      raise(isr.RTOF);
    });
  }

  #request(value: number): void {
    if ((value & rqr.RXFRQ) !== 0) this.#receiveQueue = [];
    if ((value & rqr.TXFRQ) !== 0) {
      this.#transmitQueue = [];
      this.#complete = this.#shifting === undefined;
    }
    this.#planReceive();
    this.#interrupt();
  }

  #clear(value: number): void {
    this.#flags &= ~(value & stickyFlags);
    if ((value & isr.TC) !== 0) this.#complete = false;
    this.#interrupt();
  }

  #characterCycles(): number | undefined {
    return this.baudRate === 0 ? undefined : this.#cycles(frameSeconds(this.#format));
  }

  #cycles(seconds: number): number {
    return Math.max(1, Math.round(seconds * this.clock.frequencies.cpu));
  }

  get #format(): FrameFormat {
    return { baudRate: this.baudRate, bits: this.#wordLength, stopBits: [1, 0.5, 2, 1.5][(this.peek(at.CR2) >>> 12) & 3]! };
  }

  /** The far end: 8N1 at a rate of its own, or just like this end. */
  get #farEnd(): FrameFormat {
    const { farEndBaudRate } = this.options;
    return farEndBaudRate === undefined ? this.#format : { baudRate: farEndBaudRate, bits: 8, stopBits: 1 };
  }

  /** A character of TDR as the far end receives it; its data bits. */
  #seenByFarEnd(value: number): number {
    const seen = receivedAs(this.#withParity(value), this.#format, this.#farEnd).value;
    return (this.options.farEndBaudRate === undefined ? this.#data(seen) : seen) & 0xff;
  }

  #sentByFarEnd(byte: number): number {
    return this.options.farEndBaudRate === undefined ? this.#withParity(byte) : byte;
  }

  #withParity(value: number): number {
    const data = this.#data(value);
    const control = this.peek(at.CR1);
    return (control & cr1.PCE) === 0 ? data : data | (parityOf(data, (control & cr1.PS) !== 0) << (this.#wordLength - 1));
  }

  /** Bits between start and stop, parity included. */
  get #wordLength(): number {
    const control = this.peek(at.CR1);
    if ((control & cr1.M1) !== 0) return 7;
    return (control & cr1.M0) !== 0 ? 9 : 8;
  }

  #data(value: number): number {
    const bits = (this.peek(at.CR1) & cr1.PCE) !== 0 ? this.#wordLength - 1 : this.#wordLength;
    return value & ((1 << bits) - 1);
  }
}
