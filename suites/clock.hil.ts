import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { board, running, skip } from 'rot-hil';

// Clock tree as OEMiROT_Boot leaves it (Src/system_stm32h7rsxx.c, SetSysClock): 64 MHz / 32 x 380 / 2. The measure is the serial line: the far end
// sends at the kit's baud rate by a crystal of its own, so cycles of DWT_CYCCNT per character are the core clock.
const BITS = 10;
const CHARACTERS = 16;
/** What the board times of itself: start and end of a burst of characters, by its own clock. */
const OWN = 0.02;
/** HSI of the chip (1 % at room temperature by its data sheet) and the far end's crystal together, and a poll of the line from memory without a cache. */
const FAR_END = 0.03;

const near = (measured: number, expected: number, tolerance: number): void => {
  expect(Math.abs(measured / expected - 1)).toBeLessThan(tolerance);
};
/** Core clock in Hz as the far end's characters show it. */
async function measured(): Promise<number> {
  const { characters, shortest } = await board.app.lineTime();
  expect(characters).toBeGreaterThan(15);
  return (shortest * board.kit.console.baudRate) / BITS;
}
const inPlace = (): boolean => board.configuration.exec === 'xip';
/** Core clock in Hz that the application is handed; undefined: which one STiRoT leaves is not public, and what counts is that registers and line agree. */
const handedOver = (): number | undefined => (board.configuration.bootPath === 'stirot' ? undefined : 380e6);
function needsRaisable(): void {
  if (inPlace()) skip('PLL1 is raised by applications that do not execute in place');
  needsKnownPlls();
}
function needsKnownPlls(): void {
  if (handedOver() === undefined) skip('how STiRoT leaves the PLLs is not public: an application behind it sets its own');
}

let changed = false;
/** By the registers, after the boot. */
let atStart = 0;

beforeAll(async () => {
  await running({ fresh: true });
  atStart = (await board.app.clock()).cpu;
});

afterAll(async () => {
  if (changed) await board.boot();
});

describe('as the root of trust leaves it', () => {
  it('registers read → core 380 MHz, PCLK1 95 MHz', async () => {
    if (handedOver() === undefined) skip('which clocks STiRoT leaves is not public');
    expect(await board.app.clock()).toMatchObject({ cpu: 380_000_000, pclk1: 95_000_000 });
  });

  it('characters of the far end timed by DWT_CYCCNT → the core clock of the registers; after OEMiROT_Boot and OEMuROT 380 MHz', async () => {
    near(await measured(), handedOver() ?? (await board.app.clock()).cpu, FAR_END);
  });

  it("16 characters of the board's own timed → the baud rate of the kit", async () => {
    const { cpu, sent } = await board.app.clock();
    near((CHARACTERS * BITS * cpu) / sent, board.kit.console.baudRate, OWN);
  });

  it('BRR read → PCLK1 by the baud rate, to the nearest', async () => {
    const { pclk1, brr } = await board.app.clock();
    expect(brr).toBe(Math.round(pclk1 / board.kit.console.baudRate));
  });
});

describe('PLL1 changed by the application', () => {
  it('that executes in place → the fixture refuses to; any other → allowed', async () => {
    if (!inPlace()) skip('this application runs from RAM: where the PLLs are known, the next test raises its clock');
    expect(await board.request('cpu-clock', [600])).toMatchObject({ kind: 'error', code: 'executes-in-place' });
    expect((await board.app.clock()).cpu).toBe(atStart);
    near(await measured(), atStart, FAR_END);
  });

  it('raised to 600 MHz → the console is still right both ways, registers and measured cycles agree', async () => {
    needsRaisable();
    changed = true;
    expect(await board.app.cpuClock(600)).toEqual({ cpu: 600_000_000, brr: Math.round(150e6 / board.kit.console.baudRate) });
    near(await measured(), 600e6, FAR_END);
    const { cpu, sent } = await board.app.clock();
    near((CHARACTERS * BITS * cpu) / sent, board.kit.console.baudRate, OWN);
    const all = Array.from({ length: 94 }, (_, i) => String.fromCharCode(0x21 + i)).filter((one) => one !== '*').join('');
    expect((await board.app.echo(all.slice(0, 47))) + (await board.app.echo(all.slice(47)))).toBe(all);
  });

  it('a loop of 1000 turns at 380 MHz and at 600 MHz → as many cycles, or more by what the memory behind it does not keep up, never fewer', async () => {
    needsRaisable();
    changed = true;
    const cycles = async (mhz: 380 | 600): Promise<number> => {
      await board.app.cpuClock(mhz);
      return (await board.app.cycles()).delta;
    };
    const slow = await cycles(380);
    const fast = await cycles(600);
    expect(slow).toBeGreaterThanOrEqual(1000);
    // The loop is fetched without a cache: what takes the same time takes as many more cycles.
    expect(fast).toBeGreaterThan(0.97 * slow);
    expect(fast).toBeLessThan(1.03 * (600 / 380) * slow);
  });

  it('lowered to 380 MHz again → registers and line agree', async () => {
    needsRaisable();
    changed = true;
    expect((await board.app.cpuClock(600)).cpu).toBe(600_000_000);
    expect((await board.app.cpuClock(380)).cpu).toBe(380_000_000);
    near(await measured(), 380e6, FAR_END);
  });

  it('raised, then reset → the root of trust starts as ever and hands over the clock that it did before', async () => {
    needsRaisable();
    changed = true;
    await board.app.cpuClock(600);
    const { banner, rotLines } = await board.boot();
    expect(banner).toMatchObject({ version: board.applications.application.version });
    expect(rotLines.filter((line) => /^\[(ERR|WRN)\]/.test(line))).toEqual([]);
    expect((await board.app.clock()).cpu).toBe(atStart);
    near(await measured(), atStart, FAR_END);
  });
});

describe('PLL2, which clocks the external memories', () => {
  const PRECISERR_BFARVALID = 0x8200;
  /** Until the watchdog bites. */
  const PATIENCE_MS = 1000;

  /**
   * Switches PLL2 off, loads a word, switches it on again, from code in internal RAM. A board may wait for a memory without a clock for ever (confirm-on-hardware, pll2-off):
   * a watchdog brings it back then, and the failure is one of this test and not of the bench.
   */
  async function loadedWithoutPll2(address: number): Promise<{ value: number; cfsr: number; bfar: number }> {
    await board.app.startWatchdog(PATIENCE_MS);
    const from = board.mark();
    await board.console.send(`77 pll2-pause ${String(address)}\n`);
    const { text } = await board.console.waitFor(/^@77 |\$rot-hil /, { from, withinMs: 20 * PATIENCE_MS });
    const found = /^@77 ok value=(\S+) cfsr=(\S+) bfar=(\S+) /.exec(text);
    // The watchdog is stopped by a reset only.
    if (found !== null) await board.boot();
    expect(text).toMatch(/^@77 ok /);
    return { value: Number(found![1]), cfsr: Number(found![2]), bfar: Number(found![3]) };
  }

  it('switched off by code in internal RAM → the external memory stops: a load from the run slot is a bus fault at its address; its twin with PLL2 on → its value', async () => {
    const { exec, layout } = board.configuration;
    if (exec === 'int-ram') skip('the root of trust leaves no external memory running in execution mode int-ram');
    const { cfsr, bfar } = await loadedWithoutPll2(layout.runAddress);
    expect({ cfsr, bfar }).toEqual({ cfsr: PRECISERR_BFARVALID, bfar: layout.runAddress });
    // The first word of the vector table, and the application that answers runs from that memory.
    expect(await board.app.read(layout.runAddress)).toBe((await board.app.vtor()).mspInitial);
  });

  it('switched off, internal RAM loaded → no fault, its value', async () => {
    needsKnownPlls();
    await board.app.write(0x24021000, 0x600dda7a);
    expect(await loadedWithoutPll2(0x24021000)).toMatchObject({ value: 0x600dda7a, cfsr: 0 });
  });

  it('switched off and on again → the application goes on, without a reset', async () => {
    needsKnownPlls();
    const from = board.mark();
    await board.app.pll2Pause(0x24021000);
    expect(await board.app.identify()).toMatchObject({ version: board.applications.application.version });
    expect(board.linesSince(from).filter(({ text }) => text.includes('$rot-hil '))).toEqual([]);
  });
});
