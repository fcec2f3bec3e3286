import type { Kit, RotConfiguration, RotConfigurationWanted } from '../../board/index.js';
import { rotConfiguration } from '../../board/index.js';
import type { Cover, LabRotBinary } from './types.js';

/** The configurations of a cover that the kit has, boot path by boot path, mode by mode. */
export function coverable(kit: Kit, cover: Pick<Cover, 'bootPaths' | 'modes' | 'execs'>): RotConfiguration[] {
  return cover.bootPaths.flatMap((bootPath) =>
    cover.modes.flatMap((mode) => {
      const execs = (kit.bootPaths[bootPath]?.layouts ?? []).filter(({ modes }) => modes.includes(mode)).map(({ exec }) => exec);
      const wanted = cover.execs.length === 0 ? execs.slice(0, 1) : execs.filter((exec) => cover.execs.includes(exec));
      return wanted.map((exec) => rotConfiguration(kit, { bootPath, mode, exec }));
    }),
  );
}

/** The build that names most of a configuration among those that fit it; undefined where none does. */
export function rotBinaryFor(builds: readonly LabRotBinary[], { bootPath, mode, exec }: Pick<RotConfigurationWanted, 'bootPath' | 'mode' | 'exec'>): LabRotBinary | undefined {
  const fits = builds.filter((build) => (build.bootPath ?? bootPath) === bootPath && (build.mode ?? mode) === mode && (build.exec ?? exec) === exec);
  const named = (build: LabRotBinary): number => [build.bootPath, build.mode, build.exec].filter((one) => one !== undefined).length;
  return fits.sort((one, other) => named(other) - named(one))[0];
}
