/** The fault status registers of Armv7-M as text (DDI 0403E B3.2.15 CFSR, B3.2.16 HFSR). */

/** A bit that is set, by Arm's name, and what it says. */
export interface StatusBit {
  readonly name: string;
  readonly means: string;
}

const cfsrBits: readonly (readonly [bit: number, name: string, means: string])[] = [
  [0, 'IACCVIOL', 'an instruction was fetched from where the MPU or the memory map forbids execution'],
  [1, 'DACCVIOL', 'a load or store went where the MPU forbids it'],
  [3, 'MUNSTKERR', 'the MPU forbade reading the exception frame back from the stack'],
  [4, 'MSTKERR', 'the MPU forbade storing the exception frame: the stack pointer is outside the stack, or the stack overflowed'],
  [5, 'MLSPERR', 'the MPU forbade the lazy store of the FPU registers'],
  [7, 'MMARVALID', 'MMFAR holds the address'],
  [8, 'IBUSERR', 'nothing answered at the address of an instruction'],
  [9, 'PRECISERR', 'nothing answered a load or store; the program counter is that instruction'],
  [10, 'IMPRECISERR', 'nothing answered an earlier store; the program counter is behind it and the address is not known'],
  [11, 'UNSTKERR', 'nothing answered reading the exception frame back from the stack'],
  [12, 'STKERR', 'nothing answered storing the exception frame: the stack pointer does not point to memory'],
  [13, 'LSPERR', 'nothing answered the lazy store of the FPU registers'],
  [15, 'BFARVALID', 'BFAR holds the address'],
  [16, 'UNDEFINSTR', 'an undefined instruction'],
  [17, 'INVSTATE', 'a branch to an address without the Thumb bit'],
  [18, 'INVPC', 'an exception return with an impossible EXC_RETURN or frame'],
  [19, 'NOCP', 'a floating-point instruction while CPACR does not allow the FPU'],
  [24, 'UNALIGNED', 'an unaligned access where it is not allowed (LDM, LDRD, Device memory, CCR.UNALIGN_TRP)'],
  [25, 'DIVBYZERO', 'a division by zero with CCR.DIV_0_TRP'],
];

const hfsrBits: readonly (readonly [bit: number, name: string, means: string])[] = [
  [1, 'VECTTBL', 'the vector could not be read: VTOR does not point to a vector table'],
  [30, 'FORCED', "a fault whose own handler is off or may not be entered; CFSR has the cause"],
  [31, 'DEBUGEVT', 'a BKPT or another debug event without a debugger'],
];

const decode = (value: number, bits: typeof cfsrBits): StatusBit[] => bits.filter(([bit]) => (value >>> bit) & 1).map(([, name, means]) => ({ name, means }));

export const decodeCfsr = (value: number): readonly StatusBit[] => decode(value, cfsrBits);
export const decodeHfsr = (value: number): readonly StatusBit[] => decode(value, hfsrBits);

const exceptionNames: Readonly<Record<number, string>> = { 1: 'Reset', 2: 'NMI', 3: 'HardFault', 4: 'MemManage', 5: 'BusFault', 6: 'UsageFault', 11: 'SVCall', 12: 'DebugMonitor', 14: 'PendSV', 15: 'SysTick' };

/** Arm's name of an exception number (B1.5.2); interrupts as `IRQ 85`. */
export function exceptionName(number: number): string {
  return number === 0 ? 'thread mode' : (exceptionNames[number] ?? (number >= 16 ? `IRQ ${String(number - 16)}` : `exception ${String(number)}`));
}
