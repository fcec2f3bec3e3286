import { basename, dirname, isAbsolute, join } from 'node:path';
import process from 'node:process';
import type { Bench, Kit, RotConfiguration } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import type { RealLabBench } from '../lab/index.js';
import type { StFolderContents } from '../provisioning/index.js';

export interface RealBenchParts extends Partial<Pick<RealLabBench, 'tool' | 'loaders' | 'powerSwitch' | 'powerCycle' | 'bootLoader'>>, Pick<RealLabBench, 'name' | 'console'> {
  readonly sn: string;
  /** Absolute. */
  readonly rot: string;
  /** Absolute. */
  readonly secondStage?: string | undefined;
}

/** What ST's folder says of a bench. */
export interface BenchDefaults {
  /** Absolute. */
  readonly rot?: string;
  /** Base names. */
  readonly loaders?: { readonly open?: string; readonly bootLoader?: string };
  readonly bootLoaderPort?: string;
}

/** What ST's env.sh or env.bat says; `com_port` as shipped is a name of Windows, COM19, on every system. */
export function benchDefaultsOf({ environment, files }: StFolderContents, platform: NodeJS.Platform = process.platform): BenchDefaults {
  const { comPort, externalLoader, bootLoaderLoader } = environment;
  const isPort = comPort !== undefined && (platform === 'win32' ? /^COM\d{1,3}$/i : /^\/[\w./:-]+$/).test(comPort);
  return {
    ...(files.rot === undefined ? {} : { rot: files.rot }),
    ...(isPort ? { bootLoaderPort: comPort } : {}),
    loaders: { ...(externalLoader === undefined ? {} : { open: externalLoader }), ...(bootLoaderLoader === undefined ? {} : { bootLoader: bootLoaderLoader }) },
  };
}

/** @throws HarnessError `tool-missing` (bench) */
export async function realBenchOf(parts: RealBenchParts, kit: Kit, configuration: RotConfiguration, defaults: BenchDefaults = {}): Promise<Bench> {
  const { findProgrammer } = await import('../programmer/index.js');
  const programmerPath = findProgrammer(parts.tool === undefined ? {} : { path: parts.tool });
  return {
    name: parts.name,
    kit: kit.id,
    probe: { sn: parts.sn },
    console: parts.console,
    programmerPath,
    externalLoader: loaderPath(programmerPath, parts.loaders?.open ?? defaults.loaders?.open ?? kit.externalFlash.loader),
    bootLoaderLoader: loaderPath(programmerPath, parts.loaders?.bootLoader ?? defaults.loaders?.bootLoader ?? kit.externalFlash.bootLoaderLoader),
    bootLoader: { port: parts.bootLoader?.port ?? defaults.bootLoaderPort ?? parts.console.path, baudRate: parts.bootLoader?.baudRate ?? 921600 },
    rotBinary: { path: parts.rot, address: configuration.path.rotBinary.address },
    ...(parts.secondStage === undefined ? {} : { secondStage: parts.secondStage }),
    provisioningPauses: true,
    ...(parts.powerSwitch === undefined ? {} : { powerSwitch: parts.powerSwitch }),
    ...(parts.powerCycle === undefined ? {} : { powerCycle: parts.powerCycle }),
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
