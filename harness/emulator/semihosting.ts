/**
 * Arm semihosting over BKPT 0xAB (Arm "Semihosting for AArch32 and AArch64", section 6): output, clock, exit, and what the
 * C library's start-up asks for. The only files are the terminal and the list of features.
 */
import type { Context } from './cpu/context.js';
import { UnmodelledAccess } from './ports.js';

const Operation = {
  open: 0x01, close: 0x02, writeC: 0x03, write0: 0x04, write: 0x05, read: 0x06, readC: 0x07, isError: 0x08, isTty: 0x09, seek: 0x0a, fileLength: 0x0c, clock: 0x10,
  time: 0x11, errno: 0x13, commandLine: 0x15, heapInfo: 0x16, exit: 0x18, exitExtended: 0x20, elapsed: 0x30, tickFrequency: 0x31,
} as const;
const breakpointImmediate = 0xab;
const applicationExit = 0x20026;
const terminalHandle = 1;
const featuresHandle = 2;
/** ":semihosting-features": magic, then SYS_EXIT_EXTENDED and separate standard error. */
const features = Uint8Array.of(0x53, 0x48, 0x46, 0x42, 0x03);
/** One call writes at most this much: a corrupt length must not fill the host's memory. */
const maxWrite = 1 << 20;
const longestName = 64;

export interface SemihostingOptions {
  readonly write: (bytes: Uint8Array) => void;
  /** Core cycles per second: SYS_CLOCK, SYS_TIME and SYS_ELAPSED give board time. */
  readonly frequencyHz: number;
}

/** For `CoreOptions.onBreakpoint`: serves BKPT 0xAB, leaves every other breakpoint to the core. Throws UnmodelledAccess for an operation that is not here. */
export function semihosting(options: SemihostingOptions): (core: Context, immediate: number) => boolean {
  const host = new Host(options);
  return (core, immediate) => {
    if (immediate !== breakpointImmediate) return false;
    core.r[0] = host.serve(core, core.r[0]!, core.r[1]! >>> 0);
    return true;
  };
}

class Host {
  /** How far the features have been read. */
  #position = 0;

  constructor(private readonly options: SemihostingOptions) {}

  /** Does one operation; what it returns in R0. */
  serve(core: Context, operation: number, argument: number): number {
    const { options } = this;
    const word = (index: number): number => core.load32(argument + 4 * index) >>> 0;
    switch (operation) {
      case Operation.open:
        return this.#open(nameAt(core, word(0), word(2)));
      case Operation.close: case Operation.errno:
        return 0;
      case Operation.isError:
        return word(0) >>> 31;
      case Operation.isTty:
        return word(0) === terminalHandle ? 1 : 0;
      case Operation.fileLength:
        return word(0) === featuresHandle ? features.length : 0;
      case Operation.seek:
        if (word(0) !== featuresHandle || word(1) > features.length) return -1;
        this.#position = word(1);
        return 0;
      case Operation.read:
        return this.#read(core, word(0), word(1), word(2));
      case Operation.readC:
        return -1;
      case Operation.writeC:
        options.write(Uint8Array.of(core.load8(argument)));
        return 0;
      case Operation.write0:
        options.write(text(core, argument));
        return 0;
      case Operation.write: {
        const length = Math.min(word(2), maxWrite);
        const from = word(1);
        options.write(Uint8Array.from({ length }, (_, index) => core.load8(from + index)));
        return word(2) - length;
      }
      case Operation.clock:
        return Math.floor((core.cycles * 100) / options.frequencyHz) | 0;
      case Operation.time:
        return Math.floor(core.cycles / options.frequencyHz) | 0;
      case Operation.elapsed:
        core.store32(argument, core.cycles | 0);
        core.store32(argument + 4, Math.floor(core.cycles / 2 ** 32));
        return 0;
      case Operation.tickFrequency:
        return options.frequencyHz;
      case Operation.commandLine:
        if (word(1) === 0) return -1;
        core.store8(word(0), 0);
        core.store32(argument + 4, 0);
        return 0;
      case Operation.heapInfo:
        // All zero: the program's own linker script decides where heap and stack are.
        for (let index = 0; index < 4; index += 1) core.store32(word(0) + 4 * index, 0);
        return 0;
      case Operation.exit:
        return leave(core, argument === applicationExit ? 0 : 1);
      case Operation.exitExtended:
        return leave(core, word(0) === applicationExit ? word(1) | 0 : 1);
      default:
        throw new UnmodelledAccess(`semihosting operation 0x${(operation >>> 0).toString(16)}`, core.at);
    }
  }

  /** A guest has no business with the host's files. */
  #open(name: string): number {
    if (name === ':tt') return terminalHandle;
    if (name !== ':semihosting-features') return -1;
    this.#position = 0;
    return featuresHandle;
  }

  /** Returns how many bytes were not read. The terminal has nothing to say. */
  #read(core: Context, handle: number, to: number, length: number): number {
    if (handle !== featuresHandle) return length;
    const bytes = features.subarray(this.#position, this.#position + length);
    bytes.forEach((byte, index) => { core.store8(to + index, byte); });
    this.#position += bytes.length;
    return length - bytes.length;
  }
}

function text(core: Context, address: number): Uint8Array {
  const bytes: number[] = [];
  for (let at = address; bytes.length < maxWrite; at += 1) {
    const byte = core.load8(at);
    if (byte === 0) break;
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

function nameAt(core: Context, address: number, length: number): string {
  if (length > longestName) return '';
  return String.fromCharCode(...Array.from({ length }, (_, index) => core.load8(address + index)));
}

function leave(core: Context, code: number): number {
  core.exitCode = code;
  core.attention();
  return 0;
}
