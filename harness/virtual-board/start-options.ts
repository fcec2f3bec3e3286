import type { RotConfigurationWanted } from '../board/index.js';
import type { RotRelease } from '../rot/index.js';
import type { MemoryCipher } from './flash-cipher.js';

/** What the starter hands to the board's process, as one JSON argument. */
export interface ProcessOptions {
  readonly name: string;
  readonly kit: string;
  /** Which root of trust the board has. */
  readonly configuration: Pick<RotConfigurationWanted, 'bootPath' | 'mode' | 'exec'>;
  readonly keepFlash?: string;
  readonly comPort?: string;
  /** Noise of the RAMs at power-on and the chip's random numbers. */
  readonly seed?: number;
  readonly rotRelease?: RotRelease;
  readonly rotBuild?: 'development' | 'production';
  readonly cipher?: MemoryCipher;
  /** Absolute path of a snapshot: the board goes on from there instead of being switched on. */
  readonly from?: string;
  /** Blocks of the chip whose unmodelled registers are storage. */
  readonly allowUnmodelled?: readonly string[];
  /** False: every instruction is interpreted. */
  readonly translate?: boolean;
  /** Faults of tool and bench, as `--fault` takes them. */
  readonly faults?: readonly string[];
  /** Port of the loopback interface on which GDB is served. */
  readonly gdb?: number;
  /** The board ends itself when this process is gone. */
  readonly owner?: { readonly pid: number; readonly birth?: string };
}

/** A board that cannot start says why in the last line of its log: this, then `{code, kind, message, nextStep}` as JSON. */
export const startErrorPrefix = 'cannot start: ';
