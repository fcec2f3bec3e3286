import type { Kit, MemoryArea, RotConfiguration } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import type { NorDevice } from '../flash/index.js';
import { equalBytes, formatVersion } from '../image/index.js';
import { decodeOemirotConfig } from '../keys/index.js';
import type { BootutilContext } from './boot-run.js';
import { bootGo } from './bootutil.js';
import type { ConfirmationFlag } from './confirmation.js';
import { RamFlag, consumeConfirmation } from './confirmation.js';
import type { LogLine } from './error-handler.js';
import { ErrorHandlerReached } from './error-handler.js';
import type { AreaName } from './flash-area.js';
import { FlashArea } from './flash-area.js';
import type { HandOver } from './hand-over.js';
import { buildHandOver } from './hand-over.js';
import type { ImageChecks } from './image-checks.js';
import type { RotRelease } from './mpu-table.js';
import { ObkDataAreas } from './obk-data.js';
import { readObkConfiguration } from './obk-configuration.js';
import type { ObkStore } from './obk-store.js';
import type { OptionByteValues } from './product-state.js';
import { obkEncrypted, productState } from './product-state.js';
import type { RotStage } from './rot-stage.js';
import { oemirotStage } from './rot-stage.js';
import type { RejectedSlot, RotKeys } from './slot-image.js';
import { signedPart } from './slot-image.js';
import { checkFlashProtections, checkProductState, checkRamEcc } from './static-protections.js';
import type { SwapType } from './swap-type.js';
import type { ByteCount } from '../units/index.js';
import type { TrailerLayout } from './trailer.js';

/** What the root of trust runs on. */
export interface RotPlatform {
  readonly kit: Kit;
  readonly configuration: RotConfiguration;
  /** The external flash chip. Its observer sees every erase and program operation. */
  readonly flash: NorDevice;
  /** The option-byte keys. Their observer sees every update of counter or hash reference. */
  readonly obk: ObkStore;
  readonly optionBytes: OptionByteValues;
  /** False while the internal flash holds no root of trust: nothing runs then. Default true. */
  readonly rotProgrammed?: boolean;
  /** Whether user flash holds something at this offset: STiRoT looks there for its iLoader. Default: it does. */
  readonly iLoaderProgrammed?: (offset: ByteCount) => boolean;
  /** Which MPU table the build has; default `current`. */
  readonly release?: RotRelease;
  /** OEMIROT_DEV_MODE: log lines, product state OPEN accepted, Error_Handler stops; default true, as ST ships it. */
  readonly devMode?: boolean;
  /** OEMIROT_MCE_PROTECTION: the MCE's registers are left as that build leaves them (`flash` is what it shows the boot). Default false. */
  readonly memoryCipher?: boolean;
  /** Takes each line of the development-mode log as it is printed, without CR LF. Key bytes are masked. */
  readonly log: LogLine;
  /** The confirmation that an application leaves in RAM, for swap mode; without one no image is ever confirmed by its application. */
  readonly confirmationFlag?: ConfirmationFlag;
  /** How images are checked; default: anew each time. */
  readonly checks?: ImageChecks;
  /** Programs option bytes: the boot sets XSPI1_HSLV and XSPI2_HSLV itself when they are missing. */
  readonly programOptionBytes?: (values: OptionByteValues) => void;
}

/** What happened to the images in this boot. */
export interface BootActions {
  readonly swapType: SwapType;
  /** An interrupted swap was completed. */
  readonly resumed?: true;
  readonly installed: boolean;
  /** Why a pending image was not installed. */
  readonly rejected?: RejectedSlot;
}

/** How a boot ended. */
export type BootOutcome =
  /** The application starts. `version` is that of its header: major.minor.revision, and +build where there is one. */
  | (BootActions & { readonly kind: 'application'; readonly version: string; readonly handOver: HandOver })
  /** No bootable image: the primary slot was erased unless it was blank, then the chip resets itself and boots again. */
  | (BootActions & { readonly kind: 'no-image'; readonly why: string; readonly erasedPrimary: boolean; readonly next: 'reset' })
  /** Error_Handler of a development build or an assertion: an endless loop until the next reset. Also where nothing runs at all. */
  | { readonly kind: 'halt'; readonly why: string }
  /** The chip resets itself and boots again: Error_Handler of a production build, or a swap boot that has stored the counter of a confirmed image. */
  | { readonly kind: 'reset'; readonly why: string; readonly cause: 'error-handler' | 'security-counter' };

/**
 * One boot of OEMiROT_Boot from reset to the start of the application, as far as it can be observed from outside: log, flash and OBKey operations, memory and registers
 * (STM32CubeH7RS Projects/STM32H7S78-DK/Applications/ROT/OEMiROT_Boot: boot_hal.c boot_platform_init, boot_platform_quit, boot_platform_noimage; stm32-mw-mcuboot bl2_main.c).
 * @param stage the build: OEMiRoT, or OEMuRoT as STiRoT starts it
 * @throws PowerCut when an observer of the flash or of the keys cuts the power
 * @throws HarnessError `unsupported-configuration` (usage) for swap mode without a scratch area
 */
export function bootOemirot(platform: RotPlatform, stage: RotStage = oemirotStage): BootOutcome {
  const devMode = platform.devMode ?? true;
  if (platform.rotProgrammed === false) return { kind: 'halt', why: 'the internal flash is blank: no root of trust is programmed' };
  const select = platform.optionBytes.IROT_SELECT;
  if (select !== undefined && select !== stage.irotSelect) return { kind: 'halt', why: `option byte IROT_SELECT does not select ${stage.startedBy}` };
  const log: LogLine = devMode
    ? platform.log
    : () => {
        // A production build is compiled without logging.
      };
  try {
    return boot(platform, stage, devMode, log);
  } catch (error) {
    if (error instanceof ErrorHandlerReached) return devMode ? { kind: 'halt', why: error.message } : { kind: 'reset', why: error.message, cause: 'error-handler' };
    throw error;
  }
}

function boot(platform: RotPlatform, stage: RotStage, devMode: boolean, log: LogLine): BootOutcome {
  const { kit, configuration } = platform;
  const { context, data } = initialise(platform, stage, devMode, log);
  log(`[INF] Starting bootloader ${stage.name}`);
  const go = bootGo(context);
  const { result, ...actions } = go;
  if (result.kind === 'reset') return { ...result, cause: 'security-counter' };
  if (result.kind === 'no-image') return { kind: 'no-image', ...actions, ...noImage(context.primary, result.why, log) };

  const { header, digest } = result;
  log('[INF] Bootloader chainload address offset: 0x0');
  log('[INF] Jumping to the first image slot');
  storeHashReference(digest, context.hashReference, data, log);
  // Made when it is asked for: a sweep boots thousands of times and never looks at it.
  let handOver: HandOver | undefined;
  const build = (): HandOver =>
    buildHandOver({ kit, configuration, release: platform.release ?? 'current', devMode, memoryCipher: platform.memoryCipher ?? false, image: signedPart(context.primary, header), headerSize: header.headerSize });
  return {
    kind: 'application',
    ...actions,
    version: formatVersion(header.version),
    get handOver() {
      return (handOver ??= build());
    },
  };
}

/** boot_platform_init: option bytes, keys and memories, in the boot's order. @throws ErrorHandlerReached */
function initialise(platform: RotPlatform, stage: RotStage, devMode: boolean, log: LogLine): { context: BootutilContext; data: ObkDataAreas } {
  const { kit, configuration, optionBytes, obk } = platform;
  const { path, layout } = configuration;
  const { hdpl } = stage;
  const encrypted = obkEncrypted(productState(optionBytes));
  const data = new ObkDataAreas(obk, hdpl, encrypted);
  const stored = data.read();
  if (stored === undefined) {
    log(`[ERR] Wrong OBK HDPL${hdpl} data`);
    throw new ErrorHandlerReached(`the OBKey data of HDPL${hdpl} (counter, hash reference) is ${whyUnreadable(obk, hdpl, encrypted)}`);
  }
  checkRamEcc(optionBytes);
  const minimumState = devMode ? 'OPEN' : 'CLOSED-ECDSA';
  // OEMuRoT leaves write and hide protection to STiRoT, whose iLoader owns the flash.
  if (stage.checksFlashProtections) checkFlashProtections(optionBytes, kit.device, { address: path.rotBinary.address, size: path.rotBinary.maxSize }, log);
  checkProductState(optionBytes, minimumState);
  const configurationBytes = readObkConfiguration(obk, hdpl, encrypted);
  if (configurationBytes === undefined) {
    log(`[ERR] read: Wrong OBK HDPL${hdpl} cfg`);
    throw new ErrorHandlerReached(`the OBKey configuration of HDPL${hdpl} (keys) is ${whyUnreadable(obk, hdpl, encrypted)}`);
  }
  if (optionBytes.XSPI1_HSLV !== 1 || optionBytes.XSPI2_HSLV !== 1) platform.programOptionBytes?.({ XSPI1_HSLV: 1, XSPI2_HSLV: 1 });
  const area = (name: AreaName, { base, size }: MemoryArea): FlashArea => new FlashArea(name, platform.flash, { base, size }, kit.externalFlash.base);
  const trailer = trailerLayout(configuration);
  const primary = area('primary', layout.primary);
  if (configuration.mode === 'swap') consumeConfirmation(platform.confirmationFlag ?? new RamFlag(), primary, trailer, log);
  return {
    data,
    context: {
      primary,
      secondary: area('secondary', layout.secondary),
      ...(configuration.mode === 'swap' ? { scratch: area('scratch', scratchOf(configuration)) } : {}),
      layout: trailer,
      keys: keysIn(obk, configurationBytes, hdpl),
      data,
      hashReference: stored.hashReference,
      ...(platform.checks === undefined ? {} : { checks: platform.checks }),
      log,
    },
  };
}

/** @throws HarnessError `unsupported-configuration` (usage) */
function scratchOf({ layout }: RotConfiguration): MemoryArea {
  if (layout.scratch !== undefined) return layout.scratch;
  throw new HarnessError({ code: 'unsupported-configuration', kind: 'usage', message: 'swap mode needs a scratch area, this layout has none', nextStep: 'choose update mode overwrite, or give the layout a scratch area' });
}

/** The trailers of ST's build for a configuration (OEMiROT_Boot/Inc/flash_layout.h, MCUBOOT_STATUS_MAX_ENTRIES). */
function trailerLayout(configuration: RotConfiguration): TrailerLayout {
  const { mode, path, layout } = configuration;
  const statusEntries = mode === 'swap' ? Math.floor((layout.primary.size - 1) / scratchOf(configuration).size) + 1 : 0;
  return { mode, maxAlign: path.maxAlign, programUnit: path.programUnit, statusEntries };
}

function whyUnreadable(obk: ObkStore, hdpl: number, encrypted: boolean): string {
  if (!obk.has(hdpl, 8)) return 'not provisioned or damaged';
  return `not valid in clear or deciphered form (this product state reads it ${encrypted ? 'deciphered: the OBK file needs DoEncryption 1' : 'in clear: the OBK file needs DoEncryption 0'})`;
}

/** What was decoded last from a store: thousands of boots with the same keys decode them once. */
const decoded = new WeakMap<ObkStore, { readonly configuration: Uint8Array; readonly keys: RotKeys }>();

function keysIn(obk: ObkStore, configuration: Uint8Array, hdpl: number): RotKeys {
  const last = decoded.get(obk);
  if (last !== undefined && equalBytes(last.configuration, configuration)) return last.keys;
  const keys = keysOf(configuration, hdpl);
  decoded.set(obk, { configuration, keys });
  return keys;
}

/** @throws ErrorHandlerReached for bytes that are no keys although their hash is right */
function keysOf(configuration: Uint8Array, hdpl: number): RotKeys {
  try {
    return decodeOemirotConfig(configuration);
  } catch {
    // unverified: ST's code parses the keys only when it needs them and then rejects every image; stopping here names the cause.
    throw new ErrorHandlerReached(`the OBKey configuration of HDPL${hdpl} holds no P-256 keys`);
  }
}

function storeHashReference(digest: Uint8Array, current: Uint8Array, data: ObkDataAreas, log: LogLine): void {
  if (digest.every((byte, i) => byte === current[i])) return;
  if (data.updateHashReference(digest)) return;
  log('[ERR] Error while storing hash references');
  throw new ErrorHandlerReached('the hash reference could not be stored');
}

/** boot_platform_noimage without OEMIROT_JUMP_TO_BL_ENABLE. */
function noImage(primary: FlashArea, why: string, log: LogLine): { why: string; erasedPrimary: boolean; next: 'reset' } {
  log('[ERR] Unable to find bootable image');
  log("[INF] In closed mode, please use DA 'Forced Download' to be able to use bootloader");
  log('[INF] Before doing so, disconnect COM port if used by bootloader');
  // Only the first sector is asked whether there is anything to hide from the system boot loader.
  const erasedPrimary = !primary.isErased(0, primary.sectorSize);
  if (erasedPrimary) primary.eraseAll();
  return { why, erasedPrimary, next: 'reset' };
}
