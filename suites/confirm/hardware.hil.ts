import { beforeAll, describe, expect, it } from '@jest/globals';
import { attach, board, running, skip } from 'rot-hil';

// What a board does at places where only silicon can tell: the facts marked `unverified:` in the sources that can be looked at in product
// state OPEN. Started by `rot-hil confirm-on-hardware`, which knows each test by the first word of its title.

/** Keeps what was seen, whatever the test then says about it. */
function saw(probe: string, seen: Readonly<Record<string, unknown>>): void {
  attach(`${probe}.json`, JSON.stringify(seen), 'application/json');
}
const hex = (value: number): string => '0x' + (value >>> 0).toString(16).padStart(8, '0');

// stm32h7s7xx.h
const DBGMCU_IDCODE = 0x5c001000;
const FLASHSIZE_BASE = 0x08fff80c;
const PWR_CSR2 = 0x5802480c;
const SBS_CCVALR = 0x58000514;
const EXTI_IMR = [0x58000080, 0x58000090, 0x580000a0];
const RCC_RSR = 0x58024530;
const RCC_AHB4ENR = 0x58024540;
const GPIOFEN = 1 << 5;
const GPIOF_MODER = 0x58021400;
const RCC_CIER = 0x58024460;
const RCC_CIFR = 0x58024464;
/** Clocks that stay on while the core sleeps: RCC_…LPENR with the bits that the header names (stm32h7s7xx.h). */
const sleepClocks: Readonly<Record<string, readonly [address: number, bits: number]>> = {
  AHB1LPENR: [0x58024560, 0x8f038030],
  AHB2LPENR: [0x58024564, 0x60004202],
  AHB3LPENR: [0x5802456c, 0x00000057],
  AHB4LPENR: [0x58024568, 0x1008f0ff],
  AHB5LPENR: [0x5802455c, 0xf018513f],
  APB1LPENR1: [0x58024570, 0xc8ffcbff],
  APB1LPENR2: [0x58024574, 0x08000122],
  APB2LPENR: [0x58024578, 0x00df3011],
  APB4LPENR: [0x5802457c, 0x04019e2a],
  APB5LPENR: [0x58024580, 0x00000016],
};
// Armv7-M and Cortex-M7 TRM
const ITCMCR = 0xe000ef90;
const DTCMCR = 0xe000ef94;
const AHBPCR = 0xe000ef98;
const DWT_CYCCNT = 0xe0001004;

/** ST's example RAMECC_ErrorCount; the word of the code behind each monitor in bytes. */
const monitors = [
  { handle: 0, ram: 'AXI SRAM1', base: 0x24000000, word: 8, single: 0x41, double: 0x41 ^ 0x42 },
  { handle: 1, ram: 'DTCM0', base: 0x20000000, word: 8, single: undefined, double: undefined },
  { handle: 2, ram: 'DTCM1', base: 0x20000004, word: 8, single: undefined, double: undefined },
  { handle: 3, ram: 'AXI SRAM3', base: 0x24040000, word: 8, single: 0x41, double: 0x41 ^ 0x42 },
  { handle: 4, ram: 'backup RAM', base: 0x38800000, word: 4, single: undefined, double: undefined },
] as const;
/** The model's RAMs whose code is the same as where ST published it, or of 32 bits. */
const isCode = (base: number): boolean => board.configuration.layout.run?.base === base;

beforeAll(async () => {
  await running();
});

describe('tool', () => {
  it('device-id: connected while the application runs → the id that the device file has', async () => {
    const { deviceId, deviceName, revision, voltage } = await board.programmer.connect('Hotplug');
    saw('device-id', { deviceId: deviceId === null ? null : hex(deviceId), deviceName, revision, voltage, tool: board.identity.toolVersion });
    expect(deviceId).toBe(board.kit.device.deviceId);
  });

  it('voltage: supply measured by the probe → 3.0 to 3.6 V', async () => {
    const { voltage } = await board.programmer.connect('Hotplug');
    saw('voltage', { voltage });
    expect(voltage).toBeGreaterThanOrEqual(3.0);
    expect(voltage).toBeLessThanOrEqual(3.6);
  });

  it('tool-version: asked → one that knows this device', () => {
    saw('tool-version', { toolVersion: board.identity.toolVersion });
    expect(board.identity.toolVersion).toMatch(/^\d+\.\d+/);
  });

  it('option-bytes: -ob displ → every option byte of the device file, none wider than there', async () => {
    const shown = await board.programmer.readOptionBytes();
    const known = board.kit.device.optionBytes;
    saw('option-bytes', Object.fromEntries([...shown].map(([name, value]) => [name, hex(value)])));
    expect(known.filter(({ name }) => !shown.has(name)).map(({ name }) => name)).toEqual([]);
    expect(known.filter(({ name, width }) => (shown.get(name) ?? 0) >= 2 ** width).map(({ name }) => name)).toEqual([]);
  });

  it('option-registers: FLASH option registers read through the probe → the values that -ob displ shows, other bits 0', async () => {
    const shown = await board.programmer.readOptionBytes();
    const known = board.kit.device.optionBytes;
    const registers = [...new Set(known.map(({ register }) => register))];
    const seen: Record<string, string> = {};
    const wrong: string[] = [];
    for (const register of registers) {
      const value = Buffer.from(await board.readMemory(register, 4)).readUInt32LE();
      seen[hex(register)] = hex(value);
      const fields = known.filter((one) => one.register === register);
      const expected = fields.reduce((sum, { name, low }) => sum + (shown.get(name) ?? 0) * 2 ** low, 0);
      if (value !== expected >>> 0) wrong.push(`${hex(register)} is ${hex(value)}, the fields make ${hex(expected)}`);
    }
    saw('option-registers', seen);
    expect(wrong).toEqual([]);
  });

  it('attach-asleep: attached while the application sleeps → it sleeps on, and answers as before', async () => {
    const from = board.mark();
    await board.programmer.connect('Hotplug');
    const starts = board.linesSince(from).filter(({ text }) => text.includes('Starting bootloader') || text.includes('$rot-hil ')).length;
    const { version } = await board.app.identify();
    saw('attach-asleep', { starts, version });
    expect([starts, version]).toEqual([0, board.applications.application.version]);
  });

  it('run-slot: run slot read through the probe → the deciphered application', async () => {
    const address = board.configuration.layout.runAddress;
    const probe = Buffer.from(await board.readMemory(address, 64)).toString('hex');
    const own = Buffer.from(await board.app.dump(address, 64)).toString('hex');
    saw('run-slot', { address: hex(address), probe, application: own });
    expect(probe).toBe(own);
  });
});

describe('serial port of the boot loader', () => {
  /** What the driver makes of the tool's words. An erase of one sector, which nobody answers: the application runs. */
  async function refusal(port: string): Promise<{ readonly code: unknown; readonly message: string }> {
    const { bootLoaderLoader, bootLoader } = board.bench;
    if (bootLoaderLoader === undefined || bootLoader === undefined) skip('this bench has no boot loader');
    const error = await board.programmer.eraseExternal(bootLoaderLoader, 0, 0, { port, baudRate: bootLoader.baudRate }).then(() => undefined, (thrown: unknown) => thrown as { code?: unknown; message?: unknown });
    return { code: error?.code, message: String(error?.message ?? 'no error').slice(0, 400) };
  }

  it('port-missing: a port that is not there → the driver knows the words of the tool', async () => {
    const seen = await refusal('ROTHIL99');
    saw('port-missing', seen);
    expect(seen.code).toBe('com-port');
  });

  it('port-held: a port that another program holds → the driver knows the words of the tool', async () => {
    // This session holds the console.
    const seen = await refusal(board.bench.console.path);
    saw('port-held', seen);
    expect(seen.code).toBe('com-port');
  });
});

describe('registers after the root of trust', () => {
  it('idcode: DBGMCU_IDCODE read by the application → the device id; the revision is as modelled', async () => {
    const value = await board.app.read(DBGMCU_IDCODE);
    saw('idcode', { value: hex(value), revision: hex(value >>> 16) });
    expect(hex(value)).toBe(hex((0x1003 << 16) | board.kit.device.deviceId));
  });

  it('package: word at FLASHSIZE_BASE → 64 KB; the other half is as modelled', async () => {
    const bytes = Buffer.from(await board.readMemory(FLASHSIZE_BASE, 4));
    saw('package', { word: hex(bytes.readUInt32LE()) });
    expect(bytes.readUInt16LE()).toBe(64);
    expect(bytes.readUInt16LE(2)).toBe(0xffff);
  });

  it('supply: PWR_CSR2 → supply bits as after power-on', async () => {
    const value = await board.app.read(PWR_CSR2);
    saw('supply', { csr2: hex(value) });
    expect(value & 0x1f).toBe(6);
  });

  it('compensation: SBS_CCVALR → codes of the cells as modelled', async () => {
    const value = await board.app.read(SBS_CCVALR);
    saw('compensation', { ccvalr: hex(value) });
    expect(hex(value)).toBe(hex(0x00888888));
  });

  it('exti: IMR1 to IMR3 → direct lines unmasked', async () => {
    const values: string[] = [];
    for (const address of EXTI_IMR) values.push(hex(await board.app.read(address)));
    saw('exti', { imr: values });
    expect(values).toEqual(['0xffc00000', '0xffb5bffb', '0x00002000']);
  });

  it('gpio: MODER of a port that nobody uses → analog', async () => {
    const before = await board.app.read(RCC_AHB4ENR);
    await board.app.write(RCC_AHB4ENR, (before | GPIOFEN) >>> 0);
    const value = await board.app.read(GPIOF_MODER);
    await board.app.write(RCC_AHB4ENR, before);
    saw('gpio', { port: 'F', moder: hex(value) });
    expect(hex(value)).toBe(hex(0xffffffff));
  });

  it('clock-gate: MODER of a port without its bus clock → reads 0, and a write is lost', async () => {
    const before = await board.app.read(RCC_AHB4ENR);
    await board.app.write(RCC_AHB4ENR, (before | GPIOFEN) >>> 0);
    const clocked = await board.app.read(GPIOF_MODER);
    await board.app.write(RCC_AHB4ENR, (before & ~GPIOFEN) >>> 0);
    const gated = await board.app.read(GPIOF_MODER);
    await board.app.write(GPIOF_MODER, 0x55555555);
    await board.app.write(RCC_AHB4ENR, (before | GPIOFEN) >>> 0);
    const after = await board.app.read(GPIOF_MODER);
    await board.app.write(GPIOF_MODER, clocked);
    await board.app.write(RCC_AHB4ENR, before);
    saw('clock-gate', { clocked: hex(clocked), gated: hex(gated), afterWriteWithoutClock: hex(after) });
    expect([hex(gated), hex(after)]).toEqual([hex(0), hex(clocked)]);
  });

  it('sleep-clocks: RCC_…LPENR → every clock on while the core sleeps', async () => {
    const seen: Record<string, string> = {};
    for (const [name, [address]] of Object.entries(sleepClocks)) seen[name] = hex(await board.app.read(address));
    saw('sleep-clocks', seen);
    expect(seen).toEqual(Object.fromEntries(Object.entries(sleepClocks).map(([name, [, bits]]) => [name, hex(bits)])));
  });

  it('ready-flags: RCC_CIFR after oscillators and PLLs became ready → no flag whose interrupt is off', async () => {
    const [enabled, flags] = [await board.app.read(RCC_CIER), await board.app.read(RCC_CIFR)];
    saw('ready-flags', { cier: hex(enabled), cifr: hex(flags) });
    expect(hex(flags & ~enabled)).toBe(hex(0));
  });

  it('reset-flags: RCC_RSR after a pulse on NRST → a value to compare with the model', async () => {
    const value = await board.app.read(RCC_RSR);
    saw('reset-flags', { rsr: hex(value) });
    // PINRSTF: whatever else accompanies it.
    expect((value >>> 22) & 1).toBe(1);
  });

  it('tcm-control: ITCMCR, DTCMCR and AHBPCR → as the boot leaves them', async () => {
    const [itcm, dtcm, ahbp] = [await board.app.read(ITCMCR), await board.app.read(DTCMCR), await board.app.read(AHBPCR)];
    saw('tcm-control', { itcmcr: hex(itcm), dtcmcr: hex(dtcm), ahbpcr: hex(ahbp) });
    // SZ 7 = 64 KB, RMW for the partial writes of a RAM with ECC.
    expect([(dtcm >>> 3) & 0xf, dtcm & 3]).toEqual([7, 3]);
    expect(ahbp).toBe(0);
  });
});

describe('cycle counter', () => {
  it('cycles: 1000 turns of SUBS and BNE → a cycle each in the model, which knows no memory that the core waits for; on a board more, as no cache is on', async () => {
    const { delta } = await board.app.cycles();
    saw('cycles', { turns: 1000, delta });
    expect(delta).toBeGreaterThanOrEqual(1000);
  });

  it('cyccnt-asleep: DWT_CYCCNT through the probe while the application sleeps → it counts on, or stands as in the model', async () => {
    const read = async (): Promise<number> => Buffer.from(await board.readMemory(DWT_CYCCNT, 4)).readUInt32LE();
    const [first, second] = [await read(), await read()];
    saw('cyccnt-asleep', { first: hex(first), second: hex(second), difference: (second - first) >>> 0 });
    // Nothing happens on the board in between: a few seconds at most.
    expect((second - first) >>> 0).toBeLessThan(2 ** 31);
  });
});

describe('ECC', () => {
  it.each(monitors)('ecc-single: one bit flipped in $ram → corrected, counted in words of $word bytes', async ({ handle, ram, base, word, single }) => {
    if (isCode(base)) skip('the application runs from this RAM and cannot write errors into it');
    await board.app.eccClear(handle);
    const seen = await board.app.eccInject(handle, 1, 0x100);
    saw('ecc-single', { ram, fecr: hex(seen.fecr), far: hex(seen.far), sr: hex(seen.sr), fdrl: hex(seen.fdrl), fdrh: hex(seen.fdrh), written: hex(seen.written), read: hex(seen.read) });
    expect(seen).toMatchObject({ sr: 1, far: 0x100 / word, read: seen.written });
    if (single !== undefined) expect(hex(seen.fecr)).toBe(hex(single));
  });

  it.each(monitors)('ecc-double: two bits flipped in $ram → DEDF and an interrupt, no bus fault', async ({ handle, ram, base, double }) => {
    if (isCode(base)) skip('the application runs from this RAM and cannot write errors into it');
    await board.app.eccClear(handle);
    const answer = await board.request('ecc-inject', [handle, 2, 0x180]);
    saw('ecc-double', { ram, kind: answer.kind, ...('fields' in answer ? answer.fields : {}) });
    expect(answer.kind).toBe('ok');
    if (double !== undefined) expect(answer).toMatchObject({ fields: { fecr: hex(double) } });
    await board.app.eccClear(handle);
  });
});

describe('ECC, afterwards', () => {
  const subject = () => monitors.find(({ ram, base }) => ram.startsWith('AXI') && !isCode(base))!;
  const SR = 4;

  it('ecc-stays: a wrong word loaded again after its flag was cleared → flagged again, as the load corrected only what it gave', async () => {
    const { handle, ram } = subject();
    const { address } = await board.app.eccInject(handle, 1, 0x200);
    const { instance } = (await board.app.ramecc()).handles[handle]!;
    await board.app.write(instance + SR, 0);
    await board.app.read(address);
    const sr = await board.app.read(instance + SR);
    await board.app.eccClear(handle);
    saw('ecc-stays', { ram, sr: hex(sr) });
    expect(sr & 1).toBe(1);
  });

  it('ecc-late: a double error that is not notified, then notified → the interrupt comes', async () => {
    const { handle, ram } = subject();
    const { instance, monitor } = (await board.app.ramecc()).handles[handle]!;
    const cr = monitor?.cr ?? 0;
    await board.app.write(instance, cr & ~(1 << 3));
    const { irqs } = await board.app.eccInject(handle, 2, 0x208);
    const from = board.mark();
    await board.app.write(instance, cr);
    await board.app.identify();
    const late = board.linesSince(from).filter(({ text }) => text.startsWith('!irq name=ramecc')).length;
    await board.app.eccClear(handle);
    saw('ecc-late', { ram, irqs, late });
    expect([irqs, late]).toEqual([0, 1]);
  });
});

describe('last, as a board may hang in it', () => {
  it('pll2-off: external flash read with its kernel clock off → a bus fault at that address, not a core that waits for ever', async () => {
    if (board.configuration.exec === 'xip') skip('the application runs from the external flash');
    const address = board.configuration.layout.primary.base;
    const { value, cfsr, bfar } = await board.app.pll2Pause(address);
    saw('pll2-off', { value: hex(value), cfsr: hex(cfsr), bfar: hex(bfar) });
    expect(cfsr & 0x8200).toBe(0x8200);
    expect(hex(bfar)).toBe(hex(address));
    await board.boot();
  });
});
