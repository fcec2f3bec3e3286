import { chooseConfiguration, loadKit } from '../../board/index.js';
import type { RotConfigurationChoice } from '../../board/index.js';
import type { Protection } from '../../elf/index.js';
import type { Application } from '../application.js';
import { bootSurroundings } from '../boot-surroundings.js';
import type { BootSurroundings, TcmShare } from '../boot-surroundings.js';
import { checkApplication } from '../check-application.js';

/** MPU_RASR of an enabled region of 2^n bytes. */
const rasr = (power: number, access: number, execute: boolean, attributes: number): number => (((execute ? 0 : 1) << 28) | (access << 24) | (attributes << 16) | ((power - 1) << 1) | 1) >>> 0;

/** The table of OEMiROT_Boot as far as these specs need it (low_level_security.c, region_cfg_appli). */
export function protection(slot: { readonly base: number; readonly size: number }): Protection {
  return {
    control: 3,
    regions: [
      { number: 0, base: 0x20000000, rasr: rasr(16, 1, false, 0b001_011) },
      { number: 1, base: 0x90000000, rasr: rasr(27, 3, false, 0b000_100) },
      { number: 2, base: 0x70000000, rasr: rasr(25, 3, false, 0b000_100) },
      { number: 5, base: 0x20000000, rasr: rasr(29, 1, false, 0b001_011) },
      { number: 8, base: 0x40000000, rasr: rasr(29, 1, false, 0b000_001) },
      { number: 13, base: 0x30007f80, rasr: rasr(7, 1, false, 0b001_000) },
      { number: 14, base: slot.base, rasr: rasr(Math.log2(slot.size), 5, true, 0b001_111) },
    ],
  };
}

/** Surroundings on the STM32H7S78-DK; default OEMiRoT, overwrite, external RAM. */
export function surroundings(choice: RotConfigurationChoice = {}, share?: TcmShare): BootSurroundings {
  const kit = loadKit('stm32h7s78-dk');
  const configuration = chooseConfiguration(kit, choice);
  return bootSurroundings(kit, configuration, protection(configuration.layout.run ?? configuration.layout.primary), share);
}

/** Rule and severity of each finding. */
export function found(application: Application, boot: BootSurroundings): readonly string[] {
  return checkApplication(application, boot).findings.map(({ rule, severity }) => `${severity} ${rule}`);
}
