import type { Address } from '../../units/index.js';
import type { DebugStop, Debugger } from './debugger.js';
import { fromHex, largestPacket, packet, PacketReader, toHex } from './packets.js';
import { debugRegisters, targetDescription } from './registers.js';

/** Signals as GDB numbers them. */
const Signal = { interrupt: 2, trap: 5, abort: 6 } as const;
const ok = 'OK';
const wrong = 'E22';
const noMemory = 'E0e';
const unsupported = '';
const help = 'monitor reset: the board from its reset, halted at the first instruction of the program\n';
/** Bytes of memory in one answer: two digits each, in one packet. */
const mostMemory = largestPacket / 2 - 16;
const watchKinds = { 2: 'watch', 3: 'rwatch', 4: 'awatch' } as const;

/**
 * One debugger's connection (GDB manual, appendix E): bytes in, bytes out by `send`. Halts the core when it begins; `close` lets it go.
 */
export class GdbSession {
  readonly #reader = new PacketReader();
  #acknowledges = true;
  #last: Uint8Array = new Uint8Array();
  /** The stop for which GDB waits; undefined while the core is halted. */
  #waiting = false;
  #reason = `S${hexByte(Signal.trap)}`;
  #closed = false;

  constructor(
    private readonly target: Debugger,
    private readonly send: (bytes: Uint8Array) => void,
    /** `kill`, and `detach` after its answer has gone: the connection ends. */
    private readonly onEnd: (how: 'detach' | 'kill') => void,
  ) {
    target.onStop = (stop) => this.#stopped(stop);
    target.attached = true;
    target.hold();
  }

  receive(bytes: Uint8Array): void {
    for (const received of this.#reader.take(bytes)) {
      if (this.#closed) return;
      switch (received.kind) {
        case 'interrupt':
          this.target.halt();
          break;
        case 'damaged':
          this.send(Buffer.from('-'));
          break;
        case 'resend':
          if (this.#last.length > 0) this.send(this.#last);
          break;
        case 'packet':
          if (this.#acknowledges) this.send(Buffer.from('+'));
          this.#command(received.body);
      }
    }
  }

  /** The connection is gone: breakpoints are taken away and the core goes on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.target.onStop = () => undefined;
    this.target.attached = false;
    this.target.detach();
  }

  #reply(body: string): void {
    this.#last = packet(body);
    this.send(this.#last);
  }

  #stopped(stop: DebugStop): void {
    if (stop.kind === 'exit') this.#reason = `W${hexByte(stop.code & 0xff)}`;
    else if (stop.kind === 'watchpoint') this.#reason = `T${hexByte(Signal.trap)}${stop.watch}:${stop.address.toString(16)};`;
    else if (stop.kind === 'ended') {
      this.#reason = `S${hexByte(Signal.abort)}`;
      if (this.#waiting) this.#console(`${stop.why}\n`);
    } else this.#reason = `S${hexByte(stop.kind === 'interrupt' ? Signal.interrupt : Signal.trap)}`;
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#reply(this.#reason);
  }

  /** Text on GDB's console, allowed while the core runs. */
  #console(text: string): void {
    this.send(packet(`O${toHex(Buffer.from(text, 'latin1'))}`));
  }

  #command(body: string): void {
    const answer = this.#answer(body);
    if (answer !== undefined) this.#reply(answer);
  }

  /** undefined: the answer comes when the core stops, or has been given. */
  #answer(body: string): string | undefined {
    const rest = body.slice(1);
    switch (body[0]) {
      case '?': return this.#reason;
      case '!': return ok;
      case 'g': return debugRegisters.map((_, number) => this.#register(number)).join('');
      case 'G': return this.#writeAll(rest);
      case 'p': return this.#register(hexNumber(rest) ?? -1);
      case 'P': return this.#writeOne(rest);
      case 'm': return this.#read(rest);
      case 'M': return this.#write(rest, (data) => fromHex(data));
      case 'X': return this.#write(rest, (data) => Uint8Array.from(Buffer.from(data, 'latin1')));
      case 'c': case 's': return this.#resumeAt(body[0] === 's', rest);
      case 'C': case 'S': return this.#resumeAt(body[0] === 'S', rest.split(';')[1] ?? '');
      case 'Z': case 'z': return this.#point(body);
      case 'H': case 'T': return ok;
      case 'D':
        this.#reply(ok);
        this.close();
        this.onEnd('detach');
        return undefined;
      case 'k':
        this.close();
        this.onEnd('kill');
        return undefined;
      case 'R': // Restart has no answer.
        this.#reset();
        return undefined;
      case 'q': case 'Q': return this.#query(body);
      case 'v': return this.#verbose(body);
      default: return unsupported;
    }
  }

  #query(body: string): string | undefined {
    if (body.startsWith('qSupported')) return `PacketSize=${largestPacket.toString(16)};qXfer:features:read+;QStartNoAckMode+;vContSupported+`;
    if (body === 'QStartNoAckMode') {
      // The acknowledgement of this packet has gone; its answer is the first that gets none.
      this.#acknowledges = false;
      return ok;
    }
    if (body.startsWith('qXfer:features:read:')) return this.#description(body.slice('qXfer:features:read:'.length));
    if (body.startsWith('qRcmd,')) return this.#monitor(body.slice('qRcmd,'.length));
    if (body === 'qC') return 'QC1';
    if (body === 'qfThreadInfo') return 'm1';
    if (body === 'qsThreadInfo') return 'l';
    if (body.startsWith('qAttached')) return '1';
    if (body.startsWith('qSymbol')) return ok;
    return unsupported;
  }

  #verbose(body: string): string | undefined {
    if (body === 'vCont?') return 'vCont;c;C;s;S';
    if (body.startsWith('vCont;')) {
      // One core, one thread: its first action is the one that counts.
      const action = body[6];
      if (action === 'c' || action === 'C') return this.#resume(false);
      if (action === 's' || action === 'S') return this.#resume(true);
      return wrong;
    }
    if (body.startsWith('vKill')) {
      this.#reply(ok);
      this.close();
      this.onEnd('kill');
      return undefined;
    }
    if (body.startsWith('vRun')) {
      this.#reset();
      return this.#reason;
    }
    return unsupported;
  }

  #monitor(hexText: string): string {
    const text = Buffer.from(fromHex(hexText) ?? []).toString('latin1').trim();
    const output = (line: string): string => toHex(Buffer.from(line, 'latin1'));
    if (/^reset( (halt|init))?$/.test(text)) {
      this.#reset();
      return ok;
    }
    if (text === 'halt') return ok;
    if (text === 'help' || text === '') return output(help);
    return output(`there is no command ${text.slice(0, 40)}; ${help}`);
  }

  #reset(): void {
    this.target.reset();
    this.#reason = `S${hexByte(Signal.trap)}`;
  }

  #description(request: string): string {
    const match = /^target\.xml:([0-9a-f]+),([0-9a-f]+)$/i.exec(request);
    if (match === null) return 'E00';
    const offset = parseInt(match[1]!, 16);
    const part = targetDescription.slice(offset, offset + Math.min(parseInt(match[2]!, 16), largestPacket / 2));
    return `${offset + part.length < targetDescription.length ? 'm' : 'l'}${part}`;
  }

  #register(number: number): string {
    const register = debugRegisters[number];
    if (register === undefined) return 'E01';
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, register.read(this.target.machine.core), true);
    return toHex(bytes.subarray(0, register.bytes));
  }

  #setRegister(number: number, bytes: Uint8Array): boolean {
    const register = debugRegisters[number];
    if (register === undefined || bytes.length !== register.bytes) return false;
    const whole = new Uint8Array(8);
    whole.set(bytes);
    register.write(this.target.machine.core, new DataView(whole.buffer).getBigUint64(0, true));
    return true;
  }

  #writeOne(rest: string): string {
    const [number, value] = rest.split('=');
    const bytes = fromHex(value ?? '');
    return bytes !== undefined && this.#setRegister(hexNumber(number ?? '') ?? -1, bytes) ? ok : wrong;
  }

  #writeAll(rest: string): string {
    const bytes = fromHex(rest);
    if (bytes === undefined || bytes.length !== debugRegisters.reduce((sum, register) => sum + register.bytes, 0)) return wrong;
    let at = 0;
    debugRegisters.forEach((register, number) => {
      this.#setRegister(number, bytes.subarray(at, at + register.bytes));
      at += register.bytes;
    });
    return ok;
  }

  #read(rest: string): string {
    const range = rangeOf(rest);
    if (range === undefined) return wrong;
    try {
      return toHex(this.target.readMemory(range.address, Math.min(range.size, mostMemory)));
    } catch {
      return noMemory;
    }
  }

  #write(rest: string, decode: (data: string) => Uint8Array | undefined): string {
    const colon = rest.indexOf(':');
    const range = colon < 0 ? undefined : rangeOf(rest.slice(0, colon));
    const bytes = decode(rest.slice(colon + 1));
    if (range === undefined || bytes?.length !== range.size) return wrong;
    if (range.size === 0) return ok;
    try {
      this.target.writeMemory(range.address, bytes);
      return ok;
    } catch {
      return noMemory;
    }
  }

  #resumeAt(step: boolean, address: string): string | undefined {
    if (address !== '') {
      const at = hexNumber(address);
      if (at === undefined) return wrong;
      this.target.machine.core.pc = (at & ~1) >>> 0;
    }
    return this.#resume(step);
  }

  #resume(step: boolean): undefined {
    this.#waiting = true;
    this.target.resume(step);
  }

  #point(body: string): string {
    const [type, addressText, sizeText] = body.slice(1).split(';')[0]!.split(',');
    const address = hexNumber(addressText ?? '');
    const size = hexNumber(sizeText ?? '');
    if (address === undefined || size === undefined) return wrong;
    const set = body[0] === 'Z';
    if (type === '0' || type === '1') {
      if (set) return this.target.setBreakpoint(address) ? ok : 'E1c';
      this.target.clearBreakpoint(address);
      return ok;
    }
    const watch = watchKinds[Number(type) as keyof typeof watchKinds] as (typeof watchKinds)[2 | 3 | 4] | undefined;
    if (watch === undefined) return unsupported;
    if (set) return this.target.setWatchpoint(watch, address, size) ? ok : 'E1c';
    this.target.clearWatchpoint(watch, address, size);
    return ok;
  }
}

const hexByte = (value: number): string => value.toString(16).padStart(2, '0');

/** A number of at most 32 bits. */
function hexNumber(text: string): number | undefined {
  return /^[0-9a-fA-F]{1,8}$/.test(text) ? parseInt(text, 16) : undefined;
}

/** `address,size`, inside the address space. */
function rangeOf(text: string): { readonly address: Address; readonly size: number } | undefined {
  const [addressText, sizeText, more] = text.split(',');
  const address = hexNumber(addressText ?? '');
  const size = hexNumber(sizeText ?? '');
  return more !== undefined || address === undefined || size === undefined || address + size > 0x1_0000_0000 ? undefined : { address, size };
}
