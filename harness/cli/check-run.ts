import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { applicationFromElf, applicationFromImage, applicationFromScript, bootSurroundings, checkApplication, isScriptName, readLinkerMap, readScript } from '../app-check/index.js';
import type { Application, BootSurroundings, LinkerMap, RotLayout } from '../app-check/index.js';
import { loadKit } from '../board/index.js';
import { isElf } from '../elf/index.js';
import type { Kit, RotConfiguration } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import type { CheckArguments, CheckedSubject } from './check-arguments.js';
import { configurationFor, rotLayoutOf } from './check-configuration.js';
import { protectionAfterBoot } from '../rot/protection-after-boot.js';
import { readBinaryFile, readLinkedFile } from './image-file.js';

const largestFile = 256 << 20;
const largestScript = 4 << 20;
const largestMap = 64 << 20;

/** Checks what the command line names. @throws HarnessError (usage) for files that cannot be read as what they are said to be */
export async function runCheck(path: string | undefined, args: CheckArguments): Promise<readonly CheckedSubject[]> {
  if (args.map !== undefined && (args.source !== undefined || (path !== undefined && isScriptName(path)))) {
    throw new HarnessError({ code: 'check-map', kind: 'usage', message: '--map belongs to a linked application', nextStep: 'leave --map out, or name the ELF, .bin or .hex file that was linked with it' });
  }
  if (args.source !== undefined) {
    const { checkSource } = await import('./check-source.js');
    const source = loadKit(args.kit);
    const layout = await rotLayoutOf(source, args.rotConfig);
    const { bootPath, mode, exec } = configurationFor(source, undefined, args, layout);
    return checkSource(args.source, (file) => checkScript(source, file, args, layout), { kit: source.id, bootPath, mode, exec });
  }
  if (path === undefined) {
    throw new HarnessError({ code: 'check-what', kind: 'usage', message: 'there is nothing to check', nextStep: 'name a linked application or a linker script, or a project folder with --source' });
  }
  const kit = loadKit(args.kit);
  const rot = await rotLayoutOf(kit, args.rotConfig);
  if (isScriptName(path)) return [checkScript(kit, path, args, rot)];
  const file = await readLinkedFile(path, largestFile);
  const map = args.map === undefined ? undefined : readLinkerMap(Buffer.from(await readBinaryFile(args.map, largestMap)).toString('latin1'), args.map);
  if (isElf(file) || !/\.(bin|hex)$/i.test(path)) {
    const application = applicationFromElf(file, path, map?.regions);
    if (map !== undefined) sameLink(application, map);
    return [judge(kit, application, args, [], rot)];
  }
  const application = await fromBytes(kit, file, path, args, rot, map);
  if (map === undefined) return [judge(kit, application, args, ['of a binary file only the bytes are known: sections, symbols and regions come from an ELF file or a map (--map)'], rot)];
  sameLink(application, map);
  return [judge(kit, application, args, ['a map does not say which symbols are weak and which sections writable: the ELF file tells more'], rot)];
}

/** @throws HarnessError `linker-map-other` (usage): the map is of another link than the file */
function sameLink({ form, extents, vectors }: Application, { sections, symbols, file }: LinkerMap): void {
  const listed = new Map(sections.map((section) => [`section ${section.name}`, section]));
  const moved = extents.find(({ name, base, size }) => {
    const section = listed.get(name);
    return section !== undefined && (section.address !== base || section.size !== size);
  });
  const reset = vectors === undefined ? undefined : (vectors.words[1]! & ~1) >>> 0;
  const wanted = symbols.get('Reset_Handler')?.value;
  const inCode = sections.some(({ role, address, size }) => role === 'code' && reset !== undefined && reset >= address && reset < address + size);
  const why =
    moved !== undefined ? `${moved.name} differs` : form !== 'image' ? undefined : !extents.some(({ start }) => start === 'copied') ? 'it places nothing where the bytes are' : !inCode || (wanted !== undefined && wanted !== reset) ? 'the reset handler is elsewhere' : undefined;
  if (why === undefined) return;
  throw new HarnessError({ code: 'linker-map-other', kind: 'usage', message: `${file} is of another link: ${why}`, nextStep: 'give the map that was written with this file; where a .bin begins elsewhere say so with --base' });
}

/** A .hex has its addresses; a .bin begins where `--base` says, else with the vector table of the map, else where the application runs. */
async function fromBytes(kit: Kit, file: Uint8Array, path: string, args: CheckArguments, rot: RotLayout | undefined, map: LinkerMap | undefined): Promise<Application> {
  if (/\.hex$/i.test(path)) {
    const { readIntelHex } = await import('../image/index.js');
    const { base, bytes } = readIntelHex(Buffer.from(file.buffer, file.byteOffset, file.byteLength).toString('latin1'));
    return applicationFromImage([{ address: base, bytes }], path, map);
  }
  const base = args.base ?? map?.sections.find(({ role, size }) => role === 'vectors' && size > 0)?.loadAddress ?? configurationFor(kit, undefined, args, rot).layout.runAddress;
  return applicationFromImage([{ address: base, bytes: file }], path, map);
}

/** Reads a file that a script names, relative to it; undefined where it cannot be read. */
function textBeside(path: string): (name: string) => string | undefined {
  return (name) => {
    try {
      const file = resolve(dirname(path), name);
      return statSync(file).size > largestScript ? undefined : readFileSync(file, 'latin1');
    } catch {
      return undefined;
    }
  };
}

function checkScript(kit: Kit, path: string, args: CheckArguments, rot: RotLayout | undefined): CheckedSubject {
  const text = textBeside(path)(resolve(path));
  if (text === undefined) throw new HarnessError({ code: 'file-unreadable', kind: 'usage', message: `cannot read ${path} as a linker script`, nextStep: 'check the path' });
  const model = readScript(text, path, textBeside(path));
  return judge(kit, applicationFromScript(model), args, model.notes, rot);
}

function judge(kit: Kit, application: Application, args: CheckArguments, notes: readonly string[], rot?: RotLayout): CheckedSubject {
  const configuration = configurationFor(kit, application.vectors?.address ?? application.extents.find(({ role }) => role === 'vectors')?.base, args, rot);
  const boot = surroundings(kit, configuration, args);
  const ignore = new Set((args.ignore ?? '').split(',').map((id) => id.trim()));
  const { bootPath, mode, exec } = configuration;
  return { name: application.name, configuration: { kit: kit.id, bootPath, mode, exec }, report: checkApplication(application, boot, { failOn: args.failOn, ignore }), notes };
}

function surroundings(kit: Kit, configuration: RotConfiguration, args: CheckArguments): BootSurroundings {
  return bootSurroundings(kit, configuration, protectionAfterBoot(kit, configuration, args.rotRelease), { itcm: args.itcmShare, dtcm: args.dtcmShare }, args.keepIntRam === true);
}
