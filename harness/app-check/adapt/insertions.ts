import { hex, hex32 } from '../../units/index.js';
import type { Role } from '../application.js';
import { sharedAreas } from '../boot-surroundings.js';
import type { ScriptModel } from '../linker/script-model.js';
import type { Edit } from './edit.js';
import { lineEnd, lineStart } from './edit.js';

const remark = 'set for the secure boot by rot-hil adapt';

/** Definitions of symbols in the script's language, each on a line of its own. */
export function symbolDefinitions({ dialect }: Pick<ScriptModel, 'dialect'>, symbols: Readonly<Record<string, number>>, text: string, eol: string): string {
  const lines = Object.entries(symbols).map(([name, value]) => {
    switch (dialect) {
      case 'gnu':
        return `${name} = ${hex(value)}; /* ${remark} */`;
      case 'icf':
        return `define symbol ${name} = ${hex(value)}; /* ${remark} */`;
      default:
        return `#define ${name} ${hex(value)} /* ${remark} */`;
    }
  });
  // armlink runs the preprocessor only when the first line asks for it.
  if (dialect === 'scatter' && !/^#!/.test(text)) lines.unshift('#! armclang --target=arm-arm-none-eabi -march=armv7-m -E -xc');
  return lines.map((line) => line + eol).join('') + eol;
}

interface Reserved {
  readonly role: Role;
  readonly region: string;
  readonly section: string;
  readonly area: { readonly base: number; readonly size: number };
  readonly what: string;
}

const reserved: readonly Reserved[] = [
  { role: 'flag', region: 'CONF_FLAG', section: 'flag', area: sharedAreas.flag, what: 'confirmation flag' },
  { role: 'handles', region: 'RAMECC_HANDLE', section: 'ramecchandlenoinit', area: sharedAreas.handles, what: 'RAMECC handles' },
];

/** The next thing that is missing for flag or handles; undefined where nothing is. */
export function reservedAreas(model: ScriptModel, text: string): (Edit & { readonly why: string }) | undefined {
  const eol = lineEnd(text);
  for (const each of reserved) {
    const placed = model.placements.find(({ role }) => role === each.role);
    if (placed === undefined) return missing(model, each, text, eol);
    if (placed.start !== 'left' && model.dialect !== 'gnu') {
      const edit = uninitialised(model, each, placed.region, text, eol);
      if (edit !== undefined) return edit;
    }
  }
  return undefined;
}

function missing(model: ScriptModel, { region, section, area, what }: Reserved, text: string, eol: string): Edit & { readonly why: string } {
  const why = `reserved ${hex32(area.base)} to ${hex32(area.base + area.size - 1)} for the ${what}`;
  if (model.dialect === 'gnu') {
    if (!model.regions.some(({ name }) => name === region)) {
      const at = lineStart(text, model.insert.regions);
      return { from: at, to: at, text: `  ${region.padEnd(13)} (rw)  : ORIGIN = ${hex32(area.base)}, LENGTH = ${hex(area.size)} /* ${remark} */${eol}`, why: `${why}: region ${region}` };
    }
    const at = lineStart(text, model.insert.sections);
    const lines = [`  /* ${what}: ${remark} */`, `  .${section} (NOLOAD) :`, '  {', '    . = ALIGN(4);', `    KEEP(*(.${section}))`, '    . = ALIGN(4);', `  } >${region}`];
    return { from: at, to: at, text: eol + lines.map((line) => line + eol).join(''), why: `${why}: section .${section}` };
  }
  if (model.dialect === 'icf') {
    const at = model.insert.sections;
    const lines = [`/* ${what}: ${remark} */`, `define region ${region}_region = mem:[from ${hex32(area.base)} size ${hex(area.size)}];`, `do not initialize { section .${section} };`, `place in ${region}_region { readwrite section .${section} };`, ...(section === 'flag' ? ['keep { section .flag };'] : [])];
    return { from: at, to: at, text: eol + eol + lines.join(eol), why };
  }
  const at = lineStart(text, model.insert.regions);
  const lines = [`  RW_${region} ${hex32(area.base)} UNINIT ${hex(area.size)} {  ; ${what}: ${remark}`, `   *(.bss.${section})`, '  }'];
  return { from: at, to: at, text: lines.map((line) => line + eol).join(''), why };
}

function uninitialised(model: ScriptModel, { section, what }: Reserved, regionName: string, text: string, eol: string): (Edit & { readonly why: string }) | undefined {
  const why = `the ${what} is not initialised by the startup code`;
  if (model.dialect === 'icf') {
    const at = lineStart(text, model.insert.regions);
    return { from: at, to: at, text: `do not initialize { section .${section} }; /* ${remark} */${eol}`, why };
  }
  const region = model.regions.find(({ name, load }) => name === regionName && load !== true);
  const at = region?.extent?.from;
  return at === undefined ? undefined : { from: at, to: at, text: 'UNINIT ', why };
}
