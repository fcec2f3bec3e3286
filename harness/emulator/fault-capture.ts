import type { Address, ByteCount } from '../units/index.js';
import { hex32 } from '../units/index.js';
import type { Core } from './cpu/core.js';
import type { StopReason } from './ports.js';

/** What a core that stopped knows of its fault, and the memory and MPU as they stand. */
export interface CapturedFault {
  readonly facts: {
    readonly cfsr: number;
    readonly hfsr: number;
    readonly mmfar: Address;
    readonly bfar: Address;
    readonly pc: Address;
    readonly lr: number;
    readonly sp: Address;
    readonly xpsr: number;
    readonly exception?: number;
    readonly privileged: boolean;
    readonly registers: Readonly<Record<string, number>>;
    readonly stopped?: string;
    readonly stoppedAt?: Address;
  };
  readonly protection: { readonly control: number; readonly regions: readonly { readonly number: number; readonly base: Address; readonly rasr: number }[] };
  readonly read: (address: Address, size: ByteCount) => Uint8Array | undefined;
}

/** The exceptions of faults: HardFault to UsageFault. */
const isFault = (exception: number): boolean => exception >= 3 && exception <= 6;
/** Words of a handler's own stack that are looked through for the EXC_RETURN that it pushed. */
const handlerReach = 256;
const isExcReturn = (word: number): boolean => (word >>> 0) >= 0xffffffe1 && [1, 9, 0xd].includes(word & 0xf);

/**
 * Whether and how a core ended in a fault: lock-up, an access that is not modelled, or any other end inside a fault handler; else undefined.
 * In a handler the registers are those of the code that faulted, by its exception frame (DDI 0403E B1.5.6).
 */
export function captureFault(core: Core, stop: StopReason): CapturedFault | undefined {
  const ended = stop.kind === 'lockup' || stop.kind === 'unmodelled';
  if (!ended && !isFault(core.ipsr)) return undefined;
  const read = (address: Address, size: ByteCount): Uint8Array | undefined => {
    const bank = core.bus.bankAt(address);
    return bank === undefined || address + size > bank.base + bank.size ? undefined : bank.bytes.subarray(address - bank.base, address - bank.base + size);
  };
  const { cfsr, hfsr, mmfar, bfar } = core.exceptions;
  const inHandler = isFault(core.ipsr);
  const context = (inHandler && stop.kind !== 'unmodelled' ? interrupted(core, read) : undefined) ?? running(core);
  const { control, rbar, rasr } = core.mpu;
  return {
    facts: {
      cfsr: cfsr >>> 0,
      hfsr: hfsr >>> 0,
      mmfar,
      bfar,
      ...context,
      ...(inHandler ? { exception: core.ipsr } : {}),
      ...(stop.kind === 'lockup' ? { stopped: `lock-up: ${stop.why}` } : {}),
      ...(stop.kind === 'unmodelled' ? { stopped: `${stop.what} (${hex32(stop.address)}) is not modelled`, stoppedAt: stop.address } : {}),
    },
    protection: { control, regions: Array.from(rasr, (value, number) => ({ number, base: rbar[number]!, rasr: value })) },
    read,
  };
}

type Registers = Pick<CapturedFault['facts'], 'pc' | 'lr' | 'sp' | 'xpsr' | 'privileged' | 'registers'>;

const named = (values: ArrayLike<number>, numbers: readonly number[]): Record<string, number> => Object.fromEntries(numbers.map((number, index) => [`r${String(number)}`, values[index]! >>> 0]));

function running(core: Core): Registers {
  const { r } = core;
  return { pc: core.at, lr: r[14]! >>> 0, sp: r[13]! >>> 0, xpsr: core.xpsr, privileged: core.privileged, registers: named(r, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) };
}

/** The context below a fault handler: its LR is the EXC_RETURN as long as the handler has not pushed it; then it stands on the handler's stack, the frame behind it. */
function interrupted(core: Core, read: CapturedFault['read']): Registers | undefined {
  const sp = core.r[13]! >>> 0;
  const lr = core.r[14]!;
  if (isExcReturn(lr)) return frame(core, lr, (lr & 0xf) === 0xd ? core.otherSp >>> 0 : sp, read);
  for (let index = 0; index < handlerReach; index += 1) {
    const at = sp + 4 * index;
    const word = read(at, 4);
    if (word === undefined) return undefined;
    const value = new DataView(word.buffer, word.byteOffset, 4).getUint32(0, true);
    if (!isExcReturn(value)) continue;
    return frame(core, value, (value & 0xf) === 0xd ? core.otherSp >>> 0 : at + 4, read);
  }
  return undefined;
}

function frame(core: Core, excReturn: number, at: Address, read: CapturedFault['read']): Registers | undefined {
  const bytes = read(at, 32);
  if (bytes === undefined) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 32);
  const words = Array.from({ length: 8 }, (_, index) => view.getUint32(4 * index, true));
  const xpsr = words[7]!;
  const size = (excReturn & 0x10 ? 32 : 104) + (xpsr & 0x200 ? 4 : 0);
  return {
    pc: words[6]!,
    lr: words[5]!,
    sp: at + size,
    xpsr,
    privileged: (excReturn & 0xf) === 1 || (core.control & 1) === 0,
    registers: named(words, [0, 1, 2, 3, 12]),
  };
}
