import { existsSync, readdirSync, statSync } from 'node:fs';
import { homedir, platform } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
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

/** The folders of STM32CubeProgrammer's own installer (UM2237, section 1.2), and of the copy inside STM32CubeIDE. */
function installerFolders(): string[] {
  const tail = join('STMicroelectronics', 'STM32Cube', 'STM32CubeProgrammer');
  switch (platform()) {
    case 'win32':
      return [process.env['ProgramFiles'], process.env['ProgramFiles(x86)']].flatMap((root) => (root === undefined ? [] : [join(root, tail, 'bin')]));
    case 'darwin':
      return ['Resources', 'MacOs'].map((part) => join('/Applications', tail, 'STM32CubeProgrammer.app', 'Contents', part, 'bin'));
    default:
      return [join(homedir(), tail, 'bin'), join('/usr/local', tail, 'bin'), join('/opt', tail, 'bin'), ...cubeIdeFolders('/opt/st')];
  }
}

function cubeIdeFolders(root: string): string[] {
  const list = (folder: string, prefix: string): string[] => {
    try {
      return readdirSync(folder)
        .filter((name) => name.startsWith(prefix))
        .sort()
        .reverse()
        .map((name) => join(folder, name));
    } catch {
      return [];
    }
  };
  return list(root, 'stm32cubeide_').flatMap((ide) =>
    list(join(ide, 'plugins'), 'com.st.stm32cube.ide.mcu.externaltools.cubeprogrammer.').map((plugin) => join(plugin, 'tools', 'bin')),
  );
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
