import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { board, running, skip } from 'rot-hil';

// Independent watchdog on LSI and window watchdog on PCLK1 under an application that the secure boot started. Registers: stm32h7s7xx.h.
// unverified: that the root of trust leaves the reset flags as it found them.
const RCC_RSR = 0x58024530;
const RMVF = 1 << 16;
const SFTRSTF = 1 << 24;
const IWDGRSTF = 1 << 26;
const WWDGRSTF = 1 << 28;
const IWDG_SR = 0x5800480c;
const ONF = 1 << 8;
const WWDG = { CR: 0x40002c00, CFR: 0x40002c04 };
const RCC_APB1ENR1 = 0x58024548;
const WWDGEN = 1 << 11;
/** A word in AXI SRAM2, which no boot clears. */
const COUNT = 0x24022000;
const MS = 10;

/** Reset flags of the last start, which are cleared. */
async function resetFlags(): Promise<number> {
  const flags = await board.app.read(RCC_RSR);
  await board.app.write(RCC_RSR, RMVF);
  return flags & (SFTRSTF | IWDGRSTF | WWDGRSTF);
}

const version = (): string => board.applications.application.version;

beforeAll(async () => {
  if (board.configuration.bootPath === 'stirot') skip('it tells starts by the log of the root of trust, and STiRoT prints nothing');
  await running();
});

beforeEach(async () => {
  if (board.configuration.bootPath === 'stirot') return;
  await resetFlags();
});

/** Milliseconds that the watchdog needed, by DWT_CYCCNT: LSI is within 15 % of 32 kHz. */
async function bitten(refreshes: number): Promise<number> {
  const { cpu } = await board.app.clock();
  await board.app.write(COUNT, 0);
  const from = board.mark();
  await board.app.bite(MS, { refreshes, count: COUNT });
  const { banner, starts } = await board.boot({ reset: false, from });
  expect([banner?.['version'], starts]).toEqual([version(), 1]);
  return (await board.app.read(COUNT)) / (cpu / 1000);
}

describe('independent watchdog', () => {
  it('started and not refreshed → bites after its time by DWT_CYCCNT, the whole boot follows', async () => {
    const ms = await bitten(0);
    expect(ms).toBeGreaterThan(0.85 * MS);
    expect(ms).toBeLessThan(1.15 * MS);
    expect(await resetFlags()).toBe(IWDGRSTF);
  });

  it('its twin refreshed four times at half of its time → bites only that much later', async () => {
    const ms = await bitten(4);
    expect(ms).toBeGreaterThan(2 * MS + 0.85 * MS);
    expect(ms).toBeLessThan(2 * MS + 1.15 * MS);
    expect(await resetFlags()).toBe(IWDGRSTF);
  });

  it('after its reset → off: nothing refreshes it, and the application lives', async () => {
    await bitten(0);
    expect((await board.app.read(IWDG_SR)) & ONF).toBe(0);
    const before = (await board.app.cycles()).cyccnt;
    const from = board.mark();
    // Each of these takes milliseconds on the line: together several times the watchdog's time.
    for (let i = 0; i < 8; i++) await board.app.echo('0123456789abcdef0123456789abcdef');
    const { cpu } = await board.app.clock();
    expect((((await board.app.cycles()).cyccnt - before) >>> 0) / (cpu / 1000)).toBeGreaterThan(3 * MS);
    expect(board.linesSince(from).filter(({ text }) => text.includes('Starting bootloader'))).toEqual([]);
  });
});

describe('reset by something else', () => {
  it('the application resets itself → SFTRSTF, and no watchdog in the flags', async () => {
    const from = board.mark();
    await board.app.reset();
    await board.boot({ reset: false, from });
    expect(await resetFlags()).toBe(SFTRSTF);
  });

  it('reset pin → neither', async () => {
    await board.boot();
    expect(await resetFlags()).toBe(0);
  });
});

describe('window watchdog', () => {
  const PRESCALER_128 = 7 << 11;
  const start = async (window: number): Promise<void> => {
    await board.app.write(RCC_APB1ENR1, (await board.app.read(RCC_APB1ENR1)) | WWDGEN);
    await board.app.write(WWDG.CFR, window | PRESCALER_128);
  };
  /** Starts it and refreshes it at once, both sent in one piece. */
  const twice = `1 write ${String(WWDG.CR)} 0xff 4\n2 write ${String(WWDG.CR)} 0xff 4\n`;

  it('started with its slowest clock and not refreshed → resets by itself, the whole boot follows', async () => {
    await start(0x7f);
    const from = board.mark();
    await board.app.write(WWDG.CR, 0xff);
    expect((await board.boot({ reset: false, from })).banner).toMatchObject({ version: version() });
    expect(await resetFlags()).toBe(WWDGRSTF);
  });

  it.each([
    ['far above its window → resets at that store', 0x40, false],
    ['inside its window → the store is answered; it bites later, without another refresh', 0x7f, true],
  ] as const)('refreshed %s', async (_what, window, answered) => {
    await start(window);
    const from = board.mark();
    await board.console.send(twice);
    const { lines, banner } = await board.boot({ reset: false, from });
    expect(banner).toMatchObject({ version: version() });
    expect(lines.some(({ text }) => text.startsWith('@1 ok'))).toBe(true);
    expect(lines.some(({ text }) => text.startsWith('@2 ok'))).toBe(answered);
    expect(await resetFlags()).toBe(WWDGRSTF);
  });
});
