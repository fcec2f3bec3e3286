import { stirotMagic } from '../image/index.js';
import type { FlashArea } from './flash-area.js';

/** What the iLoader tells STiRoT through SBS RSSCMD (STM32CubeH7RS STiROT_iLoader/Inc/boot_hal_iloader.h). */
export const rssCommand = { loadEmpty: 0x3ec4, primaryLoaded: 0x3401, secondaryLoaded: 0xd242 } as const;
export type RssCommand = (typeof rssCommand)[keyof typeof rssCommand];

/** What STiRoT and its iLoader share. */
export interface ILoaderMemory {
  /** Firmware installation area. */
  readonly primary: FlashArea;
  /** Firmware download area. */
  readonly secondary: FlashArea;
  /** Firmware area in internal RAM, as long as each of the others. */
  readonly ram: Uint8Array;
}

const holdsImage = (bytes: Uint8Array): boolean => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === stirotMagic;

/** Whether an image begins in the RAM area. */
export function ramHoldsImage({ ram }: ILoaderMemory): boolean {
  return holdsImage(ram);
}

/**
 * Operation "load" (STiROT_iLoader/Src/loader.c, LOADER_Load): a download image is copied to RAM; without one the installed image is, unless RAM holds an image already.
 * Only the magic is looked at.
 */
export function iLoaderLoad({ primary, secondary, ram }: ILoaderMemory): RssCommand {
  const present = (area: FlashArea): boolean => holdsImage(area.read(0, 4));
  if (present(secondary)) {
    ram.set(secondary.read(0, secondary.size));
    return rssCommand.secondaryLoaded;
  }
  if (!present(primary) || holdsImage(ram)) return rssCommand.loadEmpty;
  ram.set(primary.read(0, primary.size));
  return rssCommand.primaryLoaded;
}

/**
 * Operation "update", suboperation "save" (LOADER_Update_Save_Code): installation area erased, RAM written there, download area erased.
 * ST's code erases blocks of 64 KB and writes through the MCE; the model erases and writes sector by sector, so that a power cut has more places to happen.
 * @throws PowerCut
 */
export function iLoaderSave(memory: ILoaderMemory): void {
  const { primary, secondary, ram } = memory;
  if (!holdsImage(ram)) return;
  primary.eraseAll();
  for (let at = 0; at < primary.size; at += primary.sectorSize) primary.program(at, ram.subarray(at, at + primary.sectorSize));
  secondary.eraseAll();
}

/** Operation "update", suboperation "erase" (LOADER_Update_Erase_Secondary_Code): the download image was refused. @throws PowerCut */
export function iLoaderErase({ secondary }: ILoaderMemory): void {
  secondary.eraseAll();
}
