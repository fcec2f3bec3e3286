import { HarnessError } from '../../errors/index.js';
import type { Address, ByteCount } from '../../units/index.js';
import type { AppSymbol, Extent, Region, Role } from '../application.js';

/** A section, or neighbouring ones of one purpose, as a map lists it. */
export interface MapSection {
  readonly name: string;
  readonly address: Address;
  readonly size: ByteCount;
  /** Where its contents lie in the image, if it has any there as they are. */
  readonly loadAddress: Address;
  readonly role: Role;
  /** What the startup code does with it, where the map tells. */
  readonly start?: Extent['start'];
}

/** What a linker map says about an application. */
export interface LinkerMap {
  readonly file: string;
  readonly regions: readonly Region[];
  readonly sections: readonly MapSection[];
  /** Functions, and what else has a name and an address. */
  readonly symbols: ReadonlyMap<string, AppSymbol>;
}

export const mapLimits = { bytes: 64 << 20, line: 1024, regions: 256, sections: 4096, symbols: 200_000 } as const;

export function refuseMap(file: string, what: string): HarnessError {
  return new HarnessError({ code: 'linker-map', kind: 'usage', message: `${file} ${what}`, nextStep: 'give the map that the linker wrote: GNU ld -Map=<file>, ILINK --map <file>, armlink --map --symbols --list=<file>' });
}

/** The lines of a text, each cut where it is longer than any that a linker writes. */
export function* mapLines(text: string, from = 0): Generator<string> {
  for (let at = from; at < text.length; ) {
    const end = text.indexOf('\n', at);
    const stop = end < 0 ? text.length : end;
    yield text.slice(at, Math.min(stop, at + mapLimits.line)).replace(/\r$/, '');
    at = stop + 1;
  }
}

/** Input sections put together: neighbours of one region, purpose and start are one section. */
export class SectionList {
  readonly sections: MapSection[] = [];

  /** @param loadAddress undefined: its contents are nowhere in the image as they are */
  add(region: string, name: string, address: Address, size: ByteCount, role: Role, start: Extent['start'], loadAddress: Address | undefined): void {
    if (address + size > 0x1_0000_0000 || (size === 0 && role !== 'flag' && role !== 'handles')) return;
    const last = this.sections.at(-1);
    const load = loadAddress ?? -1;
    // Padding to a multiple of 8 or so lies between them.
    const gap = last === undefined ? -1 : address - (last.address + last.size);
    const mergeable = role !== 'vectors' && role !== 'flag' && role !== 'handles';
    if (last !== undefined && mergeable && last.role === role && last.start === start && last.name.endsWith(` in ${region}`) && gap >= 0 && gap < 64 && (load < 0 ? last.loadAddress < 0 : last.loadAddress >= 0 && load - last.loadAddress === address - last.address)) {
      this.sections[this.sections.length - 1] = { ...last, size: address + size - last.address };
      return;
    }
    if (this.sections.length < mapLimits.sections) this.sections.push({ name: `${name} in ${region}`, address, size, loadAddress: load, role, start });
  }
}

/** Regions with the purposes of what lies in them. */
export function withRoles(regions: readonly Omit<Region, 'roles'>[], sections: readonly MapSection[]): readonly Region[] {
  return regions.map((region) => ({ ...region, roles: region.load === true ? (['code'] as const) : [...new Set(sections.filter(({ name, size }) => size > 0 && name.endsWith(` in ${region.name}`)).map(({ role }) => role))] }));
}
