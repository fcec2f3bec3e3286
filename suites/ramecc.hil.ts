import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { board, running, skip } from 'rot-hil';

// Handles and monitors as OEMiROT_Boot leaves them to the application
// (STM32CubeH7RS, OEMiROT_Boot/Src/low_level_ramecc.c; registers: stm32h7s7xx.h, RAMECC_MonitorTypeDef).
const READY = 1;
const NO_ERROR = 0;
// ECCDEIE, ECCDEBWIE, ECCELEN.
const CR_OF_THE_BOOT = 0x38;
const ECCSEIE = 1 << 2;
const ECCDEIE = 1 << 3;
const SEDCF = 1;
const DEDF = 2;
const HANDLES = 0x30007fc0;
/** RAMECC1 monitor 1 watches ITCM, which the boot switches off: it has no handle. */
const ITCM_MONITOR = 0x52009040;
const NVIC = { ISER0: 0xe000e100, ICER0: 0xe000e180 };
const RAMECC_IRQ = 1 << 9;

// ST's example RAMECC_ErrorCount: the failing address counts words with an ECC of their own.
const watched = [
  { handle: 0, monitor: 0x52009020, ram: 'AXI SRAM1', base: 0x24000000, word: 8 },
  { handle: 1, monitor: 0x52009060, ram: 'DTCM0', base: 0x20000000, word: 8 },
  { handle: 2, monitor: 0x52009080, ram: 'DTCM1', base: 0x20000004, word: 8 },
  { handle: 3, monitor: 0x520090a0, ram: 'AXI SRAM3', base: 0x24040000, word: 8 },
  { handle: 4, monitor: 0x58027040, ram: 'backup RAM', base: 0x38800000, word: 4 },
];

/**
 * Behind STiRoT an application that wants to hear of errors starts the monitors itself: what OEMiROT_Boot leaves is done here in its place.
 * unverified: that STiRoT, told to switch the ECC of the RAMs on (option byte ECC_ON_SRAM), leaves monitors and RAMs to the application like this.
 */
const byItself = (): boolean => board.configuration.bootPath === 'stirot';
async function started(): Promise<void> {
  for (const { handle, monitor } of watched) {
    await board.app.write(HANDLES + 12 * handle, monitor);
    await board.app.write(HANDLES + 12 * handle + 4, READY);
    await board.app.write(HANDLES + 12 * handle + 8, NO_ERROR);
    await board.app.write(monitor, CR_OF_THE_BOOT);
  }
  await board.app.write(NVIC.ISER0, RAMECC_IRQ);
}
function needsBoot(): void {
  if (byItself()) skip('the handles are those of OEMiROT_Boot and OEMuROT; STiRoT leaves none');
}
/** Monitor and flags of each RAMECC interrupt that was told. */
function interruptsSince(from: number): unknown[] {
  const told = board.linesSince(from).filter(({ text }) => text.startsWith('!irq '));
  return told.map(({ text }) => /^!irq name=ramecc monitor=(\S+) sr=(\S+)/.exec(text)?.slice(1) ?? text);
}
const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;

/** The RAM that the application runs from is read-only to it, and so is AXI SRAM1, from which OEMuROT runs. */
const isCode = (base: number): boolean => board.configuration.layout.run?.base === base || (base === 0x24000000 && board.configuration.bootPath === 'stirot-oemurot');
const testable = () => watched.filter(({ base }) => !isCode(base));
function needs(base: number): void {
  if (isCode(base)) skip('the application, or OEMuROT, runs from this RAM, and errors cannot be written into it');
}

beforeAll(async () => {
  await running({ fresh: true });
  if (byItself()) await started();
});

afterAll(async () => {
  // Leaves the RAMs without errors to the suites after this one.
  for (const { handle } of testable()) await board.app.eccClear(handle);
  // And the handles' place as a boot leaves it.
  if (byItself()) await board.boot();
});

describe('after a boot', () => {
  it.each(watched)('handle $handle read → monitor of $ram, ready, no error', async ({ handle, monitor }) => {
    needsBoot();
    expect((await board.app.ramecc()).handles[handle]).toMatchObject({ instance: monitor, state: READY, errorCode: NO_ERROR });
  });

  it('memory at 0x30007FC0 read → the five handles, 12 bytes each, nothing else', async () => {
    needsBoot();
    const words = watched.flatMap(({ monitor }) => [monitor, READY, NO_ERROR]);
    const expected = Buffer.alloc(60);
    words.forEach((word, index) => expected.writeUInt32LE(word, 4 * index));
    expect(Buffer.from(await board.app.dump(HANDLES, 60)).toString('hex')).toBe(expected.toString('hex'));
  });

  it.each(watched)('monitor of $ram read → notifies double errors, latches, and has seen none', async ({ handle }) => {
    needsBoot();
    expect((await board.app.ramecc()).handles[handle].monitor).toMatchObject({ cr: CR_OF_THE_BOOT, sr: 0 });
  });

  it('both interrupt enable registers and the monitor of ITCM read → nothing is notified but by the five monitors', async () => {
    needsBoot();
    const { ier1, ier2 } = await board.app.ramecc();
    expect([ier1, ier2, await board.app.read(ITCM_MONITOR)]).toEqual([0, 0, 0]);
  });

  it('NVIC read → the RAMECC interrupt (9) is enabled', async () => {
    needsBoot();
    expect((await board.app.read(NVIC.ISER0)) & RAMECC_IRQ).toBe(RAMECC_IRQ);
  });
});

/** AXI SRAM1, or AXI SRAM3 where AXI SRAM1 holds code; DTCM0 where both do. */
const subject = () => testable().find(({ ram }) => ram.startsWith('AXI')) ?? testable()[0]!;

describe('single error', () => {
  it.each(watched)('one bit flipped in $ram → read corrected, SEDCF, failing address, no interrupt', async ({ handle, base, word }) => {
    needs(base);
    const offset = 0x100 + 0x40 * handle;
    const injected = await board.app.eccInject(handle, 1, offset);
    expect(injected).toMatchObject({ address: base + offset, read: injected.written, sr: SEDCF, far: offset / word, irqs: 0 });
  });

  it('another word of the same RAM, after the flag was cleared → the failing address follows', async () => {
    const { handle } = subject();
    await board.app.eccClear(handle);
    const first = await board.app.eccInject(handle, 1, 0x200);
    await board.app.eccClear(handle);
    const second = await board.app.eccInject(handle, 1, 0x208);
    expect([first.far, second.far]).toEqual([0x200 / 8, 0x208 / 8]);
  });

  it('failing data read → the word as stored, bit 12 flipped', async () => {
    const { handle } = subject();
    await board.app.eccClear(handle);
    const { fdrl, written } = await board.app.eccInject(handle, 1, 0x300);
    expect(fdrl ^ written).toBe(1 << 12);
  });
});

describe('double error', () => {
  it.each(watched)('two bits flipped in $ram → DEDF, failing address, one interrupt, which is that of its monitor', async ({ handle, monitor, base, word }) => {
    needs(base);
    await board.app.eccClear(handle);
    const offset = 0x400 + 0x40 * handle;
    const seen = await board.app.eccInject(handle, 2, offset);
    expect(seen).toMatchObject({ address: base + offset, sr: DEDF, far: offset / word, irqs: 1 });
    expect(seen.interrupts).toHaveLength(1);
    expect(seen.interrupts[0]).toMatchObject({ name: 'ramecc', monitor: hex(monitor), sr: hex(DEDF), far: hex(offset / word), fecr: hex(seen.fecr) });
  });
});

// unverified: that an error already flagged interrupts as soon as it is notified.
describe('interrupt', () => {
  it('single errors notified by the application, one bit flipped → an interrupt too; not notified any more → none, the flag stays', async () => {
    const { handle, monitor } = subject();
    await board.app.eccClear(handle);
    await board.app.write(monitor, CR_OF_THE_BOOT | ECCSEIE);
    const told = await board.app.eccInject(handle, 1, 0x600);
    await board.app.write(monitor, CR_OF_THE_BOOT);
    expect(told).toMatchObject({ sr: SEDCF, irqs: 1, read: told.written });
    expect(told.interrupts).toEqual([expect.objectContaining({ monitor: hex(monitor), sr: hex(SEDCF) })]);
    await board.app.eccClear(handle);
    expect(await board.app.eccInject(handle, 1, 0x608)).toMatchObject({ sr: SEDCF, irqs: 0 });
    expect((await board.app.ramecc()).handles[handle].monitor?.sr).toBe(SEDCF);
    await board.app.eccClear(handle);
  });

  it('double errors not notified, two bits flipped → no interrupt, the flag stays; notified again → taken at once', async () => {
    const { handle, monitor } = subject();
    await board.app.eccClear(handle);
    await board.app.write(monitor, CR_OF_THE_BOOT & ~ECCDEIE);
    expect(await board.app.eccInject(handle, 2, 0x610)).toMatchObject({ sr: DEDF, irqs: 0 });
    const from = board.mark();
    await board.app.write(monitor, CR_OF_THE_BOOT);
    await board.app.identify();
    expect(interruptsSince(from)).toEqual([[hex(monitor), hex(DEDF)]]);
    await board.app.eccClear(handle);
  });

  it('shut in the NVIC, two bits flipped → none is taken; opened again → the pending one is', async () => {
    const { handle, monitor } = subject();
    await board.app.eccClear(handle);
    await board.app.write(NVIC.ICER0, RAMECC_IRQ);
    expect(await board.app.eccInject(handle, 2, 0x618)).toMatchObject({ sr: DEDF, irqs: 0 });
    const from = board.mark();
    await board.app.write(NVIC.ISER0, RAMECC_IRQ);
    await board.app.identify();
    expect(interruptsSince(from)).toEqual([[hex(monitor), hex(DEDF)]]);
    await board.app.eccClear(handle);
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
    expect((await board.app.ramecc()).handles.filter(({ monitor }) => monitor?.sr !== 0)).toEqual([]);
  });

  // unverified: that a load which corrects a single error leaves the word as it is in the RAM.
  it.each(watched.filter(({ ram }) => ram !== 'backup RAM'))('a wrong word left in $ram → told at each load; then a reset → the monitor starts clean, and the boot has written the RAM anew', async ({ handle, monitor, base, word }) => {
    needs(base);
    needsBoot();
    await board.app.eccClear(handle);
    const { address } = await board.app.eccInject(handle, 1, 0x500);
    const again = async () => {
      await board.app.write(monitor + 4, 0);
      await board.app.read(address);
      return (await board.app.ramecc()).handles[handle].monitor;
    };
    expect(await again()).toMatchObject({ sr: SEDCF, far: 0x500 / word });
    await board.boot();
    expect((await board.app.ramecc()).handles[handle].monitor?.sr).toBe(0);
    expect(await again()).toMatchObject({ sr: 0 });
  });
});

describe('what a boot makes of it', () => {
  /** FECR of bit 12 in a 64-bit word, as ST's example RAMECC_ErrorCount prints it. */
  const CODE_OF_BIT_12 = 0x41;
  const backup = 4;

  it('single error in an AXI SRAM → its code and data can be read from the monitor that the handle names, until they are cleared', async () => {
    const { handle, ram } = subject();
    if (!ram.startsWith('AXI')) skip('the application and OEMuROT run from the AXI SRAMs, and of no other is the error code public');
    await board.app.eccClear(handle);
    expect(await board.app.eccInject(handle, 1, 0x620)).toMatchObject({ sr: SEDCF, fecr: CODE_OF_BIT_12 });
    expect((await board.app.ramecc()).handles[handle].monitor).toMatchObject({ sr: SEDCF, far: 0x620 / 8, fecr: CODE_OF_BIT_12 });
    expect(await board.app.eccClear(handle)).toBe(0);
  });

  it('handles overwritten by the application, reset → the boot writes them anew: instance, ready, error code 0', async () => {
    needsBoot();
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
    needsBoot();
    await board.app.eccClear(backup);
    const before = await board.app.eccInject(backup, 2, 0x700);
    expect(before).toMatchObject({ sr: DEDF, irqs: 1 });
    await board.boot();
    expect((await board.app.ramecc()).handles[backup].monitor?.sr).toBe(0);
    const from = board.mark();
    await board.app.write(0x58024540, (await board.app.read(0x58024540)) | (1 << 28)); // RCC_AHB4ENR.BKPRAMEN
    await board.app.read(0x38800700);
    expect((await board.app.ramecc()).handles[backup].monitor).toMatchObject({ far: before.far, fecr: before.fecr });
    expect(interruptsSince(from)).toEqual([['0x58027040', '0x00000002']]);
    // Repaired, for the suites after this one: ecc-clear knows only errors of this start.
    expect((await board.app.eccInject(backup, 1, 0x700)).sr & SEDCF).toBe(SEDCF);
    expect(await board.app.eccClear(backup)).toBe(0);
  });
});
