import type { Kit, MemoryArea, RotConfiguration } from '../board/index.js';
import { stirotSlots } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import { MceLayer } from '../flash/index.js';
import type { CipherRange, NorDevice } from '../flash/index.js';

/** Whether the root of trust of a board was built with the memory cipher engine, as ST's is for devices that have one. */
export type MemoryCipher = 'model' | 'off';

/** ST's builds use the MCE where the device has it (OEMIROT_MCE_PROTECTION in OEMiROT_Boot's projects; STiROT_Config.xml). */
export function defaultCipher(kit: Kit): MemoryCipher {
  return kit.device.memoryCipherEngine ? 'model' : 'off';
}

/** @throws HarnessError `no-cipher-engine` (usage) */
export function checkCipher(kit: Kit, cipher: MemoryCipher | undefined): void {
  if (cipher !== 'model' || kit.device.memoryCipherEngine) return;
  throw new HarnessError({ code: 'no-cipher-engine', kind: 'usage', message: `${kit.device.name} has no memory cipher engine`, nextStep: 'leave --mce out, or say --mce off' });
}

/** What lies enciphered in the external flash: the slots that a root of trust installs to, and the scratch area of a swap. */
export function cipheredRanges(kit: Kit, configuration: RotConfiguration): readonly CipherRange[] {
  const { primary, scratch } = configuration.layout;
  const stirot = stirotSlots(configuration)?.primary;
  const areas: MemoryArea[] = [primary];
  if (configuration.mode === 'swap' && scratch !== undefined) areas.push(scratch);
  if (stirot !== undefined && stirot.base !== primary.base) areas.push(stirot);
  return areas.map(({ base, size }) => ({ offset: base - kit.externalFlash.base, size }));
}

/** The external flash as the root of trust reads and writes it. */
export function throughCipher(flash: NorDevice, cipher: MemoryCipher, kit: Kit, configuration: RotConfiguration): NorDevice {
  return cipher === 'off' ? flash : new MceLayer(flash, cipheredRanges(kit, configuration));
}
