import type { Kit, RotConfiguration, UpdateMode } from '../../board/index.js';
import { loadKit, rotConfiguration } from '../../board/index.js';
import { NorFlash } from '../../flash/index.js';
import type { OperationObserver } from '../../flash/index.js';
import { buildOemirotConfigObk, parseObk } from '../../keys/index.js';
import type { BootOutcome, OptionByteValues, RotKeys, RotPlatform } from '../index.js';
import type { SweepPlace } from '../sweep/index.js';
import { FlashArea, ObkDataAreas, ObkStore, OperationTrace, RamFlag, bootOemirot, encodeObkData, obkDataIndex } from '../index.js';

const kit: Kit = loadKit('stm32h7s78-dk');
const shipped = rotConfiguration(kit, { bootPath: 'oemirot', mode: 'overwrite', exec: 'ext-ram' });

/** Option bytes of an STM32H7S78-DK ready for OEMiRoT in product state OPEN. */
export const provisionedOptionBytes: OptionByteValues = {
  ...Object.fromEntries(kit.device.optionBytes.map((field) => [field.name, field.factory])),
  ...shipped.path.optionBytes,
};

/** What a test board is built with, besides the size of its slots. */
export interface TestBuild {
  /** Default overwrite, as shipped. */
  readonly mode?: UpdateMode;
  /** Default 16. */
  readonly programUnit?: 4 | 16;
  /** Default 64 KB. */
  readonly scratchSize?: number;
}

/** ST's shipped configuration, with slots of another size. */
export function configurationOf(slotSize: number, build: TestBuild = {}): RotConfiguration {
  const { base } = shipped.layout.primary;
  return {
    ...shipped,
    mode: build.mode ?? 'overwrite',
    path: { ...shipped.path, programUnit: build.programUnit ?? 16 },
    layout: {
      ...shipped.layout,
      primary: { base, size: slotSize },
      secondary: { base: base + slotSize, size: slotSize },
      scratch: { base: base + 2 * slotSize, size: build.scratchSize ?? 0x10000 },
      run: { base: 0x70000000, size: slotSize },
    },
  };
}

/** Where a sweep of such a board takes place. */
export const sweepPlace = (slotSize: number, build: TestBuild): SweepPlace => ({ kit, configuration: configurationOf(slotSize, build), sectorSize: kit.externalFlash.sectorSize });

/** An STM32H7S78-DK reduced to what the root of trust touches. */
export class TestBoard {
  readonly kit = kit;
  readonly flash: NorFlash;
  obk = new ObkStore();
  optionBytes: OptionByteValues = provisionedOptionBytes;
  readonly configuration: RotConfiguration;
  readonly primary: FlashArea;
  readonly secondary: FlashArea;
  readonly scratch: FlashArea;
  /** Where the application leaves its confirmation. */
  readonly confirmationFlag = new RamFlag();
  /** Lines of the last boot. */
  log: string[] = [];

  constructor(
    readonly slotSize: number,
    keys: RotKeys,
    counter = 0,
    build: TestBuild = {},
  ) {
    this.configuration = configurationOf(slotSize, build);
    this.flash = new NorFlash({ size: kit.externalFlash.size });
    const { layout } = this.configuration;
    const area = (name: 'primary' | 'secondary' | 'scratch'): FlashArea => new FlashArea(name, this.flash, layout[name]!, kit.externalFlash.base);
    this.primary = area('primary');
    this.secondary = area('secondary');
    this.scratch = area('scratch');
    const obk = parseObk(buildOemirotConfigObk({ ...keys, doEncryption: false }));
    this.obk.write(obk.hdpl, obk.index, obk.payload, { encrypted: obk.doEncryption });
    this.obk.write(1, obkDataIndex, encodeObkData(counter), { encrypted: false });
  }

  /** Writes a file into a slot that is erased before, as a programmer does: no operation of the boot. */
  put(slot: FlashArea, image: Uint8Array): void {
    const observer = this.flash.observer;
    this.flash.observer = undefined;
    slot.eraseAll();
    slot.program(0, image);
    this.flash.observer = observer;
  }

  observe(observer: OperationObserver | undefined): void {
    this.flash.observer = observer;
    this.obk.observer = observer;
  }

  trace(): OperationTrace {
    return new OperationTrace([this.primary, this.secondary, this.scratch]);
  }

  /** How a slot is left: nothing written, or what it begins with. */
  isErased(slot: FlashArea): boolean {
    return slot.isErased(0, slot.size);
  }

  /** The stored security counter. */
  counter(): number | undefined {
    return new ObkDataAreas(this.obk, 1, false).counter();
  }

  /** One boot. @throws PowerCut when the observer cuts the power; `log` then holds the lines up to there */
  boot(options: Partial<RotPlatform> = {}): BootOutcome {
    this.log = [];
    return bootOemirot({
      kit,
      configuration: this.configuration,
      flash: this.flash,
      obk: this.obk,
      optionBytes: this.optionBytes,
      log: (line) => this.log.push(line),
      confirmationFlag: this.confirmationFlag,
      ...options,
    });
  }

  snapshot() {
    return { flash: this.flash.snapshot(), obk: this.obk.snapshot() };
  }

  restore(snapshot: ReturnType<TestBoard['snapshot']>): void {
    this.flash.restore(snapshot.flash);
    this.obk.restore(snapshot.obk);
  }
}
