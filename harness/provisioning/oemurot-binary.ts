import type { RotConfiguration } from '../board/index.js';
import { stirotSlots } from '../board/index.js';
import { hex32 } from '../units/index.js';

/** Internal RAM and DTCM, where the stack of a root of trust begins. */
export const isRam = (address: number): boolean => (address > 0x20000000 && address <= 0x20010000) || (address > 0x24000000 && address <= 0x24072000) || (address > 0x30000000 && address <= 0x30008000);

/**
 * What is wrong with the binary of OEMuROT, before it is signed; undefined for nothing. It runs where STiRoT loads it: behind the image header in internal RAM
 * (OEMiROT_Boot/Inc/region_defs.h, BL2_CODE_START with OEMUROT_ENABLE).
 */
export function oemurotProblem(configuration: RotConfiguration, bytes: Uint8Array): string | undefined {
  const slots = stirotSlots(configuration);
  if (slots === undefined) return `boot path ${configuration.bootPath} has no OEMuROT`;
  if (bytes.length < 8) return `it has ${bytes.length} bytes: no vector table`;
  const room = slots.secondary.size - configuration.path.headerSize;
  if (bytes.length > room) return `it has ${bytes.length} bytes, its slot takes ${room}`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const [stack, reset] = [view.getUint32(0, true), view.getUint32(4, true)];
  if (!isRam(stack)) return `it does not begin with a vector table: its stack would start at ${hex32(stack)}`;
  if (reset % 2 === 0 || reset < slots.runAddress || reset >= slots.run.base + slots.run.size) return `it is not linked for ${hex32(slots.runAddress)}: its reset vector is ${hex32(reset)}`;
  return undefined;
}
