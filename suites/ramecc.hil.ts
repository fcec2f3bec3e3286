import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { board, running, skip } from 'rot-hil';

// Handles and monitors as OEMiROT_Boot leaves them to the application
// (STM32CubeH7RS, OEMiROT_Boot/Src/low_level_ramecc.c; registers: stm32h7s7xx.h, RAMECC_MonitorTypeDef).
const READY = 1;
const NO_ERROR = 0;
// ECCDEIE, ECCDEBWIE, ECCELEN.
const CR_OF_THE_BOOT = 0x38;
const SEDCF = 1;
const DEDF = 2;
const HANDLES = 0x30007fc0;

// ST's example RAMECC_ErrorCount: the failing address counts words with an ECC of their own.
const watched = [
  { handle: 0, monitor: 0x52009020, ram: 'AXI SRAM1', base: 0x24000000, word: 8 },
  { handle: 1, monitor: 0x52009060, ram: 'DTCM0', base: 0x20000000, word: 8 },
  { handle: 2, monitor: 0x52009080, ram: 'DTCM1', base: 0x20000004, word: 8 },
  { handle: 3, monitor: 0x520090a0, ram: 'AXI SRAM3', base: 0x24040000, word: 8 },
  { handle: 4, monitor: 0x58027040, ram: 'backup RAM', base: 0x38800000, word: 4 },
];

/** The RAM that the application runs from is read-only to it, and so is AXI SRAM1, from which OEMuROT runs. */
const isCode = (base: number): boolean => board.configuration.layout.run?.base === base || (base === 0x24000000 && board.configuration.bootPath === 'stirot-oemurot');
const testable = () => watched.filter(({ base }) => !isCode(base));
function needs(base: number): void {
  if (isCode(base)) skip('the application, or OEMuROT, runs from this RAM, and errors cannot be written into it');
}

beforeAll(async () => {
  if (board.configuration.bootPath === 'stirot') skip('the handles are those of OEMiROT_Boot and OEMuROT; STiRoT leaves none');
  await running();
});

afterAll(async () => {
  if (board.configuration.bootPath === 'stirot') return;
  // Leaves the RAMs without errors to the suites after this one.
  for (const { handle } of testable()) await board.app.eccClear(handle);
});

describe('after a boot', () => {
  it.each(watched)('handle $handle read → monitor of $ram, ready, no error', async ({ handle, monitor }) => {
    expect((await board.app.ramecc()).handles[handle]).toMatchObject({ instance: monitor, state: READY, errorCode: NO_ERROR });
  });

  it('memory at 0x30007FC0 read → the five handles, 12 bytes each, nothing else', async () => {
    const words = watched.flatMap(({ monitor }) => [monitor, READY, NO_ERROR]);
    const expected = Buffer.alloc(60);
    words.forEach((word, index) => expected.writeUInt32LE(word, 4 * index));
    expect(Buffer.from(await board.app.dump(HANDLES, 60)).toString('hex')).toBe(expected.toString('hex'));
  });

  it.each(watched)('monitor of $ram read → notifies double errors, latches, and has seen none', async ({ handle }) => {
    expect((await board.app.ramecc()).handles[handle].monitor).toMatchObject({ cr: CR_OF_THE_BOOT, sr: 0 });
  });

  it('NVIC read → the RAMECC interrupt (9) is enabled', async () => {
    expect((await board.app.read(0xe000e100)) & (1 << 9)).toBe(1 << 9);
  });
});

describe('single error', () => {
  it.each(watched)('one bit flipped in $ram → read corrected, SEDCF, failing address, no interrupt', async ({ handle, base, word }) => {
    needs(base);
    const offset = 0x100 + 0x40 * handle;
    const injected = await board.app.eccInject(handle, 1, offset);
    expect(injected).toMatchObject({ address: base + offset, read: injected.written, sr: SEDCF, far: offset / word, irqs: 0 });
  });

  it('another word of the same RAM, after the flag was cleared → the failing address follows', async () => {
    needs(0x24000000);
    await board.app.eccClear(0);
    const first = await board.app.eccInject(0, 1, 0x200);
    await board.app.eccClear(0);
    const second = await board.app.eccInject(0, 1, 0x208);
    expect([first.far, second.far]).toEqual([0x200 / 8, 0x208 / 8]);
  });

  it('failing data read in AXI SRAM1 → the word as stored, bit 12 flipped', async () => {
    needs(0x24000000);
    await board.app.eccClear(0);
    const { fdrl, written } = await board.app.eccInject(0, 1, 0x300);
    expect(fdrl ^ written).toBe(1 << 12);
  });
});

describe('double error', () => {
  it.each(watched)('two bits flipped in $ram → DEDF, failing address, one interrupt', async ({ handle, base, word }) => {
    needs(base);
    await board.app.eccClear(handle);
    const offset = 0x400 + 0x40 * handle;
    expect(await board.app.eccInject(handle, 2, offset)).toMatchObject({ sr: DEDF, far: offset / word, irqs: 1 });
  });
});

describe('no error', () => {
  it('words written and read without injection → no flag in any monitor', async () => {
    for (const { handle } of testable()) await board.app.eccClear(handle);
    for (const { base, ram } of testable()) {
      // The backup RAM is behind the write protection of its domain, which the injection opens.
      if (ram === 'backup RAM') continue;
      await board.app.write(base + 0x800, 0x600dda7a);
      expect(await board.app.read(base + 0x800)).toBe(0x600dda7a);
    }
    expect((await board.app.ramecc()).handles.map(({ monitor }) => monitor?.sr)).toEqual([0, 0, 0, 0, 0]);
  });

  it('an error injected, then a reset → the boot starts the monitors clean and the RAM is whole again', async () => {
    needs(0x24000000);
    await board.app.eccClear(0);
    expect((await board.app.eccInject(0, 1, 0x500)).sr).toBe(SEDCF);
    await board.boot();
    expect((await board.app.ramecc()).handles[0].monitor?.sr).toBe(0);
    await board.app.read(0x24000500);
    expect((await board.app.ramecc()).handles[0].monitor?.sr).toBe(0);
  });
});

describe('what a boot makes of it', () => {
  /** FECR of bit 12 in a 64-bit word, as ST's example RAMECC_ErrorCount prints it. */
  const CODE_OF_BIT_12 = 0x41;
  const backup = 4;

  it('single error in AXI SRAM1 → its code and data can be read from the monitor that the handle names, until they are cleared', async () => {
    needs(0x24000000);
    await board.app.eccClear(0);
    expect(await board.app.eccInject(0, 1, 0x600)).toMatchObject({ sr: SEDCF, fecr: CODE_OF_BIT_12 });
    expect((await board.app.ramecc()).handles[0].monitor).toMatchObject({ sr: SEDCF, far: 0x600 / 8, fecr: CODE_OF_BIT_12 });
    expect(await board.app.eccClear(0)).toBe(0);
  });

  it('handles overwritten by the application, reset → the boot writes them anew: instance, ready, error code 0', async () => {
    for (let handle = 0; handle < watched.length; handle++) {
      await board.app.write(HANDLES + 12 * handle + 4, 3);
      await board.app.write(HANDLES + 12 * handle + 8, 2);
    }
    // Readable as they stand: state error, code busy.
    expect((await board.app.ramecc()).handles.map(({ state, errorCode }) => [state, errorCode])).toEqual(watched.map(() => [3, 2]));
    await board.boot();
    expect((await board.app.ramecc()).handles.map(({ instance, state, errorCode }) => [instance, state, errorCode])).toEqual(watched.map(({ monitor }) => [monitor, READY, NO_ERROR]));
  });

  it('double error left in the backup RAM, which no boot clears, reset → the monitor starts clean; the word read by the application → flag, address and code again', async () => {
    await board.app.eccClear(backup);
    const before = await board.app.eccInject(backup, 2, 0x700);
    expect(before).toMatchObject({ sr: DEDF, irqs: 1 });
    await board.boot();
    expect((await board.app.ramecc()).handles[backup].monitor?.sr).toBe(0);
    const from = board.mark();
    await board.app.write(0x58024540, (await board.app.read(0x58024540)) | (1 << 28)); // RCC_AHB4ENR.BKPRAMEN
    await board.app.read(0x38800700);
    expect((await board.app.ramecc()).handles[backup].monitor).toMatchObject({ far: before.far, fecr: before.fecr });
    const told = board.linesSince(from).filter(({ text }) => text.startsWith('!irq name=ramecc'));
    expect(told.map(({ text }) => /monitor=(\S+) sr=(\S+)/.exec(text)?.slice(1))).toEqual([['0x58027040', '0x00000002']]);
    // Repaired, for the suites after this one: ecc-clear knows only errors of this start.
    expect((await board.app.eccInject(backup, 1, 0x700)).sr & SEDCF).toBe(SEDCF);
    expect(await board.app.eccClear(backup)).toBe(0);
  });
});
