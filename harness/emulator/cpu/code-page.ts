import { pageMask } from '../bus.js';
import type { Core } from './core.js';
import { decode, type Decoded, type Handler } from './decode.js';

const halfwords = 2048;

/** Decoded instructions of one 4 KB page, filled as they are executed. */
export class CodePage {
  readonly handlers: Handler[];
  readonly operands = new Int32Array(halfwords * 3);
  /** Bytes of each decoded instruction; 0 where nothing is decoded. */
  readonly lengths = new Uint8Array(halfwords);
  /** Contexts (bits) for which the whole page is known to be executable. */
  checked = 0;
  /** An MPU border lies inside. */
  mixed = false;
  readonly #conditional = new Map<number, Decoded>();
  readonly #undecoded: Handler;

  constructor() {
    this.#undecoded = (core) => {
      const at = core.at;
      const decoded = decode(core, at, false);
      const index = (at & pageMask) >>> 1;
      // An instruction that reaches into the next page is decoded each time: a store there would not find it here.
      if ((at & pageMask) + decoded.length <= pageMask + 1) {
        this.handlers[index] = decoded.handler;
        this.lengths[index] = decoded.length;
        this.operands.set([decoded.a, decoded.b, decoded.c], index * 3);
      }
      core.pc = at + decoded.length;
      decoded.handler(core, decoded.a, decoded.b, decoded.c);
    };
    this.handlers = new Array<Handler>(halfwords).fill(this.#undecoded);
  }

  /** The instruction as it is inside an IT block, where 16-bit data processing leaves the flags alone. */
  conditional(core: Core, at: number, index: number): Decoded {
    let decoded = this.#conditional.get(index);
    if (!decoded) {
      decoded = decode(core, at, true);
      if ((at & pageMask) + decoded.length <= pageMask + 1) this.#conditional.set(index, decoded);
    }
    return decoded;
  }

  /** Bytes of this page were written: instructions that contain them are decoded anew. */
  forget(address: number, size: number): void {
    const first = Math.max(0, ((address & pageMask) >>> 1) - 1);
    const last = ((address & pageMask) + size - 1) >>> 1;
    for (let index = first; index <= last; index += 1) {
      this.handlers[index] = this.#undecoded;
      this.lengths[index] = 0;
      this.#conditional.delete(index);
    }
  }
}
