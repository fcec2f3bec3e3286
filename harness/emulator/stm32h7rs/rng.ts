import type { BlockPorts, ResetCause } from '../ports.js';
import type { Saved, SavedReader } from '../saved-state.js';
import type { Clock } from './clock.js';
import { interruptNumbers } from './interrupts.js';
import { peripheral } from './peripherals.js';
import { RegisterBlock, storage } from './register-block.js';
import { RandomWords } from './random.js';

// Offsets and bits: ST device header stm32h7s7xx.h, RNG_TypeDef.
const at = { CR: 0x00 } as const;
const rngen = 1 << 2;
const ie = 1 << 3;
const configLock = 2 ** 31;
/** CONFIG1, CLKDIV, CONFIG2, NISTC, CONFIG3, ARDIS, CED, and the lock. */
const configuration = 0x83ffffa0;

/** True random number generator, here a seeded sequence so that a run repeats. A number is always ready while it is on. */
export class Rng extends RegisterBlock {
  readonly #seed: number;
  #numbers: RandomWords;

  constructor(
    private readonly ports: BlockPorts,
    seed: number,
    /** Its own clock is the HSI48 (`unverified:` RCC has no multiplexer for it); default: it runs. */
    private readonly clock?: Clock,
  ) {
    const { base, size } = peripheral('RNG');
    super('RNG', base, size, {
      // CONDRST clears by itself when software takes it back; the conditioning needs no time here.
      0x00: {
        name: 'CR',
        reset: 0x00800d00,
        write: (value, stored) => {
          // Once locked, the configuration stays until the next reset.
          if ((stored & configLock) !== 0) value = (value & ~configuration) | (stored & configuration);
          this.poke(at.CR, value);
          this.#interrupt();
          return value >>> 0;
        },
      },
      0x04: { name: 'SR', read: () => (this.#on ? 1 : 0), writable: 0 },
      0x08: { name: 'DR', read: () => (this.#on ? this.#numbers.next() : 0), writable: 0 },
      0x10: storage('HTCR', 0x000072ac),
    });
    this.#seed = seed;
    this.#numbers = new RandomWords(seed);
  }

  override reset(cause: ResetCause): void {
    super.reset(cause);
    this.#interrupt();
    // Noise goes on over a reset; only a new machine starts the sequence again.
    if (cause === 'power-on') this.#numbers = new RandomWords(this.#seed);
  }

  protected override savedBeside(): Saved {
    return { numbers: this.#numbers.state };
  }

  protected override restoreBeside(state: SavedReader): void {
    this.#numbers.state = state.integer('numbers', 1, 0xffffffff);
  }

  get #on(): boolean {
    return (this.peek(at.CR) & rngen) !== 0 && (this.clock === undefined || this.clock.frequencies.hsi48 > 0);
  }

  /** The next number is always there, so the request stays until software takes IE or RNGEN back. */
  #interrupt(): void {
    this.ports.interrupts.setLevel(interruptNumbers.RNG, this.#on && (this.peek(at.CR) & ie) !== 0);
  }
}
