/** Arm semihosting over BKPT 0xAB (Arm "Semihosting for AArch32 and AArch64", section 6): output, clock, exit. */
import type { Context } from './cpu/context.js';
import { UnmodelledAccess } from './ports.js';

const Operation = {
  open: 0x01, close: 0x02, writeC: 0x03, write0: 0x04, write: 0x05, isTty: 0x09, clock: 0x10, exit: 0x18, exitExtended: 0x20, elapsed: 0x30, tickFrequency: 0x31,
} as const;
const breakpointImmediate = 0xab;
const applicationExit = 0x20026;
const terminalHandle = 1;
/** One call writes at most this much: a corrupt length must not fill the host's memory. */
const maxWrite = 1 << 20;

export interface SemihostingOptions {
  readonly write: (bytes: Uint8Array) => void;
  /** Core cycles per second: SYS_CLOCK and SYS_ELAPSED give board time. */
  readonly frequencyHz: number;
}

/** For `CoreOptions.onBreakpoint`: serves BKPT 0xAB, leaves every other breakpoint to the core. */
export function semihosting(options: SemihostingOptions): (core: Context, immediate: number) => boolean {
  return (core, immediate) => {
    if (immediate !== breakpointImmediate) return false;
    core.r[0] = serve(core, options, core.r[0]!, core.r[1]! >>> 0);
    return true;
  };
}

function serve(core: Context, options: SemihostingOptions, operation: number, argument: number): number {
  const word = (index: number): number => core.load32(argument + 4 * index) >>> 0;
  switch (operation) {
    case Operation.open:
      return openTerminal(core, word(0), word(2)) ? terminalHandle : -1;
    case Operation.close:
      return 0;
    case Operation.isTty:
      return 1;
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
    case Operation.elapsed:
      core.store32(argument, core.cycles | 0);
      core.store32(argument + 4, Math.floor(core.cycles / 2 ** 32));
      return 0;
    case Operation.tickFrequency:
      return options.frequencyHz;
    case Operation.exit:
      return leave(core, argument === applicationExit ? 0 : 1);
    case Operation.exitExtended:
      return leave(core, word(0) === applicationExit ? word(1) | 0 : 1);
    default:
      throw new UnmodelledAccess(`semihosting operation 0x${(operation >>> 0).toString(16)}`, core.at);
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

/** Only the terminal can be opened: a guest has no business with the host's files. */
function openTerminal(core: Context, name: number, length: number): boolean {
  return length === 3 && core.load8(name) === 0x3a && core.load8(name + 1) === 0x74 && core.load8(name + 2) === 0x74;
}

function leave(core: Context, code: number): number {
  core.exitCode = code;
  core.attention();
  return 0;
}
