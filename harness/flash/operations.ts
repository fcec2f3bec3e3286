import type { ByteCount } from '../units/index.js';

/** One erase of a sector or one program call of any length on the external flash. Offsets count from the start of the chip. */
export interface FlashOperation {
  readonly kind: 'erase' | 'program';
  readonly offset: ByteCount;
  readonly length: ByteCount;
}

/** One update of an OBKey area: atomic, it happens or it does not. */
export interface ObkOperation {
  readonly kind: 'obk';
  readonly what: 'counter' | 'hash';
  /** The new security counter, or the index of the image whose hash reference is stored. */
  readonly value: number;
}

/** Anything that changes non-volatile memory and that a power cut can therefore prevent or tear. */
export type NonVolatileOperation = FlashOperation | ObkOperation;

/**
 * Sees every operation, in order. `before` may cut the power: it returns how many bytes of the operation still take effect
 * (0: it does not happen; the operation itself then throws PowerCut), or undefined for an operation that happens whole.
 */
export interface OperationObserver {
  before?(operation: NonVolatileOperation): ByteCount | undefined;
  after?(operation: NonVolatileOperation): void;
}

/** Thrown out of the operation in which the power was lost. */
export class PowerCut extends Error {
  constructor(readonly operation: NonVolatileOperation) {
    super('power cut');
    this.name = 'PowerCut';
  }
}

/** Counts operations. */
export class OperationCounter implements OperationObserver {
  count = 0;
  after(): void {
    this.count++;
  }
}

/** Cuts the power at operation `k` (from 1): nothing of it happens, or with `half` the first half of its bytes. OBKey updates are atomic: half done is not done. */
export function powerCutAt(k: number, options: { readonly half?: boolean } = {}): OperationObserver {
  let seen = 0;
  return {
    before(operation) {
      if (++seen !== k) return undefined;
      return options.half === true && operation.kind !== 'obk' ? Math.floor(operation.length / 2) : 0;
    },
  };
}

/** Several observers as one, asked in order; the first that cuts the power decides, and those behind it do not see the operation. */
export function observers(...all: readonly OperationObserver[]): OperationObserver {
  return {
    before(operation) {
      for (const observer of all) {
        const surviving = observer.before?.(operation);
        if (surviving !== undefined) return surviving;
      }
      return undefined;
    },
    after(operation) {
      for (const observer of all) observer.after?.(operation);
    },
  };
}
