import type { MemoryArea } from '../board/index.js';
import type { ImageHeader } from '../image/index.js';
import { cryptPayload, headerStructSize, encodeHeader, imageFlag, nativeEngine, slotOf, validateSlot } from '../image/index.js';
import type { StirotConfig } from '../keys/index.js';
import { decodeStirotConfig } from '../keys/index.js';
import { hex } from '../units/index.js';
import { FlashArea } from './flash-area.js';
import { raiseSecurityCounter } from './install-overwrite.js';
import { obkConfigurationIndex } from './obk-configuration.js';
import { ObkDataAreas } from './obk-data.js';
import type { RotPlatform } from './oemirot.js';
import type { ProductState } from './product-state.js';
import { obkEncrypted, productState, productStateOrder } from './product-state.js';
import { irotSelect } from './rot-stage.js';
import type { RejectedSlot } from './slot-image.js';
import type { ILoaderMemory } from './stirot-iloader.js';
import { iLoaderErase, iLoaderLoad, iLoaderSave, ramHoldsImage, rssCommand } from './stirot-iloader.js';

/** Hide-protection level of STiRoT's OBKeys, and where its data begins: one slot behind a configuration of 8 (STiROT_Config.xml, STiROT_Data.obk). */
const hdpl = 1;
const configurationSize = 256;
export const stirotDataIndex = 16;

/** Codes of the configuration's "Product state minimal allowed" (STiROT_Config.xml). */
const minimumStates: Readonly<Record<number, ProductState>> = { 0x72: 'CLOSED-ECDSA', 0x5c: 'LOCKED' };

interface StirotActions {
  readonly installed: boolean;
  readonly rejected?: RejectedSlot;
  /** Resets between power-on and this end; each step of the iLoader ends in one. */
  readonly resets: number;
}

/** How STiRoT ended: it starts what its RAM area holds, finds nothing to start, or stays in ROM. */
export type StirotOutcome =
  | (StirotActions & { readonly kind: 'started'; readonly header: ImageHeader; /** Header, payload in clear and protected TLVs. */ readonly image: Uint8Array; readonly run: MemoryArea })
  | (StirotActions & { readonly kind: 'no-image'; readonly why: string })
  | { readonly kind: 'halt'; readonly why: string };

/**
 * STiRoT from power-on to the start of an image, as far as it is publicly known: what its iLoader does (STM32CubeH7RS STiROT_iLoader/Src/loader.c), that each of its
 * steps ends in a reset, that a download image is verified in RAM before it is installed, and what its configuration says (ROT_Provisioning/STiROT).
 *
 * unverified, as ST's ROM is not public: the order of its own steps; that its checks are those of ST's MCUboot for primary-only images; the counter rule, and that
 * the counter is stored at an installation; that RAM is cleared before anything is loaded and after an image was refused; the order of product states, taken
 * from OEMiROT_Boot; that without an image it resets and tries again. It prints nothing.
 * @throws PowerCut when an observer of the flash or of the keys cuts the power
 */
export function runStirot(platform: Omit<RotPlatform, 'log' | 'configuration'>): StirotOutcome {
  const { obk, optionBytes } = platform;
  if (platform.rotProgrammed === false) return halt('the internal flash is blank: STiRoT finds no iLoader');
  const select = optionBytes.IROT_SELECT;
  if (select !== undefined && select !== irotSelect.st) return halt('option byte IROT_SELECT does not select STiRoT');
  const state = productState(optionBytes);
  // In a lower state the configuration could not even be deciphered.
  if (state === undefined || isBelow(state, 'LOCKED')) return halt(tooOpen(state, 'LOCKED'));
  const encrypted = obkEncrypted(state);
  if (!obk.has(hdpl, obkConfigurationIndex)) return halt('the OBKey configuration of STiRoT (HDPL1) is not provisioned');
  let config: StirotConfig;
  try {
    config = decodeStirotConfig(obk.read(hdpl, obkConfigurationIndex, configurationSize, { encrypted }));
  } catch (error) {
    return halt(`the OBKey configuration of STiRoT (HDPL1) cannot be used: ${error instanceof Error ? error.message : String(error)}`);
  }
  const minimum = minimumStates[config.minimumProductState];
  if (minimum === undefined) return halt(`the configuration of STiRoT names the product state ${hex(config.minimumProductState)}, which is none`);
  if (isBelow(state, minimum)) return halt(tooOpen(state, minimum));
  if (platform.iLoaderProgrammed?.(config.iLoaderOffset) === false) return halt(`the internal flash is blank at offset ${hex(config.iLoaderOffset)}, where the configuration of STiRoT names its iLoader`);
  const memory = memoryOf(platform, config);
  if (typeof memory === 'string') return halt(memory);
  const data = new ObkDataAreas(obk, hdpl, encrypted, stirotDataIndex);
  if (data.read() === undefined) return halt('the OBKey data of STiRoT (HDPL1) is not provisioned or damaged');
  return new Stirot(config, memory, data).run();
}

class Stirot {
  #resets = 0;
  #installed = false;
  #rejected: RejectedSlot | undefined;

  constructor(
    private readonly config: StirotConfig,
    private readonly memory: ILoaderMemory,
    private readonly data: ObkDataAreas,
  ) {}

  /** From one start of the ROM to the next, until no reset follows. */
  run(): StirotOutcome {
    for (;;) {
      const answer = iLoaderLoad(this.memory);
      this.#resets += 1;
      if (answer === rssCommand.secondaryLoaded) this.#update();
      else return this.#start();
    }
  }

  /** A download image stands in RAM: installed when it is valid, else erased. */
  #update(): void {
    const { memory, data } = this;
    const image = this.#validate();
    if (!image.valid) {
      this.#rejected = { kind: image.cause === 'image-invalid' ? 'invalid' : 'no-image', stage: image.stage, reason: image.reason };
      memory.ram.fill(0);
      iLoaderErase(memory);
      this.#resets += 1;
      return;
    }
    decipherInPlace(memory.ram, image.header, image.contentKey);
    iLoaderSave(memory);
    this.#resets += 1;
    if (raiseSecurityCounter(image.securityCounter, data)) this.#installed = true;
  }

  #start(): StirotOutcome {
    const { memory, config } = this;
    const actions = { installed: this.#installed, resets: this.#resets, ...(this.#rejected === undefined ? {} : { rejected: this.#rejected }) };
    if (!ramHoldsImage(memory)) return { kind: 'no-image', why: 'neither installation nor download area holds an image of STiRoT', ...actions };
    const image = this.#validate();
    if (!image.valid) return { kind: 'no-image', why: `installation area: ${image.reason}`, ...actions };
    const { header } = image;
    // A cut between the erase of the download area and the storing of the counter left it behind.
    if (!raiseSecurityCounter(image.securityCounter, this.data)) return { kind: 'no-image', why: 'the security counter could not be stored', ...actions };
    return {
      kind: 'started',
      header,
      image: memory.ram.slice(0, header.headerSize + header.imageSize + header.protectedTlvSize),
      run: { base: config.runAddress, size: config.areaSize },
      ...actions,
    };
  }

  #validate() {
    const { config, memory, data } = this;
    return validateSlot(slotOf(memory.ram, memory.ram.length), {
      mode: 'primary-only',
      authPublicKey: config.authPublicKey,
      encPrivateKey: config.encPrivateKey,
      storedCounter: data.counter(),
    });
  }
}

/** The payload in clear, and the header without the flag that says it is not. */
function decipherInPlace(ram: Uint8Array, header: ImageHeader, contentKey: Uint8Array | undefined): void {
  if (contentKey === undefined) return;
  const payload = ram.subarray(header.headerSize, header.headerSize + header.imageSize);
  payload.set(cryptPayload(nativeEngine(), contentKey, 0, payload));
  ram.set(encodeHeader({ ...header, flags: header.flags & ~imageFlag.ENCRYPTED }).subarray(0, headerStructSize));
}

/** The areas that the configuration names, or what is wrong with them (loader.c checks the same before each operation). */
function memoryOf({ kit, flash }: Pick<RotPlatform, 'kit' | 'flash'>, config: StirotConfig): ILoaderMemory | string {
  const { installAddress, downloadAddress, areaSize, runAddress } = config;
  const { base, size, sectorSize } = kit.externalFlash;
  const inFlash = (at: number): boolean => at >= base && at + areaSize <= base + size && at % sectorSize === 0;
  const apart = Math.abs(installAddress - downloadAddress) >= areaSize;
  const inRam = kit.device.memories.some(({ kind, base: ram, size: room }) => kind === 'ram' && runAddress >= ram && runAddress + areaSize <= ram + room);
  if (areaSize === 0 || areaSize % sectorSize !== 0 || !inFlash(installAddress) || !inFlash(downloadAddress) || !apart || !inRam) {
    return 'the areas in the configuration of STiRoT do not fit this board';
  }
  return {
    primary: new FlashArea('primary', flash, { base: installAddress, size: areaSize }, base),
    secondary: new FlashArea('secondary', flash, { base: downloadAddress, size: areaSize }, base),
    ram: new Uint8Array(areaSize),
  };
}

const isBelow = (state: ProductState, minimum: ProductState): boolean => productStateOrder.indexOf(state) < productStateOrder.indexOf(minimum);

function tooOpen(state: ProductState | undefined, minimum: ProductState): string {
  return `product state ${state ?? 'unknown'} is below ${minimum}, the lowest at which STiRoT starts an application`;
}

function halt(why: string): StirotOutcome {
  return { kind: 'halt', why };
}
