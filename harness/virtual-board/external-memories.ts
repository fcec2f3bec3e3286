import { createCipheriv, createHash } from 'node:crypto';
import type { Kit, RotConfiguration } from '../board/index.js';
import type { Machine } from '../emulator/index.js';
import type { NorDevice } from '../flash/index.js';
import { throughCipher } from './flash-cipher.js';
import type { MemoryCipher } from './flash-cipher.js';
import { slotsEnd } from './mapped-flash.js';

/** The external memories of a chip behind its memory cipher engine. */
export class ExternalMemories {
  /** Keys of the run slot used so far. */
  #keys = 0;

  constructor(
    private readonly kit: Kit,
    readonly cipher: MemoryCipher,
    private readonly device: NorDevice,
    private readonly seed: number | undefined,
  ) {}

  /** For snapshots: the next key follows from it. */
  get keys(): number {
    return this.#keys;
  }

  set keys(used: number) {
    this.#keys = used;
  }

  /** The external flash as the root of trust reads and writes it. */
  flash(configuration: RotConfiguration): NorDevice {
    return throughCipher(this.device, this.cipher, this.kit, configuration);
  }

  /** Execution in place: the core sees the primary slot in clear, and everything else as it is on the chip. `built`: what the slots were laid out for. */
  map(machine: Machine, configuration: RotConfiguration, built: RotConfiguration): void {
    if (configuration.exec !== 'xip') return;
    const { base } = this.kit.externalFlash;
    machine.load(base, this.device.read(0, slotsEnd(this.kit, built)));
    const { primary } = configuration.layout;
    machine.load(primary.base, this.flash(configuration).read(primary.base - base, primary.size));
  }

  /** The run slot in external RAM lies behind MCE2, whose key is another one at each start: what was left in it reads as noise. */
  loseRunSlot(machine: Machine, configuration: RotConfiguration): void {
    const { run } = configuration.layout;
    const ram = this.kit.externalRam;
    if (this.cipher === 'off' || run === undefined || ram === undefined || run.base < ram.base || run.base >= ram.base + ram.size) return;
    this.#keys += 1;
    const key = createHash('sha256').update(`run slot ${String(this.seed ?? 1)} ${String(this.#keys)}`).digest().subarray(0, 16);
    machine.load(run.base, createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(run.size)));
  }
}
