import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { board, running, skip } from 'rot-hil';

// Clock tree as OEMiROT_Boot leaves it (Src/system_stm32h7rsxx.c, SetSysClock): 64 MHz / 32 x 380 / 2. The measure is the serial line: the far end
// sends at the kit's baud rate by a crystal of its own, so cycles of DWT_CYCCNT per character are the core clock.
const BITS = 10;
const CHARACTERS = 16;
/** HSI of the chip and the far end's crystal together; a character is timed to some cycles. */
const TOLERANCE = 0.02;

const near = (measured: number, expected: number): void => {
  expect(Math.abs(measured / expected - 1)).toBeLessThan(TOLERANCE);
};
/** Core clock in Hz as the far end's characters show it. */
async function measured(): Promise<number> {
  const { characters, shortest } = await board.app.lineTime();
  expect(characters).toBeGreaterThan(15);
  return (shortest * board.kit.console.baudRate) / BITS;
}
const inPlace = (): boolean => board.configuration.exec === 'xip';

let changed = false;

beforeAll(async () => {
  if (board.configuration.bootPath === 'stirot') skip('the clock tree is that of OEMiROT_Boot and OEMuROT; which one STiRoT leaves is not public');
  await running();
});

afterAll(async () => {
  if (changed) await board.boot();
});

describe('as the root of trust leaves it', () => {
  it('registers read → core 380 MHz, PCLK1 95 MHz', async () => {
    expect(await board.app.clock()).toMatchObject({ cpu: 380_000_000, pclk1: 95_000_000 });
  });

  it('characters of the far end timed by DWT_CYCCNT → 380 MHz', async () => {
    near(await measured(), 380e6);
  });

  it("16 characters of the board's own timed → the baud rate of the kit", async () => {
    const { cpu, sent } = await board.app.clock();
    near((CHARACTERS * BITS * cpu) / sent, board.kit.console.baudRate);
  });

  it('BRR read → PCLK1 by the baud rate, to the nearest', async () => {
    const { pclk1, brr } = await board.app.clock();
    expect(brr).toBe(Math.round(pclk1 / board.kit.console.baudRate));
  });
});

describe('PLL1 changed by the application', () => {
  it('that executes in place → the fixture refuses to; any other → allowed', async () => {
    if (!inPlace()) skip('this application runs from RAM: the next test raises its clock');
    expect(await board.request('cpu-clock', [600])).toMatchObject({ kind: 'error', code: 'executes-in-place' });
    expect((await board.app.clock()).cpu).toBe(380_000_000);
  });

  it('raised to 600 MHz → the console is still right both ways, registers and measured cycles agree', async () => {
    if (inPlace()) skip('PLL1 is raised by applications that do not execute in place');
    changed = true;
    expect(await board.app.cpuClock(600)).toEqual({ cpu: 600_000_000, brr: Math.round(150e6 / board.kit.console.baudRate) });
    near(await measured(), 600e6);
    const { cpu, sent } = await board.app.clock();
    near((CHARACTERS * BITS * cpu) / sent, board.kit.console.baudRate);
    const all = Array.from({ length: 94 }, (_, i) => String.fromCharCode(0x21 + i)).filter((one) => one !== '*').join('');
    expect((await board.app.echo(all.slice(0, 47))) + (await board.app.echo(all.slice(47)))).toBe(all);
  });

  it('a loop of 1000 turns at 600 MHz and at 380 MHz → one to four thousand cycles both times', async () => {
    if (inPlace()) skip('PLL1 is raised by applications that do not execute in place');
    const deltas = [];
    for (const mhz of [600, 380] as const) {
      await board.app.cpuClock(mhz);
      deltas.push((await board.app.cycles()).delta);
    }
    for (const delta of deltas) {
      expect(delta).toBeGreaterThanOrEqual(1000);
      expect(delta).toBeLessThan(4000);
    }
  });

  it('lowered to 380 MHz again → registers and line agree, as after the boot', async () => {
    if (inPlace()) skip('PLL1 is raised by applications that do not execute in place');
    expect((await board.app.cpuClock(380)).cpu).toBe(380_000_000);
    near(await measured(), 380e6);
  });

  it('raised, then reset → the root of trust starts as ever and hands over 380 MHz', async () => {
    if (inPlace()) skip('PLL1 is raised by applications that do not execute in place');
    await board.app.cpuClock(600);
    const { banner, rotLines } = await board.boot();
    expect(banner).toMatchObject({ version: board.applications.application.version });
    expect(rotLines.filter((line) => /^\[(ERR|WRN)\]/.test(line))).toEqual([]);
    expect((await board.app.clock()).cpu).toBe(380_000_000);
    near(await measured(), 380e6);
  });
});

describe('PLL2, which clocks the external memories', () => {
  const PRECISERR_BFARVALID = 0x8200;

  it('switched off by code in internal RAM → the external memory stops: a load from the run slot is a bus fault at its address; on again → the application goes on', async () => {
    const { exec, layout } = board.configuration;
    if (exec === 'int-ram') skip('the root of trust leaves no external memory running in execution mode int-ram');
    const { cfsr, bfar } = await board.app.pll2Pause(layout.runAddress);
    expect({ cfsr, bfar }).toEqual({ cfsr: PRECISERR_BFARVALID, bfar: layout.runAddress });
    expect(await board.app.identify()).toMatchObject({ version: board.applications.application.version });
  });

  it('switched off, internal RAM loaded → no fault, its value', async () => {
    await board.app.write(0x24021000, 0x600dda7a);
    expect(await board.app.pll2Pause(0x24021000)).toMatchObject({ value: 0x600dda7a, cfsr: 0 });
  });
});
