import { existsSync, readdirSync, statSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import { delimiter, join, posix, resolve, win32 } from 'node:path';
import process from 'node:process';
import { HarnessError } from '../errors/index.js';

export interface FindProgrammerOptions {
  /** The executable or the folder that holds it; nothing else is looked at when given. */
  readonly path?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Where ST's installers put it; for tests. */
  readonly defaultFolders?: readonly string[];
}

const executable = platform() === 'win32' ? 'STM32_Programmer_CLI.exe' : 'STM32_Programmer_CLI';

/** What of a machine says where installers put things. */
export interface InstallationHost {
  readonly system: NodeJS.Platform;
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Names in a folder; none where it does not exist. */
  readonly list: (folder: string) => readonly string[];
}

const thisHost = (): InstallationHost => ({
  system: platform(),
  home: homedir(),
  environment: process.env,
  list: (folder) => {
    try {
      return readdirSync(folder);
    } catch {
      return [];
    }
  },
});

/** The folders of STM32CubeProgrammer's own installer (UM2237, section 1.2), and of the copy inside STM32CubeIDE, the newest first. */
export function installerFolders({ system, home, environment, list }: InstallationHost = thisHost()): string[] {
  const path = system === 'win32' ? win32 : posix;
  const tail = path.join('STMicroelectronics', 'STM32Cube', 'STM32CubeProgrammer');
  const newest = (folder: string, prefix: string): string[] =>
    list(folder)
      .filter((name) => name.toLowerCase().startsWith(prefix))
      .sort((one, other) => other.localeCompare(one, 'en', { numeric: true }))
      .map((name) => path.join(folder, name));
  const inside = (ide: string): string[] => newest(path.join(ide, 'plugins'), 'com.st.stm32cube.ide.mcu.externaltools.cubeprogrammer.').map((plugin) => path.join(plugin, 'tools', 'bin'));
  switch (system) {
    case 'win32':
      return [
        ...[environment['ProgramFiles'], environment['ProgramFiles(x86)']].flatMap((root) => (root === undefined ? [] : [path.join(root, tail, 'bin')])),
        ...newest('C:\\ST', 'stm32cubeide_').flatMap((ide) => inside(path.join(ide, 'STM32CubeIDE'))),
      ];
    case 'darwin':
      return [...['Resources', 'MacOs'].map((part) => path.join('/Applications', tail, 'STM32CubeProgrammer.app', 'Contents', part, 'bin')), ...inside('/Applications/STM32CubeIDE.app/Contents/Eclipse')];
    default:
      return [path.join(home, tail, 'bin'), path.join('/usr/local', tail, 'bin'), path.join('/opt', tail, 'bin'), ...newest('/opt/st', 'stm32cubeide_').flatMap(inside)];
  }
}

function inside(path: string): string | undefined {
  const candidate = existsSync(path) && statSync(path).isDirectory() ? join(path, executable) : path;
  return existsSync(candidate) && statSync(candidate).isFile() ? resolve(candidate) : undefined;
}

function missing(where: string): HarnessError {
  return new HarnessError({
    code: 'tool-missing',
    kind: 'bench',
    message: `${executable} was not found ${where}`,
    nextStep:
      'install STM32CubeProgrammer from st.com, then put its bin folder on PATH, or name it by --tool or the environment variable STM32_PRG_PATH',
  });
}

/**
 * Absolute path of STM32_Programmer_CLI: the given path, else `STM32_PRG_PATH`, else PATH, else the folders of ST's installers.
 * A place that was named and does not hold the tool is an error, not a reason to look elsewhere.
 * @throws HarnessError `tool-missing` (bench)
 */
export function findProgrammer(options: FindProgrammerOptions = {}): string {
  const environment = options.environment ?? process.env;
  if (options.path !== undefined) {
    const found = inside(options.path);
    if (found === undefined) throw missing(`at ${options.path}`);
    return found;
  }
  const named = environment['STM32_PRG_PATH'];
  if (named !== undefined && named !== '') {
    const found = inside(named);
    if (found === undefined) throw missing(`at ${named} (STM32_PRG_PATH)`);
    return found;
  }
  const onPath = (environment['PATH'] ?? environment['Path'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of [...onPath, ...(options.defaultFolders ?? installerFolders())]) {
    const found = inside(join(folder, executable));
    if (found !== undefined) return found;
  }
  throw missing("on PATH or in the folders of ST's installers");
}
