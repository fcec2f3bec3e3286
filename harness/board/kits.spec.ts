import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HarnessError } from '../errors/index.js';
import { imageModeOf, listKits, loadDevice, loadKit, rotConfiguration, stirotSlots } from './index.js';

let folder = '';
const kitFile = () => join(folder, 'kits', 'stm32h7s78-dk.yaml');
let shipped = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'boards-'));
  cpSync('boards', folder, { recursive: true });
  shipped = readFileSync(kitFile(), 'utf8');
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Loads the DK kit after one textual change of its file; returns the error or the kit. */
function loadChanged(from: string, to: string): HarnessError | string {
  expect(shipped).toContain(from);
  writeFileSync(kitFile(), shipped.replace(from, to));
  try {
    return loadKit('stm32h7s78-dk', { folder }).id;
  } catch (error) {
    if (error instanceof HarnessError) return error;
    throw error;
  }
}

const lineOf = (text: string, part: string): number => text.slice(0, text.indexOf(part)).split('\n').length;

describe('board data', () => {
  it('every shipped kit → loads with its device and satisfies the schema', () => {
    expect(listKits()).toEqual(['nucleo-h7s3l8', 'stm32h7s78-dk']);
    for (const id of listKits()) expect(loadKit(id).id).toBe(id);
  });

  it('every shipped device → ids equal file names, option bytes of one register do not overlap', () => {
    for (const file of readdirSync('boards/devices')) {
      const device = loadDevice(file.replace('.yaml', ''));
      expect(`${device.id}.yaml`).toBe(file);
      const taken = new Map<number, bigint>();
      for (const field of device.optionBytes) {
        const mask = ((1n << BigInt(field.width)) - 1n) << BigInt(field.low);
        expect(mask < 1n << 32n).toBe(true);
        expect((taken.get(field.register) ?? 0n) & mask).toBe(0n);
        taken.set(field.register, (taken.get(field.register) ?? 0n) | mask);
        expect(field.program).toBe(field.register + 4);
      }
    }
  });

  it('the id in capitals → the same kit', () => {
    expect(loadKit('STM32H7S78-DK')).toBe(loadKit('stm32h7s78-dk'));
  });

  it('STM32H7S78-DK → ST’s shipped layout and loaders', () => {
    const kit = loadKit('stm32h7s78-dk');
    const { layout, path } = rotConfiguration(kit, { bootPath: 'oemirot', mode: 'overwrite', exec: 'ext-ram' });
    expect(layout).toEqual({
      exec: 'ext-ram',
      primary: { base: 0x90000000, size: 0x200000 },
      secondary: { base: 0x90200000, size: 0x200000 },
      scratch: { base: 0x90400000, size: 0x10000 },
      run: { base: 0x70000000, size: 0x200000 },
      runAddress: 0x70000400,
      modes: ['overwrite', 'swap'],
    });
    expect(path.rotBinary).toEqual({ address: 0x08000000, maxSize: 0x10000 });
    expect(path.optionBytes).toMatchObject({ WRPS0: 0, WRPS7: 0, HDP_AREA_START: 0, HDP_AREA_END: 0xff, ECC_ON_SRAM: 1 });
    expect(kit.externalFlash).toMatchObject({ base: 0x90000000, size: 128 << 20, loader: 'MX66UW1G45G_STM32H7S78-DK_XSPIM1.stldr' });
    expect(kit.device.uarts.find((uart) => uart.name === kit.console.uart)).toEqual({ name: 'UART4', base: 0x40004c00, irq: 85 });
  });

  it('an unknown kit → usage error that names the nearest and all known ones', () => {
    expect(() => loadKit('stm32h7s87-dk')).toThrow(
      expect.objectContaining({ code: 'unknown-kit', kind: 'usage', nextStep: expect.stringContaining('did you mean stm32h7s78-dk?') }),
    );
  });

  it('the configurations of both kits → the NUCLEO has no external RAM, STiRoT runs in internal RAM and knows no swap', () => {
    const of = (id: string): string[] =>
      Object.entries(loadKit(id).bootPaths).flatMap(([name, path]) => path.layouts.flatMap(({ exec, modes }) => modes.map((mode) => `${name}/${mode}/${exec}`)));
    const mcuboot = (name: string, execs: readonly string[]): string[] => execs.flatMap((exec) => ['overwrite', 'swap'].map((mode) => `${name}/${mode}/${exec}`));
    expect(of('stm32h7s78-dk')).toEqual([...mcuboot('oemirot', ['ext-ram', 'xip', 'int-ram']), 'stirot/overwrite/int-ram', ...mcuboot('stirot-oemurot', ['ext-ram', 'xip', 'int-ram'])]);
    expect(of('nucleo-h7s3l8')).toEqual([...mcuboot('oemirot', ['xip', 'int-ram']), 'stirot/overwrite/int-ram', ...mcuboot('stirot-oemurot', ['xip', 'int-ram'])]);
  });

  it.each(['stm32h7s78-dk', 'nucleo-h7s3l8'])('%s → run addresses and slots of ST’s three execution modes', (id) => {
    const slots = (exec: 'xip' | 'int-ram', bootPath: 'oemirot' | 'stirot' = 'oemirot') => rotConfiguration(loadKit(id), { bootPath, mode: 'overwrite', exec }).layout;
    expect(slots('xip')).toMatchObject({ primary: { base: 0x90000000, size: 0x200000 }, secondary: { base: 0x90200000 }, scratch: { base: 0x90400000, size: 0x10000 }, runAddress: 0x90000400 });
    expect(slots('xip').run).toBeUndefined();
    expect(slots('int-ram')).toMatchObject({ primary: { base: 0x90000000, size: 0x20000 }, secondary: { base: 0x90020000 }, scratch: { base: 0x90040000 }, run: { base: 0x24040000, size: 0x20000 }, runAddress: 0x24040400 });
    expect(slots('int-ram', 'stirot')).toMatchObject({ run: { base: 0x24000000, size: 0x20000 }, runAddress: 0x24000400 });
  });

  it('a configuration that the kit has not → usage error that lists those it has; the twin resolves', () => {
    const kit = loadKit('stm32h7s78-dk');
    expect(() => rotConfiguration(kit, { bootPath: 'stirot', mode: 'swap', exec: 'int-ram' })).toThrow(
      expect.objectContaining({ code: 'unsupported-configuration', kind: 'usage', nextStep: expect.stringContaining('stirot/overwrite/int-ram') }),
    );
    expect(rotConfiguration(kit, { bootPath: 'stirot', mode: 'overwrite', exec: 'int-ram' }).mode).toBe('overwrite');
    expect(() => rotConfiguration(loadKit('nucleo-h7s3l8'), { bootPath: 'oemirot', mode: 'swap', exec: 'ext-ram' })).toThrow(
      expect.objectContaining({ code: 'unsupported-configuration', message: expect.stringContaining('NUCLEO-H7S3L8 has no external RAM') }),
    );
    expect(rotConfiguration(kit, { bootPath: 'oemirot', mode: 'swap', exec: 'ext-ram' }).layout.scratch).toEqual({ base: 0x90400000, size: 0x10000 });
  });

  it('a program unit → that of the kit unless another is wanted; 16 on a device without cipher engine is refused', () => {
    const kit = loadKit('stm32h7s78-dk');
    const wanted = { bootPath: 'oemirot', mode: 'swap', exec: 'xip' } as const;
    expect([rotConfiguration(kit, wanted), rotConfiguration(kit, { ...wanted, programUnit: 4 })].map(({ path }) => path.programUnit)).toEqual([16, 4]);
    const plain = { ...kit, device: { ...kit.device, memoryCipherEngine: false } };
    expect(() => rotConfiguration(plain, { ...wanted, programUnit: 16 })).toThrow(expect.objectContaining({ code: 'unsupported-configuration', message: expect.stringContaining('memory cipher engine') }));
    expect(rotConfiguration(plain, { ...wanted, programUnit: 4 }).path.programUnit).toBe(4);
  });

  it('STiRoT’s slots → those of the application, or of OEMuRoT behind the scratch; none on the path without it', () => {
    const of = (bootPath: 'oemirot' | 'stirot' | 'stirot-oemurot') => rotConfiguration(loadKit('stm32h7s78-dk'), { bootPath, mode: 'overwrite', exec: 'int-ram' });
    expect(stirotSlots(of('oemirot'))).toBeUndefined();
    expect(stirotSlots(of('stirot'))).toMatchObject({ primary: { base: 0x90000000 }, secondary: { base: 0x90020000 }, runAddress: 0x24000400 });
    expect(stirotSlots(of('stirot-oemurot'))).toMatchObject({ primary: { base: 0x90410000 }, secondary: { base: 0x90430000 }, runAddress: 0x24000400 });
    expect((['oemirot', 'stirot', 'stirot-oemurot'] as const).map((bootPath) => imageModeOf(of(bootPath)))).toEqual(['overwrite', 'primary-only', 'overwrite']);
  });
});

describe('a board file with one thing wrong', () => {
  const wrong: readonly (readonly [title: string, from: string, to: string, message: RegExp, nextStep: RegExp])[] = [
    ['a loader that erases parts of sectors', 'loaderSectorSize: 0x10000', 'loaderSectorSize: 0x1800', /loaderSectorSize is no whole number of sectors of 4096 bytes/, /what the external loader erases at once/],
    ['a mistyped key', 'sectorSize: 0x1000', 'sectorsSize: 0x1000', /unknown key "sectorsSize" in externalFlash$/, /did you mean "sectorSize"\?/],
    ['a mistyped key deep in a list', 'runAddress:', 'runAdress:', /unknown key "runAdress" in bootPaths\.oemirot\.layouts\.0$/, /did you mean "runAddress"\?/],
    ['an option byte that the device has not', 'ECC_ON_SRAM: 1', 'ECC_ON_RAM: 1', /no option byte ECC_ON_RAM/, /ECC_ON_SRAM/],
    ['an option byte value too wide', 'WRPS3: 0', 'WRPS3: 2', /WRPS3 has 1 bits/, /correct/],
    ['a text where a number belongs', 'baudRate: 115200', 'baudRate: fast', /console\.baudRate must be integer/, /correct/],
    ['an execution mode of another make', 'exec: ext-ram', 'exec: ext-rom', /must be equal to one of the allowed values: xip, ext-ram, int-ram/, /correct/],
    ['a run address that is not behind the header', 'runAddress: 0x70000400', 'runAddress: 0x70000000', /starts behind its header at 0x70000400/, /0x70000400/],
    ['overlapping slots', 'base: 0x90200000', 'base: 0x90100000', /primary and secondary overlap/, /move/],
    ['a slot outside the flash', 'base: 0x90400000', 'base: 0x98000000', /scratch at 0x98000000 does not lie in the external flash/, /correct/],
    ['a slot off the sectors', 'base: 0x90400000', 'base: 0x90400800', /sector of 4096 bytes/, /align/],
    ['a boot path of another make', 'stirot-oemurot:', 'stirot-oemrot:', /unknown key "stirot-oemrot" in bootPaths/, /did you mean "stirot-oemurot"/],
    ['a UART that the device has not', 'uart: UART4', 'uart: UART9', /STM32H7S7xx has no UART9/, /USART3, UART4/],
    ['a device that is not there', 'device: stm32h7s7', 'device: stm32h7s9', /no device "stm32h7s9"/, /stm32h7s7/],
    ['a key given twice', 'name: STM32H7S78-DK', 'name: STM32H7S78-DK\nname: again', /unique/, /correct the YAML/],
  ];

  it.each(wrong)('%s → usage error with file and line; the shipped file loads', (_title, from, to, message, nextStep) => {
    const error = loadChanged(from, to);
    expect(error).toBeInstanceOf(HarnessError);
    const { kind, code, message: text, nextStep: next } = error as HarnessError;
    expect({ kind, code }).toEqual({ kind: 'usage', code: 'board-file' });
    expect(text).toMatch(message);
    expect(next).toMatch(nextStep);
    const changed = readFileSync(kitFile(), 'utf8');
    const line = lineOf(changed, to.split('\n').at(-1) ?? to);
    // A whole area is wrong where one of its numbers is: its key stands on the same line.
    expect(text).toContain(`${kitFile()}:${line}:`);
    expect(loadChanged(from, from)).toBe('stm32h7s78-dk');
  });

  it.each([
    ['a run slot outside every RAM', /(run: \{ base: 0x70000000)(.*\n +runAddress: 0x70000400)/, (text: string) => text.replaceAll('0x70000', '0x72000'), /run at 0x72000000 does not lie in a RAM of STM32H7S78-DK$/],
    ['a run slot for execution in place', /exec: xip.*/, (text: string) => `${text}\n        run: { base: 0x90000000, size: 0x200000 }`, /run at 0x90000000 does not lie in a RAM/],
    ['load-and-run without a run slot', /run: \{ base: 0x24040000.*\n +runAddress: 0x24040400/, () => 'runAddress: 0x90000400', /load-and-run needs a run slot/],
    ['swap without scratch', /scratch: \{ base: 0x90040000.*/, () => '', /swap mode needs a scratch area$/],
    ['slots of OEMuRoT in the scratch', /primary: \{ base: 0x90410000/, () => 'primary: { base: 0x90400000', /primary of the first stage and scratch overlap$/],
  ] as const)('%s → usage error with file and line; the shipped file loads', (_title, find, change, message) => {
    const from = find.exec(shipped)?.[0] ?? '';
    const error = loadChanged(from, change(from));
    expect(error).toMatchObject({ code: 'board-file', kind: 'usage', message: expect.stringMatching(message) });
    expect((error as HarnessError).message).toMatch(/stm32h7s78-dk\.yaml:\d+: /);
    expect(loadChanged(from, from)).toBe('stm32h7s78-dk');
  });

  it('an alias bomb → usage error instead of a full memory', () => {
    const bomb = ['a: &a [1,1,1,1,1,1,1,1]', ...'bcdefgh'.split('').map((c, i) => `${c}: &${c} [${Array(8).fill(`*${'abcdefgh'[i]}`).join(',')}]`)].join('\n');
    writeFileSync(kitFile(), bomb);
    expect(() => loadKit('stm32h7s78-dk', { folder })).toThrow(expect.objectContaining({ code: 'board-file', kind: 'usage' }));
    writeFileSync(kitFile(), shipped);
  });
});
