import { crc32 } from 'node:zlib';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { board, running, skip } from 'rot-hil';

const runAddress = (): number => board.configuration.layout.runAddress;
const runText = (): string => `0x${runAddress().toString(16).padStart(8, '0')}`;
const slotEnd = (): number => {
  const { run, primary } = board.configuration.layout;
  return (run ?? primary).base + (run ?? primary).size;
};
/** Who starts the application; STiRoT, in ROM, says nothing. */
const talks = (): boolean => board.configuration.bootPath !== 'stirot';
function needsLog(): void {
  if (!talks()) skip('STiRoT prints nothing');
}
const version = (): string => board.applications.application.version;

beforeAll(async () => {
  await running();
});

describe('hardware reset', () => {
  it('reset → the root of trust tells each step up to the jump, in order, and no error', async () => {
    needsLog();
    const { rotLines } = await board.boot();
    // OEMuROT tells its version, that of the user's own image.
    const first = board.configuration.bootPath === 'oemirot' ? '[INF] Starting bootloader OEMiROT' : (rotLines.find((line) => /^\[INF\] Starting bootloader OEMuROT \d+\.\d+\.\d+$/.test(line)) ?? 'OEMuROT');
    const steps = [
      first,
      '[INF] Swap type: none',
      '[INF] Starting validation of primary slot(s)',
      '[INF] Bootloader chainload address offset: 0x0',
      '[INF] Jumping to the first image slot',
    ];
    expect(rotLines.filter((line) => steps.includes(line))).toEqual(steps);
    expect(rotLines.filter((line) => /^\[(ERR|WRN)\]/.test(line))).toEqual([]);
  });

  it('reset with an image accepted before → counter checked, signature not checked again as the hash is the stored one', async () => {
    needsLog();
    const { rotLines } = await board.boot();
    expect(rotLines).toContain('[INF] counter  0 : ok');
    expect(rotLines).toContain('[INF] hash ref OK');
    expect(rotLines).not.toContain('[INF] signature OK');
  });

  it('reset → banner with fixture, version, kit and run address', async () => {
    expect((await board.boot()).banner).toMatchObject({ fixture: 'app', version: version(), kit: board.kit.id, run: runText() });
  });

  it('reset, then a request → answered, and up to its answer the root of trust and the application have started once', async () => {
    const { from } = await board.boot();
    // A boot is told as soon as its banner is there: what a second start prints comes behind it. `board.app` would call that a fault of the bench.
    await board.console.send('7 identify\n');
    await board.console.waitFor(/^@7 ok /, { withinMs: 2000, from });
    const lines = board.linesSince(from).map(({ text }) => text);
    expect(lines.filter((text) => text.includes('Starting bootloader'))).toHaveLength(talks() ? 1 : 0);
    expect(lines.filter((text) => text.includes('$rot-hil '))).toHaveLength(1);
  });

  it('power gone and back → the same steps as from the pin, and the same application', async () => {
    if (board.power === undefined) skip('this bench has no power switch');
    const pin = await board.boot();
    const from = board.mark();
    await board.power.cycle();
    const cold = await board.boot({ reset: false, from });
    expect(cold.rotLines).toEqual(pin.rotLines);
    expect(cold.starts).toBe(talks() ? 1 : 0);
    expect(cold.banner).toMatchObject({ version: version(), run: runText() });
  });
});

describe('state at the start of the application', () => {
  it('VTOR read → the run address', async () => {
    expect((await board.app.vtor()).vtor).toBe(runAddress());
    expect(await board.app.read(0xe000ed08)).toBe(runAddress());
  });

  it('vector table read → stack in AHB SRAM2, reset handler in the slot, Thumb', async () => {
    const { mspInitial, reset } = await board.app.vtor();
    expect([mspInitial >= 0x30004000, mspInitial <= 0x30007000, mspInitial % 8]).toEqual([true, true, 0]);
    expect([reset > runAddress(), reset < slotEnd(), reset % 2]).toEqual([true, true, 1]);
  });

  it('banner → MSP at the first instruction is the first word of the vector table', async () => {
    const { banner } = await board.boot();
    expect(Number(banner?.['msp'])).toBe((await board.app.vtor()).mspInitial);
  });

  it('memory at the run address → the application as it was linked, every byte', async () => {
    const { path } = board.applications.application;
    const { payload } = board.signApplication(path, { version: version() }).application;
    expect(payload.length).toBeGreaterThan(1024);
    expect(await board.app.crc32(runAddress(), payload.length)).toBe(crc32(payload));
  });

  it('banner → the cycle counter was running already at the first instruction', async () => {
    if (!talks()) skip('whether STiRoT leaves the cycle counter running is not public');
    // The fixture takes DWT_CYCCNT before anything else and enables it only afterwards.
    expect(Number((await board.boot()).banner?.['boot_cycles'])).toBeGreaterThan(0);
  });
});

describe('cycles', () => {
  it('1000 turns of SUBS and BNE, twice → a cycle of DWT_CYCCNT each at least, and as many again, give or take a tenth', async () => {
    // How many more is the memory's affair: the code is fetched without a cache.
    const first = (await board.app.cycles()).delta;
    const second = (await board.app.cycles()).delta;
    expect(first).toBeGreaterThanOrEqual(1000);
    expect(Math.abs(second / first - 1)).toBeLessThan(0.1);
  });

  it('two readings of DWT_CYCCNT → it counts on', async () => {
    const first = await board.app.cycles();
    const second = await board.app.cycles();
    const passed = (second.cyccnt - first.cyccnt) >>> 0;
    expect(passed).toBeGreaterThan(1000);
    expect(passed).toBeLessThan(0x80000000);
  });
});

describe('reset by the application', () => {
  it('SYSRESETREQ → the root of trust and the application start again, as from the pin', async () => {
    const pin = await board.boot();
    const from = board.mark();
    await board.app.reset();
    const software = await board.boot({ reset: false, from });
    expect(software.rotLines).toEqual(pin.rotLines);
    expect(software.banner).toMatchObject({ version: version(), run: runText() });
  });

  it('a fault under the policy to reset → the fault line, then a whole boot', async () => {
    await board.app.onFault('reset');
    const from = board.mark();
    expect(await board.app.fault('udf')).toMatchObject({ name: 'UsageFault' });
    expect((await board.boot({ reset: false, from })).banner).toMatchObject({ version: version() });
    expect(await board.app.identify()).toMatchObject({ version: version() });
  });

  it('independent watchdog started and not refreshed → the chip resets and boots', async () => {
    const from = board.mark();
    await board.app.bite(20, { count: 0x24022000 });
    expect((await board.boot({ reset: false, from })).banner).toMatchObject({ version: version() });
  });
});

describe('requests over the console', () => {
  it('a request with a wrong checksum → refused as such; the same one with the right checksum → answered', async () => {
    const from = board.mark();
    await board.console.send('7 echo hello*00000000\n');
    const line = await board.console.waitFor(/^@7 /, { withinMs: 2000, from });
    expect(line.text).toMatch(/^@7 error code=bad-crc crc=/);
    expect(await board.app.echo('hello')).toBe('hello');
  });

  it('an unknown command → refused by name, and the next request answered', async () => {
    expect(await board.request('dance')).toMatchObject({ kind: 'error', code: 'unknown-command' });
    expect(await board.app.identify()).toMatchObject({ fixture: 'app', version: version() });
  });
});
