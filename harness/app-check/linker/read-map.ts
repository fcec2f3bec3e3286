import { readArmlinkMap } from './armlink-map.js';
import { readGnuMap } from './gnu-map.js';
import { readIlinkMap } from './ilink-map.js';
import type { LinkerMap } from './map-model.js';
import { mapLimits, refuseMap } from './map-model.js';

/** Reads a map of GNU ld, ILINK or armlink, whichever it is by its titles. @throws HarnessError `linker-map` (usage): no map, cut short, or too large */
export function readLinkerMap(text: string, file: string): LinkerMap {
  if (text.length > mapLimits.bytes) throw refuseMap(file, 'is too large for a map');
  if (/^Memory Configuration\s*$/m.test(text)) return readGnuMap(text, file);
  if (/^# IAR ELF Linker|^\*\*\* PLACEMENT SUMMARY/m.test(text)) return readIlinkMap(text, file);
  if (/^\s*Memory Map of the image\s*$|^Section Cross References|Tool: armlink/m.test(text)) return readArmlinkMap(text, file);
  throw refuseMap(file, 'is no map of GNU ld, ILINK or armlink');
}
