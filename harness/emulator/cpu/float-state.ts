import type { Address } from '../../units/index.js';
import type { FloatEnvironment } from './float-format.js';

/** Registers behind S31 and D15 that no instruction names: intermediate products. */
export const scratch = { single: 32, double: 16 } as const;

/** The FPU as instructions, exceptions and system registers see it. */
export interface FloatState extends FloatEnvironment {
  /** S0–S31 as bits; D(n) is S(2n) below S(2n+1). The same registers in other shapes behind it. */
  readonly words: Int32Array;
  readonly bits32: Uint32Array;
  readonly bits64: BigUint64Array;
  readonly singles: Float32Array;
  readonly doubles: Float64Array;
  /** Nothing stands before the next floating-point instruction: `prepare` need not be called. */
  ready: boolean;
  cpacr: number;
  fpccr: number;
  fpcar: Address;
  fpdscr: number;
  /** ExecuteFPCheck: access, then the state of an interrupted context, then a context of its own. Throws CoreFault, InstructionAbandoned, Lockup. */
  prepare(): void;
  /** CheckVFPEnabled: throws NOCP. */
  requireAccess(): void;
  /** VMSR. */
  setStatus(value: number): void;
  /** Entry with FPCA set: stores the state behind the basic frame, or notes what is to be stored later. Throws CoreFault. */
  enter(extension: Address): void;
  /** Return through an extended frame: the registers come from behind the basic one, or still are the context's. Throws CoreFault. */
  leave(extension: Address): void;
}
