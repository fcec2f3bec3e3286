import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { board, running } from 'rot-hil';

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
/** A watchdog that something starts without setting it bites after this time: 4096 steps of LSI / 4. */
const LONGEST_MS = 512;

/**
 * STiRoT and its iLoader reset the chip in the middle of a boot, each step ending in a reset (STiROT_iLoader/README.md): by software, so that SFTRSTF may stand beside whatever began it.
 * unverified: that the flag of the watchdog outlasts these resets, and AXI SRAM2 them too.
 */
const throughStirot = (): boolean => board.configuration.bootPath !== 'oemirot';
/** Resets that a boot itself does not make. */
const watched = (): number => IWDGRSTF | WWDGRSTF | (throughStirot() ? 0 : SFTRSTF);

/** Reset flags of the last start, which are cleared. */
async function resetFlags(): Promise<number> {
  const flags = await board.app.read(RCC_RSR);
  await board.app.write(RCC_RSR, RMVF);
  return flags & watched();
}

const version = (): string => board.applications.application.version;
/** STiRoT, in ROM, says nothing. */
const told = (): number => (board.configuration.bootPath === 'stirot' ? 0 : 1);
/** A start, as far as this console tells one. */
const start = /Starting bootloader|\$rot-hil /;

beforeAll(async () => {
  await running();
});

beforeEach(async () => {
  await resetFlags();
});

/** Milliseconds that the watchdog needed, by DWT_CYCCNT: LSI is within 15 % of 32 kHz. */
async function bitten(refreshes: number): Promise<number> {
  const { cpu } = await board.app.clock();
  await board.app.write(COUNT, 0);
  const from = board.mark();
  await board.app.bite(MS, { refreshes, count: COUNT });
  const { banner, starts } = await board.boot({ reset: false, from });
  expect([banner?.['version'], starts]).toEqual([version(), told()]);
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

  it('after its reset → off: nothing refreshes it, and the application lives longer than one with reset values would let it', async () => {
    await bitten(0);
    expect((await board.app.read(IWDG_SR)) & ONF).toBe(0);
    // By the line itself: a character takes ten bits, in a request of this length and again in its answer.
    const text = '0123456789abcdef'.repeat(4);
    const requests = Math.ceil((1.2 * LONGEST_MS) / ((2 * 10 * text.length * 1000) / board.kit.console.baudRate));
    for (let i = 1; i <= requests; i++) {
      // Not by board.app, to which a start instead of an answer is a fault of the bench.
      const from = board.mark();
      await board.console.send(`${String(i)} echo ${text}\n`);
      const { text: line } = await board.console.waitFor((one) => one.text.startsWith(`@${String(i)} ok `) || start.test(one.text), { from, withinMs: 5000 });
      expect(line).toContain(` ok text=${text} `);
    }
  });
});

describe('reset by something else', () => {
  it('the application resets itself → no watchdog in the flags, and after OEMiROT_Boot, which makes none itself, the software reset', async () => {
    const from = board.mark();
    await board.app.reset();
    await board.boot({ reset: false, from });
    expect(await resetFlags()).toBe(throughStirot() ? 0 : SFTRSTF);
  });

  it('reset pin → neither', async () => {
    await board.boot();
    expect(await resetFlags()).toBe(0);
  });
});

describe('window watchdog', () => {
  const PRESCALER_128 = 7 << 11;
  const prepare = async (window: number): Promise<void> => {
    await board.app.write(RCC_APB1ENR1, (await board.app.read(RCC_APB1ENR1)) | WWDGEN);
    await board.app.write(WWDG.CFR, window | PRESCALER_128);
  };
  /** Starts it and refreshes it at once, both sent in one piece. */
  const twice = `1 write ${String(WWDG.CR)} 0xff 4\n2 write ${String(WWDG.CR)} 0xff 4\n`;

  it('started with its slowest clock and not refreshed → resets by itself, the whole boot follows', async () => {
    await prepare(0x7f);
    const from = board.mark();
    await board.app.write(WWDG.CR, 0xff);
    expect((await board.boot({ reset: false, from })).banner).toMatchObject({ version: version() });
    expect(await resetFlags()).toBe(WWDGRSTF);
  });

  it.each([
    ['far above its window → resets at that store', 0x40, false],
    ['inside its window → the store is answered; it bites later, without another refresh', 0x7f, true],
  ] as const)('refreshed %s', async (_what, window, answered) => {
    await prepare(window);
    const from = board.mark();
    await board.console.send(twice);
    const { lines, banner } = await board.boot({ reset: false, from });
    expect(banner).toMatchObject({ version: version() });
    expect(lines.some(({ text }) => text.startsWith('@1 ok'))).toBe(true);
    expect(lines.some(({ text }) => text.startsWith('@2 ok'))).toBe(answered);
    expect(await resetFlags()).toBe(WWDGRSTF);
  });
});
