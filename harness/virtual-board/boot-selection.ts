import { configurationOnPath } from '../board/index.js';
import type { BootPathName, Kit, RotConfiguration } from '../board/index.js';
import { irotSelect } from '../rot/index.js';
import type { ObkStore } from '../rot/index.js';

/** Level and index at which OEMuRoT finds its keys (ROT_Provisioning/STiROT_OEMuROT/Config/OEMuROT_Config.xml). */
const oemurotKeys = { hdpl: 2, index: 8 } as const;

/**
 * The boot path that a chip takes by its own state: IROT_SELECT chooses between user flash and STiRoT; what STiRoT starts is OEMuRoT where keys for one
 * are provisioned (or the board was started for that path), else the application.
 */
function bootPathOf(built: BootPathName, select: number, obkeys: ObkStore): BootPathName {
  if (select !== irotSelect.st) return 'oemirot';
  return built === 'stirot-oemurot' || obkeys.has(oemurotKeys.hdpl, oemurotKeys.index) ? 'stirot-oemurot' : 'stirot';
}

/**
 * What boots now: the path by the chip's state; update and execution mode as the user's root of trust was built, where the path has them, else ST's defaults for it.
 * @param built how the board was started (`--boot-path`, `--mode`, `--exec`)
 */
export function bootConfiguration(kit: Kit, built: RotConfiguration, select: number, obkeys: ObkStore): RotConfiguration {
  return configurationOnPath(kit, built, bootPathOf(built.bootPath, select, obkeys));
}
