import { HarnessError } from '../../errors/index.js';
import type { Application, AppSymbol, Extent, Region, Role } from '../application.js';
import { readGnuLd } from './gnu-ld.js';
import { readIcf } from './icf.js';
import { readScatter } from './scatter.js';
import type { ReadInclude, ScriptModel } from './script-model.js';

const readers: Readonly<Record<string, (text: string, file: string, include?: ReadInclude) => ScriptModel>> = { ld: readGnuLd, lds: readGnuLd, x: readGnuLd, icf: readIcf, sct: readScatter, scat: readScatter };

/** Whether a file's name is that of a linker script. */
export function isScriptName(path: string): boolean {
  return dialectOf(path) !== undefined;
}

function dialectOf(path: string): string | undefined {
  const extension = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase();
  return extension !== undefined && extension in readers ? extension : undefined;
}

/** Reads a linker script by the extension of its name. @throws HarnessError `linker-script` (usage) */
export function readScript(text: string, file: string, include?: ReadInclude): ScriptModel {
  const dialect = dialectOf(file);
  if (dialect === undefined) throw new HarnessError({ code: 'linker-script', kind: 'usage', message: `${file} is no linker script by its name`, nextStep: 'give a .ld (GNU ld), .icf (IAR) or .sct (Keil) file' });
  const model = readers[dialect]!(text, file, include);
  if (model.regions.length === 0 && model.symbols.size === 0) {
    throw new HarnessError({ code: 'linker-script', kind: 'usage', message: `${file} declares no memory region that could be read${model.notes.length === 0 ? '' : `: ${model.notes[0]!}`}`, nextStep: 'give the linker script itself, or the file that it includes' });
  }
  return model;
}

/** What a linker script alone says about an application. */
export function applicationFromScript(model: ScriptModel): Application {
  const place = (line: number): { file: string; line: number } => ({ file: model.file, line });
  const symbols = new Map<string, AppSymbol>();
  for (const { name, value, line } of model.symbols.values()) if (value !== undefined) symbols.set(name, { name, value, size: 0, kind: 'constant', weak: false, place: place(line) });
  return {
    form: 'script',
    name: model.file,
    extents: extentsOf(model),
    regions: regionsOf(model),
    loads: [],
    symbols,
    vectors: undefined,
    stackTop: model.symbols.get('_estack')?.value ?? model.symbols.get('__StackTop')?.value,
    code: undefined,
    hardFloat: undefined,
    named: false,
  };
}

/** What a linker script, or a map read like one, says about regions. */
function regionsOf({ regions, placements, file }: ScriptModel): readonly Region[] {
  return regions
    .filter(({ name }) => !name.startsWith('address '))
    .map(({ name, base, size, line, load }) => ({
      name,
      base,
      size,
      roles: load === true ? (['code'] as const) : [...new Set(placements.filter(({ region }) => region === name).map(({ role }) => role))],
      ...(load === true ? { load } : {}),
      ...(line > 0 ? { place: { file, line } } : {}),
    }));
}

/** One extent for each region and role: anything of that role may come to lie anywhere in the region. */
function extentsOf({ regions, placements, file }: ScriptModel): readonly Extent[] {
  const extents: Extent[] = [];
  const seen = new Set<string>();
  for (const { name, region, role, start, line } of placements) {
    const key = `${region}\0${role === 'zeroed' ? 'data' : role}`;
    if (seen.has(key)) continue;
    seen.add(key);
    for (const { base, size } of regions.filter((each) => each.name === region && each.load !== true)) {
      const executable: boolean = role === ('code' satisfies Role);
      extents.push({ name: region.startsWith('address ') ? name : `${name} in region ${region}`, base, size, role, start, executable, place: { file, line } });
    }
  }
  return extents;
}
