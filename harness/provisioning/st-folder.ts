import { existsSync } from 'node:fs';
import { dirname, extname, isAbsolute, join, resolve, sep } from 'node:path';
import type { BootPathName } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import type { FilePaths, FileRole, FinalState } from './files.js';
import type { StScript } from './st-script.js';
import { readStScript } from './st-script.js';
import { readStLines, stVariables } from './st-variables.js';

/** What ST's env.sh or env.bat says, as far as plans need it. Nothing is executed. */
export interface StEnvironment {
  readonly comPort?: string;
  /** Base names of the external loaders. */
  readonly externalLoader?: string;
  readonly bootLoaderLoader?: string;
  /** Project folders below `Projects/<kit>`. */
  readonly projects: Readonly<Partial<Record<'stirot' | 'iloader' | 'oemirot-application' | 'oemirot-boot', string>>>;
  readonly hexNames: { readonly stirot: string; readonly oemirot: string };
}

/**
 * Reads what env.sh or env.bat sets.
 * @throws HarnessError `st-environment` (usage)
 */
export function readStEnvironment(path: string): StEnvironment {
  const values = stVariables(readStLines(path));
  const value = (name: string): string | undefined => values.get(name.toLowerCase()) || undefined;
  const loader = (name: string): string | undefined => /([^\\/\s"]+\.stldr)/i.exec(value(name) ?? '')?.[1];
  const project = (name: string): string | undefined => value(name)?.replaceAll('\\', '/');
  const entries = { stirot: project('stirot_boot_path_project'), iloader: project('stirot_iloader_boot_path_project'), 'oemirot-application': project('oemirot_appli_path_project'), 'oemirot-boot': project('oemirot_boot_path_project') };
  const [comPort, externalLoader, bootLoaderLoader] = [value('com_port'), loader('stm32ExtLoaderFlashOpen'), loader('stm32ExtLoaderFlash')];
  return {
    ...(comPort === undefined ? {} : { comPort }),
    ...(externalLoader === undefined ? {} : { externalLoader }),
    ...(bootLoaderLoader === undefined ? {} : { bootLoaderLoader }),
    projects: Object.fromEntries(Object.entries(entries).filter(([, folder]) => folder !== undefined)),
    hexNames: { stirot: value('stirot_appli') ?? 'appli_enc_sign.hex', oemirot: value('oemirot_appli') ?? 'rot_app_enc_sign.hex' },
  };
}

export interface StFolderContents {
  readonly environment: StEnvironment;
  readonly files: FilePaths;
  /** undefined where the folder has no scripts for the boot path. */
  readonly script?: StScript;
  readonly credential: { readonly key: string; readonly chain: string; readonly password: string };
}

const folders: Readonly<Record<BootPathName, string>> = { oemirot: 'OEMiROT', stirot: 'STiROT', 'stirot-oemurot': 'STiROT_OEMuROT' };

/**
 * Where ST's scripts of a `ROT_Provisioning` folder take their files from; whether they are there shows when they are read.
 * @param folder `Projects/STM32H7S78-DK/ROT_Provisioning`
 * @param method of debug authentication
 * @throws HarnessError `st-environment`, `st-script` (usage)
 */
export function readStFolder(folder: string, bootPath: BootPathName, state: FinalState, method: 'certificate' | 'password'): StFolderContents {
  const root = resolve(folder);
  const named = ['env.sh', 'env.bat'].map((name) => join(root, name)).find((path) => existsSync(path));
  if (named === undefined) throw new HarnessError({ code: 'st-environment', kind: 'usage', message: `${folder} holds neither env.sh nor env.bat`, nextStep: "give the folder ROT_Provisioning of STM32CubeH7RS's project for the board" });
  const environment = readStEnvironment(named);
  const inside = (...parts: string[]): string => join(root, folders[bootPath], ...parts);
  const projects = dirname(root);
  const project = (name: keyof StEnvironment['projects'], ...parts: string[]): string | undefined => {
    const relative = environment.projects[name];
    if (relative === undefined) return undefined;
    return isAbsolute(relative) ? join(relative, ...parts) : join(projects, ...relative.split('/'), ...parts).split(sep).join(sep);
  };
  // NUCLEO-H7S3L8's folder holds no more than what is needed for debug authentication.
  const hasPath = existsSync(inside());
  const scriptPath = inside(`ob_flash_programming${extname(named)}`);
  const script = existsSync(scriptPath) ? readStScript(scriptPath) : undefined;
  const da = { OPEN: undefined, CLOSED: method === 'password' ? 'DA_ConfigWithPassword.obk' : 'DA_Config.obk', LOCKED: 'DA_ConfigLock.obk' }[state];
  const files: Partial<Record<FileRole, string | undefined>> = { ...(da === undefined ? {} : { da: join(root, 'DA', 'Binary', da) }) };
  switch (hasPath ? bootPath : undefined) {
    case 'oemirot':
      Object.assign(files, {
        ...(state === 'OPEN' ? { 'hardware-keys': inside('Binary', 'OEMiROT_AHK_OPEN.obk') } : {}),
        config: inside('Binary', 'OEMiROT_Config.obk'),
        data: inside('Binary', state === 'OPEN' ? 'OEMiROT_Data_OPEN.obk' : 'OEMiROT_Data.obk'),
        rot: project('oemirot-boot', 'Binary', 'OEMiROT_Boot.bin'),
        image: project('oemirot-application', 'Binary', environment.hexNames.oemirot),
      });
      break;
    case 'stirot':
      Object.assign(files, {
        config: inside('Binary', 'STiROT_Config.obk'),
        data: inside('Binary', 'STiROT_Data.obk'),
        rot: project('iloader', 'Binary', 'STiROT_iLoader.bin'),
        image: project('stirot', 'Binary', environment.hexNames.stirot),
      });
      break;
    case 'stirot-oemurot':
      Object.assign(files, {
        'first-config': inside('Binary', 'STiROT_Config.obk'),
        'first-data': inside('Binary', 'STiROT_Data.obk'),
        config: inside('Binary', 'OEMuROT_Config.obk'),
        data: inside('Binary', 'OEMuROT_Data.obk'),
        rot: project('iloader', 'Binary', 'STiROT_iLoader.bin'),
        oemurot: project('oemirot-boot', 'Binary', 'OEMiROT_Boot_enc_sign.hex'),
        image: project('oemirot-application', 'Binary', environment.hexNames.oemirot),
      });
      break;
    default:
  }
  return {
    environment,
    files: Object.fromEntries(Object.entries(files).filter(([, path]) => path !== undefined)),
    ...(script === undefined ? {} : { script }),
    credential: { key: join(root, 'DA', 'Keys', 'key_3_leaf.pem'), chain: join(root, 'DA', 'Certificates', 'cert_leaf_chain.b64'), password: join(root, 'DA', 'Binary', 'password.bin') },
  };
}
