import { basename, dirname, isAbsolute, join } from 'node:path';
import type { Bench, Kit, RotConfiguration } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import type { RealLabBench } from '../lab/index.js';

export interface RealBenchParts extends Partial<Pick<RealLabBench, 'tool' | 'loaders' | 'powerSwitch' | 'bootLoader'>>, Pick<RealLabBench, 'name' | 'console'> {
  readonly sn: string;
  /** Absolute. */
  readonly rot: string;
}

/** @throws HarnessError `tool-missing` (bench) */
export async function realBenchOf(parts: RealBenchParts, kit: Kit, configuration: RotConfiguration): Promise<Bench> {
  const { findProgrammer } = await import('../programmer/index.js');
  const programmerPath = findProgrammer(parts.tool === undefined ? {} : { path: parts.tool });
  return {
    name: parts.name,
    kit: kit.id,
    probe: { sn: parts.sn },
    console: parts.console,
    programmerPath,
    externalLoader: loaderPath(programmerPath, parts.loaders?.open ?? kit.externalFlash.loader),
    bootLoaderLoader: loaderPath(programmerPath, parts.loaders?.bootLoader ?? kit.externalFlash.bootLoaderLoader),
    bootLoader: { port: parts.bootLoader?.port ?? parts.console.path, baudRate: parts.bootLoader?.baudRate ?? 921600 },
    rotBinary: { path: parts.rot, address: configuration.path.rotBinary.address },
    provisioningPauses: true,
    ...(parts.powerSwitch === undefined ? {} : { powerSwitch: parts.powerSwitch }),
  };
}

/** STM32CubeProgrammer keeps its loaders beside its program, and `-el` wants the path (UM2237, section 3.2.3). */
function loaderPath(programmerPath: string, loader: string): string {
  return isAbsolute(loader) ? loader : join(dirname(programmerPath), 'ExternalLoader', basename(loader));
}

/** A board that is not virtual brings no root of trust of its own. */
export function rotMissing(message: string, nextStep: string): HarnessError {
  return new HarnessError({ code: 'rot-missing', kind: 'usage', message, nextStep });
}
