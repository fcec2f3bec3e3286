/** One build configuration of a project, with the linker script it names. */
export interface ProjectConfiguration {
  readonly tool: 'STM32CubeIDE' | 'EWARM' | 'MDK-ARM' | 'CMake';
  /** As the IDE shows it: `Debug`. */
  readonly name: string;
  /** As the project gives it, folder separators as `/`, IDE variables for the project's folder taken away; '' for none. */
  readonly script: string;
  /** Whether a step before the build may make the script: then there is none until something was built. */
  readonly made?: boolean;
  readonly line: number;
}

const most = 64;

/** Whether a file's name is that of a project this tool can read. */
export function isProjectName(name: string): boolean {
  return name === '.cproject' || name === 'CMakeLists.txt' || /\.(ewp|uvprojx)$/i.test(name);
}

/**
 * The configurations of a project file: `.cproject` (STM32CubeIDE), `.ewp` (IAR), `.uvprojx` (Keil), `CMakeLists.txt` and files like it.
 * What they say about anything but the linker script is not looked at; a file that is none of these has none.
 */
export function readProject(fileName: string, text: string): readonly ProjectConfiguration[] {
  if (fileName === '.cproject') return cubeIde(text);
  if (/\.ewp$/i.test(fileName)) return blocks(text, 'configuration', 'EWARM', /<name>\s*IlinkIcfFile\s*<\/name>\s*<state>([^<]*)<\/state>/);
  if (/\.uvprojx$/i.test(fileName)) return blocks(text, 'Target', 'MDK-ARM', /<ScatterFile>([^<]*)<\/ScatterFile>/);
  return cmake(text);
}

const lineOf = (text: string, at: number): number => text.slice(0, at).split('\n').length;

function plainPath(path: string): string {
  return path
    .trim()
    .replace(/&quot;|"/g, '')
    .replace(/\\/g, '/')
    .replace(/^\$\{workspace_loc:\/?\$\{ProjName\}\/?([^}]*)\}/, '$1')
    .replace(/^\$\{(workspace_loc|ProjDirPath|CMAKE_SOURCE_DIR|CMAKE_CURRENT_SOURCE_DIR|PROJECT_SOURCE_DIR)(:[^}]*)?\}\/?/, '')
    .replace(/^\$PROJ_DIR\$\/?/, '')
    .replace(/^\.\//, '');
}

function cubeIde(text: string): readonly ProjectConfiguration[] {
  const found: ProjectConfiguration[] = [];
  let name = '';
  let before = '';
  for (const match of text.matchAll(/<configuration\b([^>]*?\bname="([^"]*)"[^>]*)|superClass="[^"]*linker\.option\.script"[^>]*?\bvalue="([^"]*)"/g)) {
    if (match[1] !== undefined) {
      name = match[2]!;
      before = /\bprebuildStep="([^"]*)"/.exec(match[1])?.[1] ?? '';
    } else if (found.length < most) {
      const script = plainPath(match[3]!);
      found.push({ tool: 'STM32CubeIDE', name, script, ...(script !== '' && before.includes(script.split('/').at(-1)!) ? { made: true } : {}), line: lineOf(text, match.index) });
    }
  }
  return found;
}

/** `<element> … <name>Debug</name> … script … </element>` */
function blocks(text: string, element: string, tool: 'EWARM' | 'MDK-ARM', script: RegExp): readonly ProjectConfiguration[] {
  const found: ProjectConfiguration[] = [];
  const [open, close] = [`<${element}>`, `</${element}>`];
  for (let at = text.indexOf(open); at >= 0 && found.length < most; at = text.indexOf(open, at + 1)) {
    const end = text.indexOf(close, at);
    const body = text.slice(at, end < 0 ? text.length : end);
    // µVision makes the scatter file itself where it takes the memory layout from its dialog.
    const path = tool === 'MDK-ARM' && /<umfTarg>\s*1\s*<\/umfTarg>/.test(body) ? null : script.exec(body);
    const made = tool === 'EWARM' && /<prebuild>[^<]*\S[^<]*<\/prebuild>/.test(body);
    const name = /<(?:name|TargetName)>([^<]*)</.exec(body)?.[1] ?? '';
    found.push({ tool, name, script: plainPath(path?.[1] ?? ''), ...(made ? { made } : {}), line: lineOf(text, at + (path?.index ?? 0)) });
  }
  return found;
}

function cmake(text: string): readonly ProjectConfiguration[] {
  const found: ProjectConfiguration[] = [];
  for (const match of text.matchAll(/[^\s"'()=]+\.(?:ld|lds|icf|sct)\b/g)) {
    const script = plainPath(match[0].replace(/^(-Wl,)?(-T|--script[=,]?|--config[= ]?|--scatter[= ]?)/, ''));
    if (found.length < most && script !== '' && !found.some((each) => each.script === script)) found.push({ tool: 'CMake', name: '', script, line: lineOf(text, match.index) });
  }
  return found;
}
