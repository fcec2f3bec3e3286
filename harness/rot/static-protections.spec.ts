import { describe, expect, it } from '@jest/globals';
import { loadKit } from '../board/index.js';
import { ErrorHandlerReached } from './error-handler.js';
import type { OptionByteValues, ProductState } from './product-state.js';
import { obkEncrypted, productState } from './product-state.js';
import { checkFlashProtections, checkProductState, checkRamEcc } from './static-protections.js';

const kit = loadKit('stm32h7s78-dk');
const factory = Object.fromEntries(kit.device.optionBytes.map((field) => [field.name, field.factory]));
const right: OptionByteValues = { ...factory, ...kit.bootPaths.oemirot!.optionBytes };
const area = { address: 0x08000000, size: 0x10000 };

function check(changes: OptionByteValues, minimumState: ProductState = 'OPEN'): { log: string[]; why: string | undefined } {
  const log: string[] = [];
  try {
    checkRamEcc({ ...right, ...changes });
    checkFlashProtections({ ...right, ...changes }, kit.device, area, (line) => log.push(line));
    checkProductState({ ...right, ...changes }, minimumState);
  } catch (error) {
    if (!(error instanceof ErrorHandlerReached)) throw error;
    return { log, why: error.message };
  }
  return { log, why: undefined };
}

describe('static protections', () => {
  it('the option bytes that the kit file demands → accepted without a word', () => {
    expect(check({})).toEqual({ log: [], why: undefined });
  });

  it.each(['WRPS0', 'WRPS7'])('%s not protecting → refused with its log line', (name) => {
    const { log, why } = check({ [name]: 1 });
    expect(log).toEqual(['[ERR] Unexpected value for write protection']);
    expect(why).toContain('must cover exactly 0xff');
  });

  it.each([{ HDP_AREA_START: 1 }, { HDP_AREA_END: 0xfe }, { HDP_AREA_START: 0xff, HDP_AREA_END: 0 }])('hide protection %j → refused with its log line', (changes) => {
    const { log, why } = check(changes);
    expect(log).toEqual(['[ERR] Unexpected value for hide protection']);
    expect(why).toContain('must be 0x00 to 0xff');
  });

  it('no ECC on SRAM → stops silently, before everything else', () => {
    const { log, why } = check({ ECC_ON_SRAM: 0, WRPS0: 1 });
    expect(log).toEqual([]);
    expect(why).toContain('ECC_ON_SRAM');
  });

  it('an area of half the flash → exactly its sectors and pages, not more', () => {
    const half = { address: 0x08000000, size: 0x8000 };
    const values = { ...right, WRPS4: 1, WRPS5: 1, WRPS6: 1, WRPS7: 1, HDP_AREA_END: 0x7f };
    expect(() => {
      checkFlashProtections(values, kit.device, half, () => undefined);
    }).not.toThrow();
    expect(() => {
      checkFlashProtections({ ...values, WRPS4: 0 }, kit.device, half, () => undefined);
    }).toThrow(ErrorHandlerReached);
  });
});

describe('product state', () => {
  const codes: readonly (readonly [ProductState | undefined, number, number, number])[] = [
    ['OPEN', 0xb4, 0x6a, 0xff],
    ['OPEN', 0xb4, 0xb4, 0x51],
    ['PROVISIONING', 0x51, 0x6a, 0xff],
    ['PROVISIONED', 0x51, 0xb4, 0xff],
    ['LOCKED', 0x51, 0xb4, 0xb4],
    ['CLOSED-ECDSA', 0x51, 0xb4, 0x51],
    ['CLOSED-PASSWORD', 0x51, 0xb4, 0x8a],
    [undefined, 0x51, 0x6a, 0x51],
    [undefined, 0x51, 0xb4, 0x00],
    [undefined, 0x00, 0xb4, 0xff],
  ];

  it.each(codes)('%s ← NVSTATE %i, OEM_PROVD %i, DBG_AUTH %i', (state, NVSTATE, OEM_PROVD, DBG_AUTH) => {
    expect(productState({ NVSTATE, OEM_PROVD, DBG_AUTH })).toBe(state);
    const accepted = check({ NVSTATE, OEM_PROVD, DBG_AUTH }).why === undefined;
    expect(accepted).toBe(state !== undefined);
    // A production build wants CLOSED: it refuses LOCKED too, which ST's list orders below CLOSED.
    const production = check({ NVSTATE, OEM_PROVD, DBG_AUTH }, 'CLOSED-ECDSA').why === undefined;
    expect(production).toBe(state === 'CLOSED-ECDSA' || state === 'CLOSED-PASSWORD');
    expect(obkEncrypted(state)).toBe(state === 'LOCKED' || state === 'CLOSED-ECDSA' || state === 'CLOSED-PASSWORD');
  });
});
