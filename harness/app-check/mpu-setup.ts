import type { Address, ByteCount } from '../units/index.js';
import type { Application } from './application.js';
import { register } from './register-map.js';

/** An MPU region as the application's code configures it; undefined is what the scan could not follow. */
export interface ConfiguredRegion {
  readonly pc: Address;
  readonly number: number | undefined;
  readonly base: Address | undefined;
  readonly size: ByteCount | undefined;
  readonly enabled: boolean | undefined;
  readonly writable: boolean | undefined;
  readonly executable: boolean | undefined;
  readonly cacheable: boolean | undefined;
}

/** Offsets in MPU_Region_InitTypeDef (stm32h7rsxx_hal_cortex.h). */
const field = { enable: 0, number: 1, base: 4, size: 8, subregions: 9, tex: 10, access: 11, executeNever: 12, shareable: 13, cacheable: 14, bufferable: 15 } as const;
const writableAccess = (access: number): boolean => access >= 1 && access <= 3;

/** The regions that calls of HAL_MPU_ConfigRegion and direct writes of MPU_RASR configure, in the order of the code. */
export function configuredRegions({ code, symbols }: Pick<Application, 'code' | 'symbols'>): readonly ConfiguredRegion[] {
  if (code === undefined) return [];
  const configure = symbols.get('HAL_MPU_ConfigRegion')?.value;
  const regions: ConfiguredRegion[] = [];
  for (const { pc, target, record, shared } of code.calls) {
    if (configure === undefined || target !== configure || record === undefined) continue;
    const byte = (offset: number): number | undefined => record.get(offset);
    const [access, executeNever, cacheable, size] = [byte(field.access), byte(field.executeNever), byte(field.cacheable), byte(field.size)];
    regions.push({
      pc,
      number: byte(field.number),
      base: shared ? undefined : word(record, field.base),
      size: shared || size === undefined ? undefined : 2 ** (size + 1),
      enabled: byte(field.enable) === undefined ? undefined : byte(field.enable) !== 0,
      writable: access === undefined ? undefined : writableAccess(access),
      executable: executeNever === undefined ? undefined : executeNever === 0,
      cacheable: cacheable === undefined ? undefined : cacheable !== 0,
    });
  }
  const inside = configure === undefined ? undefined : configure;
  for (const { pc, address, value, within } of code.writes) {
    if (address !== register.mpuRasr || value === undefined || within === inside) continue;
    const cb = (value >>> 16) & 3;
    regions.push({ pc, number: undefined, base: undefined, size: 2 ** (((value >>> 1) & 31) + 1), enabled: (value & 1) === 1, writable: writableAccess((value >>> 24) & 7), executable: !(value & 0x10000000), cacheable: (cb & 2) !== 0 });
  }
  return regions;
}

function word(record: ReadonlyMap<number, number>, offset: number): number | undefined {
  const bytes = [0, 1, 2, 3].map((index) => record.get(offset + index));
  return bytes.some((byte) => byte === undefined) ? undefined : bytes.reduce<number>((sum, byte, index) => sum + byte! * 2 ** (8 * index), 0);
}
