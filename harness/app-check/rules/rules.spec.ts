import { describe, expect, it } from '@jest/globals';
import type { Application, Extent, Role } from '../application.js';
import type { BootSurroundings } from '../boot-surroundings.js';
import { checkApplication } from '../check-application.js';
import { confirmation, register } from '../register-map.js';
import { application, code, extent, extents, load, record, symbols, vectors } from '../testing/in-memory.js';
import { surroundings } from '../testing/surroundings.js';
import { rules } from './index.js';

const usual = surroundings();
const swap = surroundings({ mode: 'swap' });
const xip = surroundings({ exec: 'xip' });
const intRam = surroundings({ exec: 'int-ram' });
const stirot = surroundings({ bootPath: 'stirot', mode: 'overwrite', exec: 'int-ram' });

type Case = readonly [rule: string, what: string, severity: string, failing: Application, accepted: Application, boot?: BootSurroundings, acceptedBoot?: BootSurroundings];

const plus = (...more: readonly Extent[]): Application => application({ extents: [...extents, ...more] });
const instead = (role: Role, other: Extent): Application => application({ extents: extents.map((each) => (each.role === role ? other : each)) });
const without = (role: Role): Application => application({ form: 'script', extents: extents.filter((each) => each.role !== role) });
const whole = application({ form: 'script' });
const only = (each: Extent): Application => application({ extents: [each] });
const data = (base: number, size = 0x100): Application => plus(extent('.more', base, size, 'data'));
const stack = (top: number): Application => application({ vectors: vectors({ 0: top }) });
const handler = (entry: number): Application => application({ vectors: vectors({ 1: entry }) });
const writes = (...found: readonly { readonly address: number; readonly value?: number }[]): Application => application({ code: code({ writes: found }) });
const limit = usual.slot.base + usual.slot.size - usual.trailer - usual.tlvs;
const withoutRegion5: BootSurroundings = { ...usual, protection: { ...usual.protection, regions: usual.protection.regions.filter(({ number }) => number !== 5) } };
/** Region 5 of the older release: 0x30004000 to 0x30007000, by subregions of 2 KB. */
const ahbSram2: BootSurroundings = { ...usual, protection: { ...usual.protection, regions: usual.protection.regions.map((each) => (each.number === 5 ? { ...each, base: 0x30004000, rasr: 0x110bc01b } : each)) } };
const layout = { PARTITION_START: 0x70000000, CODE_OFFSET: 0, CODE_SIZE: 0x200000, IMAGE_HEADER_SIZE: 0x400 };
const heap = { _end: 0x24000100, _estack: 0x24010000, _Min_Stack_Size: 0x400, _sbrk: 0x70000501 };
const regions = (second: number): Application =>
  application({ regions: [{ name: 'A', base: 0x24000000, size: 0x1000, roles: ['data'] }, { name: 'B', base: second, size: 0x1000, roles: ['zeroed'] }] });
const region = (name: string, base: number): Application => application({ regions: [{ name, base, size: 0x1000, roles: [] }] });
const called = (name: string, words: Readonly<Record<number, number>>): Application => application({ symbols: symbols({ [name]: 0x70000801 }), code: code({ writes: [{ address: register.mpuCtrl, value: 5 }], calls: [{ target: 0x70000801, record: record(words) }] }) });
const mpuRegion = (cacheable: number): Application => called('HAL_MPU_ConfigRegion', { 0: 0x0d01, 4: 0x30007f80, 8: 0x0101_0006, 12: cacheable << 16 | 1 });
const rasr = { writable: 0x03000001, never: 0x13000001 } as const;

const cases: readonly Case[] = [
  ['vector-table-address', 'the table 1 KB further', 'error', application({ vectors: vectors({}, 0x70000800) }), application()],
  ['vector-table-address', 'no table', 'error', application({ vectors: undefined, extents: extents.slice(1) }), application()],
  ['vector-table-alignment', '64 vectors on a multiple of 128', 'error', application({ vectors: vectors({}, 0x70000480) }), application({ vectors: vectors({}, 0x70000500) })],
  ['initial-stack-pointer', 'a multiple of 4 only', 'error', stack(0x24010004), stack(0x24010008)],
  ['initial-stack-pointer', 'above the memory', 'error', stack(0x24080000), stack(0x24060000)],
  ['initial-stack-pointer', 'in the slot, which is read-only', 'error', stack(0x70100000), stack(0x70300000)],
  ['initial-stack-pointer', 'in external flash', 'error', stack(0x90100000), stack(0x30004000)],
  ['reset-handler', 'even', 'error', handler(0x70000500), handler(0x70000501)],
  ['reset-handler', 'outside the slot', 'error', handler(0x24000101), handler(0x70001501)],
  ['reset-handler', 'inside the vector table', 'error', handler(0x70000421), handler(0x70000441)],
  ['vtor-value', 'a constant of another map', 'error', writes({ address: register.vtor, value: 0x08000000 }), writes({ address: register.vtor, value: 0x70000400 })],
  ['image-outside-slot', 'a load address in RAM', 'error', application({ loads: [load(0x70000400, 16), load(0x24000000, 16)] }), application({ loads: [load(0x70000400, 16), load(0x70001500, 16)] })],
  ['image-outside-slot', 'over the header', 'error', application({ loads: [load(0x700003fc, 16)] }), application({ loads: [load(0x70000400, 16)] })],
  ['image-size', 'one byte into TLVs and trailer', 'error', application({ loads: [load(limit - 15, 16)] }), application({ loads: [load(limit - 16, 16)] })],
  ['stirot-area', 'the last 8 KB of AXI SRAM4', 'error', application(), application(), { ...stirot, slot: { base: 0x24062000, size: 0x10000 } }, { ...stirot, slot: { base: 0x24060000, size: 0x10000 } }],
  ['int-ram-slot', 'a partition of 256 KB', 'error', application(), application(), { ...intRam, slot: { base: 0x24040000, size: 0x40000 } }, intRam],
  ['code-executable', 'a function in RAM', 'error', plus(extent('.ramfunc', 0x24001000, 16, 'code', 'copied')), plus(extent('.ramfunc', 0x70001500, 16, 'code', 'copied'))],
  ['itcm-use', 'data in the ITCM', 'error', data(0x100), data(0x24000100)],
  ['linker-symbols-present', 'one of four symbols', 'warning', application({ symbols: symbols({ PARTITION_START: 0x70000000 }) }), application({ symbols: symbols(layout) })],
  ['linker-symbols-value', 'a larger code size', 'error', application({ symbols: symbols({ ...layout, CODE_SIZE: 0x300000 }) }), application({ symbols: symbols(layout) })],
  ['linker-symbols-value', 'another partition', 'error', application({ symbols: symbols({ ...layout, PARTITION_START: 0x24040000 }) }), application({ symbols: symbols(layout) })],
  ['linker-symbols-value', 'another header', 'error', application({ symbols: symbols({ ...layout, IMAGE_HEADER_SIZE: 0x200 }) }), application({ symbols: symbols(layout) })],
  ['memory-exists', 'behind AXI SRAM4', 'error', data(0x24072000), data(0x2406f000)],
  ['memory-exists', 'an empty region without memory', 'warning', region('SPARE', 0x60000000), region('SPARE', 0x24010000)],
  ['memory-exists', 'AXI SRAM1 that serves as ITCM', 'error', data(0x24010000), data(0x2400fe00), surroundings({}, { itcm: 1, dtcm: 0 })],
  ['memory-exists', 'AXI SRAM1 that serves as ITCM, and that does not', 'error', data(0x24010000), data(0x24010000), surroundings({}, { itcm: 1, dtcm: 0 }), usual],
  ['memory-exists', 'DTCM beyond its 64 KB, without a share', 'error', data(0x20010000), data(0x20010000), usual, surroundings({}, { itcm: 0, dtcm: 1 })],
  ['data-access', 'RAM that no MPU region opens', 'error', data(0x24000100), data(0x24000100), withoutRegion5, usual],
  ['data-in-flash', 'variables in external flash', 'error', data(0x90400000), data(0x24000100)],
  ['data-in-flash', 'an empty region named RAM in flash', 'warning', region('EXTRAM', 0x90400000), region('EXTRAM', 0x70400000)],
  ['ram-over-code', 'variables in the run slot', 'error', data(0x70100000), data(0x70200000)],
  ['regions-overlap', 'two filled regions', 'error', regions(0x24000fff), regions(0x24001000)],
  ['external-ram-untouched', 'variables in external RAM while executing in place', 'error', application({ extents: [extent('.data', 0x70200000, 16, 'data')] }), application({ extents: [extent('.data', 0x24000100, 16, 'data')] }), xip],
  ['external-ram-untouched', 'nobody initialised it', 'error', data(0x70200000), data(0x70200000), xip, usual],
  ['external-flash-off', 'constants left in external flash', 'error', plus(extent('.assets', 0x90400000, 16, 'constants')), plus(extent('.assets', 0x70001500, 16, 'constants'))],
  ['data-beside-ahb-sram2', 'variables in AXI SRAM', 'warning', application(), instead('data', extent('.data', 0x30004000, 16, 'data', 'copied')), { ...usual, keepIntRam: true }],
  ['data-beside-ahb-sram2', 'a stack beyond DTCM', 'warning', only(extent('.stack', 0x20010000, 16, 'stack')), only(extent('.stack', 0x2000fff0, 16, 'stack')), { ...usual, keepIntRam: true }],
  ['data-beside-ahb-sram2', 'asked for, and not', 'warning', application(), application(), { ...usual, keepIntRam: true }, usual],
  ['data-access', 'AXI SRAM where the older release opens AHB SRAM2 alone', 'error', data(0x24001000), instead('data', extent('.data', 0x30004000, 16, 'data', 'copied')), ahbSram2],
  ['sram4-ecc', 'into the last 8 KB', 'info', data(0x2406ff80), data(0x2406ff00)],
  ['stack-guard', 'the reserve in DTCM, the stack in AXI SRAM', 'warning', plus(extent('._user_heap_stack', 0x20000000, 0x600, 'reserve')), plus(extent('._user_heap_stack', 0x24000100, 0x600, 'reserve'))],
  ['heap-guard', 'the heap in DTCM, its limit in AXI SRAM', 'warning', application({ symbols: symbols({ ...heap, _end: 0x20000000 }) }), application({ symbols: symbols(heap) })],
  ['confirmation-flag-address', '32 bytes lower', 'error', instead('flag', extent('.flag', 0x30007f80, 0x20, 'flag')), instead('flag', extent('.flag', 0x30007fa0, 0x20, 'flag'))],
  ['confirmation-flag-address', 'OEMiRoT reads it, STiRoT does not', 'error', instead('flag', extent('.flag', 0x30007f80, 0x20, 'flag')), instead('flag', extent('.flag', 0x30007f80, 0x20, 'flag')), usual, stirot],
  ['confirmation-flag-noload', 'with contents', 'error', instead('flag', extent('.flag', 0x30007fa0, 0x20, 'flag', 'copied')), instead('flag', extent('.flag', 0x30007fa0, 0x20, 'flag', 'left'))],
  ['confirmation-flag-noload', 'zeroed by the startup', 'warning', instead('flag', extent('.flag', 0x30007fa0, 0x20, 'flag', 'zeroed')), instead('flag', extent('.flag', 0x30007fa0, 0x20, 'flag', 'left'))],
  ['confirmation-flag-section', 'a script without it', 'warning', without('flag'), whole],
  ['ramecc-handle-address', '1 KB lower', 'error', instead('handles', extent('.ecc', 0x30007bc0, 0, 'handles')), instead('handles', extent('.ecc', 0x30007fc0, 0, 'handles'))],
  ['ramecc-handle-noload', 'zeroed by the startup', 'error', instead('handles', extent('.ecc', 0x30007fc0, 0x40, 'handles', 'zeroed')), instead('handles', extent('.ecc', 0x30007fc0, 0x40, 'handles'))],
  ['ramecc-handle-section', 'a script without it', 'warning', without('handles'), whole],
  ['shared-area-foreign', 'variables that reach into it', 'error', data(0x30007f00, 0x81), data(0x30007f00, 0x80)],
  ['shared-area-foreign', 'a stack that ends in it', 'error', stack(0x30008000), stack(0x30007f80)],
  ['noncacheable-buffer', 'a buffer in cached RAM', 'warning', plus(extent('.dma', 0x24001000, 0x20, 'noncacheable')), plus(extent('.dma', 0x30007f80, 0x20, 'noncacheable'))],
  ['swap-confirmation', 'no word of the confirmation', 'warning', application({ code: code({}) }), application({ code: code({ constants: [confirmation.firstWord] }) }), swap],
  ['swap-confirmation', 'in overwrite mode nothing is confirmed', 'warning', application(), application(), swap, usual],
  ['swap-confirmation-reset', 'confirmed without a reset', 'warning', application({ code: code({ constants: [confirmation.firstWord] }) }), application({ code: code({ constants: [confirmation.firstWord, 0x05fa0004] }) }), swap],
  ['ramecc-handler', 'the default handler', 'warning', application({ vectors: vectors({ 25: 0x70000701 }) }), application({ vectors: vectors({ 25: 0x70000601 }) })],
  ['ramecc-handler', 'no entry', 'warning', application({ vectors: vectors({ 25: 0 }) }), application()],
  ['mpu-write-execute', 'a region without execute never', 'warning', writes({ address: register.mpuRasr, value: rasr.writable }), writes({ address: register.mpuRasr, value: rasr.never })],
  ['mpu-reserved-area', 'its region cacheable', 'warning', mpuRegion(1), mpuRegion(0), swap],
  ['mpu-off', 'not switched on again', 'warning', writes({ address: register.mpuCtrl, value: 0 }), writes({ address: register.mpuCtrl, value: 0 }, { address: register.mpuCtrl, value: 5 })],
  ['clock-pll2', 'switched on', 'error', called('HAL_RCC_OscConfig', { 76: 2 }), called('HAL_RCC_OscConfig', { 76: 0 })],
  ['clock-pll2', 'a write to RCC_PLL2DIVR1', 'error', writes({ address: register.rccPll2Divr1 }), writes({ address: register.rccCr })],
  ['clock-pll1', 'at 600 MHz', 'error', called('HAL_RCC_OscConfig', { 36: 2, 40: 2, 44: 4, 48: 100, 52: 1 }), called('HAL_RCC_OscConfig', { 36: 0, 40: 2, 44: 4, 48: 100, 52: 1 })],
  ['clock-pll1', 'configured again, as fast as before', 'warning', called('HAL_RCC_OscConfig', { 36: 2, 40: 2, 44: 12, 48: 190, 52: 1 }), called('HAL_RCC_OscConfig', { 36: 0, 40: 2, 44: 12, 48: 190, 52: 1 })],
  ['fpu-enabled', 'no write to CPACR', 'error', application({ hardFloat: true, code: code({ floatingPoint: 0x70000610 }) }), application({ hardFloat: true, code: code({ floatingPoint: 0x70000610, writes: [{ address: register.cpacr }] }) })],
];

const severities = (rule: string, subject: Application, boot: BootSurroundings): readonly string[] => checkApplication(subject, boot).findings.filter((finding) => finding.rule === rule).map(({ severity }) => severity);

describe('a rule', () => {
  it.each(cases)('%s: %s → %s; its twin → nothing', (rule, _what, severity, failing, accepted, boot = usual, acceptedBoot = boot) => {
    expect(severities(rule, failing, boot)).toContain(severity);
    expect(severities(rule, accepted, acceptedBoot)).toEqual([]);
  });

  it('the application that the twins are made of → no finding at all', () => {
    expect(checkApplication(application(), usual)).toEqual({ findings: [], verdict: 'ok' });
  });

  it('every rule but the one that looks at projects → a failing example here', () => {
    expect([...new Set(cases.map(([rule]) => rule)), 'linker-script-missing'].sort()).toEqual(rules.map(({ id }) => id).sort());
  });
});
