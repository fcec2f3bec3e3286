import type { Kit, RotConfiguration } from '../../board/index.js';
import { MceLayer, NorFlash, SectorCatalogue } from '../../flash/index.js';
import type { NorDevice, NorSnapshot, OperationObserver } from '../../flash/index.js';
import { formatVersion, headerStructSize, parseHeader } from '../../image/index.js';
import { buildOemirotConfigObk, parseObk } from '../../keys/index.js';
import type { ByteCount } from '../../units/index.js';
import { RamFlag, confirmationPattern } from '../confirmation.js';
import { FlashArea } from '../flash-area.js';
import type { AreaName } from '../flash-area.js';
import { encodeObkData, obkDataIndex } from '../obk-data.js';
import { ObkStore } from '../obk-store.js';
import type { ObkSnapshot } from '../obk-store.js';
import { bootOemirot } from '../oemirot.js';
import type { BootOutcome, RotPlatform } from '../oemirot.js';
import { OperationTrace } from '../operation-trace.js';
import type { OptionByteValues } from '../product-state.js';
import { oemirotStage, oemurotStage } from '../rot-stage.js';
import type { RotStage } from '../rot-stage.js';
import type { RotKeys } from '../slot-image.js';
import { CachedChecks } from './cached-checks.js';

export interface SweepBoardOptions {
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  readonly sectorSize: ByteCount;
  readonly keys: RotKeys;
  readonly storedCounter: number;
  /** The memory cipher engine in front of primary slot and scratch. */
  readonly mce: boolean;
  /** Programming a bit from 0 to 1 is an error. */
  readonly strict: boolean;
}

/** Everything of a board that outlives a reset: flash and OBKeys; and the flag in RAM, which a power cut clears. */
export interface BoardState {
  readonly flash: NorSnapshot;
  readonly obk: ObkSnapshot;
  readonly confirmed: boolean;
}

/** How a start of the board ended, as one word: a version (with `*` where the boot reset itself first), `noimage`, `halt` or `resetloop`. */
export interface Start {
  readonly booted: string;
  /** Swap type that the boot printed first, `resume` where it completed an interrupted swap and printed none. */
  readonly type: string;
  /** Development-mode log without the platform's own lines. */
  readonly log: readonly string[];
}

/** More resets than this are a loop. */
const mostResets = 8;
/** What boot_hal.c prints beside bl2_main and bootutil. */
const platformLines = ['[INF] In closed mode', '[INF] Before doing so'];
const swapTypeLine = '[INF] Swap type: ';

/** A board reduced to what the root of trust touches, provisioned for OEMiRoT or OEMuRoT in product state OPEN. */
export class SweepBoard {
  readonly flash: NorFlash;
  readonly areas: Readonly<Record<AreaName, FlashArea>>;
  readonly obk = new ObkStore();
  readonly catalogue: SectorCatalogue;
  readonly #platform: RotPlatform;
  readonly #stage: RotStage;
  readonly #flag = new RamFlag();
  #log: string[] = [];
  /** Starts of the boot loader so far, its own resets included. */
  boots = 0;

  /** @param like a board whose contents this one's are compared with */
  constructor(
    readonly options: SweepBoardOptions,
    like?: SweepBoard,
  ) {
    const { kit, configuration, sectorSize, keys, storedCounter, mce, strict } = options;
    // STiRoT is no part of it: OEMuRoT is taken as started.
    this.#stage = configuration.bootPath === 'stirot-oemurot' ? oemurotStage({ major: 1, minor: 0, revision: 0 }) : oemirotStage;
    const { primary, secondary, scratch } = configuration.layout;
    this.catalogue = like?.catalogue ?? new SectorCatalogue();
    this.flash = new NorFlash({ size: kit.externalFlash.size, sectorSize, strict, catalogue: this.catalogue });
    const offset = (base: number): number => base - kit.externalFlash.base;
    const ciphered = [primary, ...(scratch === undefined ? [] : [scratch])].map(({ base, size }) => ({ offset: offset(base), size }));
    const device: NorDevice = mce ? new MceLayer(this.flash, ciphered) : this.flash;
    const area = (name: AreaName, where: { base: number; size: number }): FlashArea => new FlashArea(name, device, where, kit.externalFlash.base);
    // In overwrite mode there is no scratch area: what lies behind the slots takes its place in listings.
    this.areas = { primary: area('primary', primary), secondary: area('secondary', secondary), scratch: area('scratch', scratch ?? { base: secondary.base + secondary.size, size: 0 }) };
    const { hdpl, index, payload, doEncryption } = parseObk(buildOemirotConfigObk({ ...keys, level: this.#stage.hdpl, doEncryption: false }));
    this.obk.write(hdpl, index, payload, { encrypted: doEncryption });
    this.obk.write(this.#stage.hdpl, obkDataIndex, encodeObkData(storedCounter), { encrypted: false });
    this.#platform = {
      kit,
      configuration,
      flash: device,
      obk: this.obk,
      optionBytes: provisioned(kit, configuration),
      log: (line) => this.#log.push(line),
      confirmationFlag: this.#flag,
      checks: new CachedChecks(this.flash),
    };
  }

  observe(observer: OperationObserver | undefined): void {
    this.flash.observer = observer;
    this.obk.observer = observer;
  }

  /** Writes a file into a slot that is erased before, as a programmer does: no operation of the boot. */
  put(name: AreaName, image: Uint8Array | undefined): void {
    const { observer } = this.flash;
    this.flash.observer = undefined;
    const area = this.areas[name];
    area.eraseAll();
    const unit = this.options.configuration.path.programUnit;
    if (image !== undefined) {
      const whole = new Uint8Array(Math.ceil(image.length / unit) * unit).fill(0xff);
      whole.set(image);
      area.program(0, whole);
    }
    this.flash.observer = observer;
  }

  trace(): OperationTrace {
    return new OperationTrace(Object.values(this.areas));
  }

  /** The power was off: RAM is lost. */
  losePower(): void {
    this.#flag.clear();
  }

  /**
   * One start from reset until an application runs or nothing does, with the resets that the boot does itself.
   * @param confirms whether the application of that version confirms itself for the next boot
   * @throws PowerCut when the observer cuts the power
   */
  start(confirms: (version: string) => boolean): Start {
    this.#log = [];
    const booted = this.#untilApplication(confirms);
    const log = this.#log.filter((line) => !platformLines.some((start) => line.startsWith(start)));
    const type = log.find((line) => line.startsWith(swapTypeLine))?.slice(swapTypeLine.length) ?? 'resume';
    return { booted, type, log };
  }

  /** Log lines of a start that a power cut ended. */
  get interruptedLog(): readonly string[] {
    return this.#log;
  }

  state(): BoardState {
    return { flash: this.flash.snapshot(), obk: this.obk.snapshot(), confirmed: this.#flag.read().every((byte, at) => byte === confirmationPattern[at]) };
  }

  restore(state: BoardState): void {
    this.flash.restore(state.flash);
    this.obk.restore(state.obk);
    if (state.confirmed) this.#flag.set();
    else this.#flag.clear();
  }

  /** Version of the image in a slot as its header says, judged by nobody. */
  versionIn(name: AreaName): string {
    return formatVersion(parseHeader(this.areas[name].read(0, headerStructSize)).version);
  }

  #untilApplication(confirms: (version: string) => boolean): string {
    for (let resets = 0; resets <= mostResets; resets++) {
      this.boots++;
      const outcome: BootOutcome = bootOemirot(this.#platform, this.#stage);
      if (outcome.kind === 'reset') continue;
      if (outcome.kind === 'halt') return 'halt';
      if (outcome.kind === 'no-image') return 'noimage';
      if (confirms(outcome.version)) this.#flag.set();
      return outcome.version + (resets > 0 ? '*' : '');
    }
    return 'resetloop';
  }
}

/** Option bytes of a board ready for this boot path in product state OPEN. */
function provisioned(kit: Kit, configuration: RotConfiguration): OptionByteValues {
  return { ...Object.fromEntries(kit.device.optionBytes.map(({ name, factory }) => [name, factory])), ...configuration.path.optionBytes };
}
