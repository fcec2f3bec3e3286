import type { Kit, RotConfiguration } from '../board/index.js';
import type { Protection } from '../elf/index.js';
import { applicationMpuTable, stirotMpuTable } from '../rot/mpu-table.js';
import type { RotRelease } from '../rot/index.js';

/** ENABLE and HFNMIENA, as the root of trust leaves MPU_CTRL. */
const mpuControl = 3;
const names = { oemirot: 'OEMiRoT', stirot: 'STiRoT', 'stirot-oemurot': 'OEMuRoT' } as const;

/** The MPU as the root of trust of a configuration hands it over. */
export function protectionAfterBoot(kit: Kit, configuration: RotConfiguration, release: RotRelease): Protection {
  const regions = configuration.bootPath === 'stirot' ? stirotMpuTable(kit, configuration) : applicationMpuTable(kit, configuration, release);
  return { control: mpuControl, regions, setBy: names[configuration.bootPath] };
}
