import type { Kit, RotConfiguration } from '../board/index.js';
import type { MpuRegion, RotRelease } from './mpu-table.js';
import { applicationMpuTable, stirotMpuTable } from './mpu-table.js';

/** The MPU in force for an application, and which root of trust set it. */
export interface ProtectionAfterBoot {
  /** MPU_CTRL. */
  readonly control: number;
  readonly regions: readonly MpuRegion[];
  readonly setBy: string;
}

/** ENABLE and HFNMIENA, as the root of trust leaves MPU_CTRL. */
const mpuControl = 3;
const names = { oemirot: 'OEMiRoT', stirot: 'STiRoT', 'stirot-oemurot': 'OEMuRoT' } as const;

/** The MPU as the root of trust of a configuration hands it over. */
export function protectionAfterBoot(kit: Kit, configuration: RotConfiguration, release: RotRelease): ProtectionAfterBoot {
  const regions = configuration.bootPath === 'stirot' ? stirotMpuTable(kit, configuration) : applicationMpuTable(kit, configuration, release);
  return { control: mpuControl, regions, setBy: names[configuration.bootPath] };
}
