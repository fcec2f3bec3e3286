import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { execa } from 'execa';

/**
 * Builds a project of STM32CubeIDE with arm-none-eabi-gcc as its own files say: linked sources of `.project`, sources below `Application`, include folders and
 * symbols of `.cproject` (its first configuration), the linker script beside them.
 * @param project folder with `.project` and `.cproject` · @param into folder for the objects
 * @returns path of the ELF file
 */
export async function buildCubeIde(project: string, script: string, into: string): Promise<string> {
  mkdirSync(into, { recursive: true });
  const cproject = readFileSync(join(project, '.cproject'), 'utf8');
  const list = (option: string): readonly string[] => {
    const [, body = ''] = new RegExp(String.raw`<option [^>]*c\.compiler\.option\.${option}"[^>]*>([^]*?)</option>`).exec(cproject) ?? [];
    return [...body.matchAll(/value="([^"]*)"/g)].map(([, value]) => value!);
  };
  const linked = [...readFileSync(join(project, '.project'), 'utf8').matchAll(/<locationURI>PARENT-(\d+)-PROJECT_LOC\/([^<]*)<\/locationURI>/g)].map(([, levels, path]) => resolve(project, ...Array<string>(Number(levels)).fill('..'), path!));
  const sources = [...linked, ...below(join(project, 'Application'))].filter((path) => /\.[cs]$/i.test(path));
  const core = ['-mcpu=cortex-m7', '-mthumb', '-mfpu=fpv5-d16', '-mfloat-abi=hard'];
  // The paths in .cproject are relative to the folder of the configuration.
  const include = list('includepaths').map((path) => `-I${resolve(project, 'Debug', path.replace(/&quot;|"/g, ''))}`);
  const flags = [...core, '-g3', '-Os', '-ffunction-sections', '-fdata-sections', '-std=gnu11', ...list('definedsymbols').map((symbol) => `-D${symbol}`), ...include];
  const objects: string[] = [];
  const waiting = [...sources];
  const work = async (): Promise<void> => {
    for (let source = waiting.pop(); source !== undefined; source = waiting.pop()) {
      const object = join(into, `${basename(source)}.o`);
      await execa('arm-none-eabi-gcc', [...flags, ...(source.endsWith('.s') ? ['-x', 'assembler-with-cpp'] : []), '-c', source, '-o', object]);
      objects.push(object);
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, work));
  const elf = join(into, `${basename(dirname(dirname(project)))}.elf`);
  await execa('arm-none-eabi-gcc', [...core, `-T${script}`, '--specs=nosys.specs', '--specs=nano.specs', '-Wl,--gc-sections', '-static', `-Wl,-Map=${elf.replace(/elf$/, 'map')}`, ...objects.sort(), '-o', elf]);
  return elf;
}

function below(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
}
