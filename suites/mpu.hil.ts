import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { board, running, skip } from 'rot-hil';

// The MPU as OEMiROT_Boot leaves it to an application, in each execution mode
// (STM32CubeH7RS, OEMiROT_Boot/Src/low_level_security.c). Encodings: Armv7-M ARM DDI 0403E, B3.5.
const KB = 1024;
const MB = 1024 * KB;
const access = { none: 0, 'privileged read-write': 1, 'full read-write': 3, 'privileged read-only': 5 } as const;
const attributes = {
  device: { tex: 0, s: 0, c: 0, b: 1 },
  'non-cacheable': { tex: 1, s: 0, c: 0, b: 0 },
  'strongly ordered': { tex: 0, s: 1, c: 0, b: 0 },
  'write-through': { tex: 0, s: 0, c: 1, b: 0 },
  'write-back': { tex: 1, s: 0, c: 1, b: 1 },
  'write-back, shareable': { tex: 1, s: 1, c: 1, b: 1 },
} as const;

interface Row {
  region: number;
  what: string;
  base: number;
  size: number;
  access: keyof typeof access;
  executable: boolean;
  memory: keyof typeof attributes;
  subregionsOff?: number;
}
const table: Row[] = [
  { region: 0, what: 'DTCM', base: 0x20000000, size: 64 * KB, access: 'privileged read-write', executable: false, memory: 'write-back' },
  { region: 1, what: 'external flash', base: 0x90000000, size: 128 * MB, access: 'full read-write', executable: false, memory: 'strongly ordered' },
  { region: 2, what: 'external RAM', base: 0x70000000, size: 32 * MB, access: 'full read-write', executable: false, memory: 'strongly ordered' },
  { region: 5, what: 'internal RAM', base: 0x20000000, size: 512 * MB, access: 'privileged read-write', executable: false, memory: 'write-back' },
  { region: 6, what: 'code of the root of trust', base: 0x08000000, size: 64 * KB, access: 'privileged read-only', executable: true, memory: 'write-through' },
  { region: 8, what: 'peripherals', base: 0x40000000, size: 512 * MB, access: 'privileged read-write', executable: false, memory: 'device' },
  { region: 10, what: 'system flash', base: 0x1ff00000, size: 128 * KB, access: 'privileged read-only', executable: false, memory: 'non-cacheable' },
  { region: 11, what: 'RSS library', base: 0x1ff16000, size: 8 * KB, access: 'privileged read-only', executable: true, memory: 'write-through', subregionsOff: 0x03 },
  { region: 12, what: 'HPDMA1', base: 0x52000000, size: 8 * KB, access: 'none', executable: false, memory: 'device' },
  { region: 13, what: 'RAMECC handles and confirmation flag', base: 0x30007f80, size: 128, access: 'privileged read-write', executable: false, memory: 'non-cacheable' },
  // Base and size: the slot of the execution mode.
  { region: 14, what: 'code of the application', base: 0x70000000, size: 2 * MB, access: 'privileged read-only', executable: true, memory: 'write-back, shareable' },
];
/** ST publishes that STiRoT allows execution in the code area of the application alone (STiROT_Appli/README.md), and no more of its table: suite stirot. */
const published = (): boolean => board.configuration.bootPath !== 'stirot';
function needsPublishedTable(): void {
  if (!published()) skip('of the table that STiRoT leaves is public only that nothing but the code area is executable');
}
const unused = [3, 4, 7, 9, 15];

// A function of the fixture at a fixed place of its slot: returns 0x600d (firmware-fixtures/src/startup.S).
const returnProbe = (): number => runAddress() + 0x2c0;
const runAddress = (): number => board.configuration.layout.runAddress;

/** The row as it is for this board's execution mode. */
function actual(row: Row): Row {
  const { run, primary } = board.configuration.layout;
  // OEMuROT runs in AXI SRAM1.
  if (row.region === 6 && board.configuration.bootPath === 'stirot-oemurot') return { ...row, base: 0x24000000, size: 128 * KB };
  return row.region === 14 ? { ...row, ...(run ?? primary) } : row;
}

/** External RAM is data for an application that is loaded there; the other modes do not start it. */
function needsExternalRam(): void {
  if (board.configuration.exec !== 'ext-ram') skip('the root of trust starts the external RAM in execution mode ext-ram only');
}
const DREGION_16 = 16 << 8;
const ENABLE = 1;
const HFNMIENA = 2;

/** RASR as the row wants it. */
function rasrOf(row: Row): number {
  const { tex, s, c, b } = attributes[row.memory];
  const fields = [
    [row.executable ? 0 : 1, 28],
    [access[row.access], 24],
    [tex, 19],
    [s, 18],
    [c, 17],
    [b, 16],
    [row.subregionsOff ?? 0, 8],
    [Math.log2(row.size) - 1, 1],
    [1, 0],
  ];
  return fields.reduce((word, [value, shift]) => word + value * 2 ** shift, 0);
}

const hex = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;

beforeAll(async () => {
  await running({ fresh: true });
});

/** The table as the boot writes it, whatever a test that failed left. */
afterAll(async () => {
  await board.boot();
});

describe('the table at the first instruction', () => {
  it('MPU_TYPE read → 16 regions, one unified map', async () => {
    expect((await board.app.mpu()).type).toBe(DREGION_16);
  });

  it('MPU_CTRL read → on, also in HardFault and NMI, and no default map behind the regions', async () => {
    needsPublishedTable();
    expect((await board.app.mpu()).ctrl).toBe(ENABLE | HFNMIENA);
  });

  it.each(table)('region $region read → $what: $access, executable $executable, $memory', async (row) => {
    needsPublishedTable();
    const { rbar, rasr } = (await board.app.mpu()).regions[row.region];
    expect({ rbar: hex(rbar), rasr: hex(rasr) }).toEqual({ rbar: hex(actual(row).base + row.region), rasr: hex(rasrOf(actual(row))) });
  });

  it('the regions that the root of trust does not use read → disabled', async () => {
    needsPublishedTable();
    const { regions } = await board.app.mpu();
    expect(unused.filter((region) => regions[region].rasr & 1)).toEqual([]);
  });
});

describe('execution', () => {
  const executeNever = [
    ['AHB SRAM2', () => 0x30007000],
    ['AXI SRAM2', () => 0x24021000],
    ['DTCM', () => 0x20000100],
    ['the secondary slot', () => board.configuration.layout.secondary.base],
    ['external RAM behind the slot', () => 0x70200000],
    ['a peripheral', () => 0x58020000],
    ['system flash', () => 0x1ff00000],
  ] as const;
  it.each(executeNever)('branch to %s → MemManage IACCVIOL with the target stacked as PC', async (_what, address) => {
    const fault = await board.app.fault({ exec: address() });
    expect(fault).toMatchObject({ name: 'MemManage', flags: ['IACCVIOL'], pc: address() });
  });

  it('branch behind the end of the own slot → MemManage IACCVIOL', async () => {
    const { run, primary } = board.configuration.layout;
    const end = (run ?? primary).base + (run ?? primary).size;
    expect(await board.app.fault({ exec: end })).toMatchObject({ name: 'MemManage', flags: ['IACCVIOL'], pc: end });
  });

  it('branch into the own slot → runs and returns', async () => {
    expect(await board.app.access({ exec: returnProbe() })).toBe(0x600d);
  });
});

describe('data accesses', () => {
  it('store into the own slot → MemManage DACCVIOL at that address, and the slot is unchanged', async () => {
    needsPublishedTable();
    const before = await board.app.read(runAddress());
    const fault = await board.app.fault({ write: runAddress(), value: 0x12345678 });
    expect(fault).toMatchObject({ name: 'MemManage', flags: ['DACCVIOL', 'MMARVALID'], mmfar: runAddress() });
    expect(await board.app.read(runAddress())).toBe(before);
  });

  it('store to the first word behind the own slot → allowed', async () => {
    needsExternalRam();
    await board.app.write(0x70200000, 0xc0ffee01);
    expect(await board.app.read(0x70200000)).toBe(0xc0ffee01);
  });

  it.each([
    ['FMC bank 1', 0x60000000],
    ['ITCM', 0x00000000],
    ['behind the external RAM', 0x72000000],
    ['SDRAM bank 2', 0xd0000000],
    ['read-only and OTP area', 0x08fff000],
    ['behind the system flash', 0x1ff20000],
  ])('load outside of every region (%s) → MemManage DACCVIOL with the address', async (_what, address) => {
    needsPublishedTable();
    const fault = await board.app.fault({ read: address });
    expect(fault).toMatchObject({ name: 'MemManage', flags: ['DACCVIOL', 'MMARVALID'], mmfar: address });
  });

  it('load from HPDMA1, in a region without any access → MemManage, though the peripheral region below allows it', async () => {
    needsPublishedTable();
    expect(await board.app.fault({ read: 0x52000000 })).toMatchObject({ name: 'MemManage', flags: ['DACCVIOL', 'MMARVALID'], mmfar: 0x52000000 });
    expect(await board.app.fault({ read: 0x52001ffc })).toMatchObject({ name: 'MemManage', mmfar: 0x52001ffc });
  });

  it('store to the code of the root of trust, to the system flash → MemManage DACCVIOL with the address', async () => {
    needsPublishedTable();
    for (const region of [6, 10]) {
      const { base } = actual(table.find((row) => row.region === region)!);
      expect(await board.app.fault({ write: base, value: 0 })).toMatchObject({ name: 'MemManage', flags: ['DACCVIOL', 'MMARVALID'], mmfar: base });
    }
  });

  it('load in a hole of region 5, where no memory is → BusFault PRECISERR with the address', async () => {
    needsPublishedTable();
    expect(await board.app.fault({ read: 0x24072000 })).toMatchObject({ name: 'BusFault', flags: ['PRECISERR', 'BFARVALID'], bfar: 0x24072000 });
  });

  it('store in a hole of region 5 → BusFault IMPRECISERR without an address', async () => {
    needsPublishedTable();
    expect(await board.app.fault({ write: 0x24072000, value: 1 })).toMatchObject({ name: 'BusFault', flags: ['IMPRECISERR'] });
  });
});

describe('unprivileged code', () => {
  it('loads internal RAM → MemManage, taken from unprivileged thread mode; the privileged load of the same word → its value', async () => {
    needsPublishedTable();
    await board.app.write(0x30007000, 0x5ec2e700);
    const fault = await board.app.fault({ unprivileged: 'read', address: 0x30007000 });
    expect(fault).toMatchObject({ name: 'MemManage', flags: ['DACCVIOL', 'MMARVALID'], mmfar: 0x30007000, privileged: false });
    expect(await board.app.read(0x30007000)).toBe(0x5ec2e700);
  });

  it('stores into internal RAM → MemManage, and the word is as before; the privileged store → goes through', async () => {
    needsPublishedTable();
    await board.app.write(0x30007004, 1);
    expect(await board.app.fault({ unprivileged: 'write', address: 0x30007004, value: 2 })).toMatchObject({ name: 'MemManage', flags: ['DACCVIOL', 'MMARVALID'], mmfar: 0x30007004, privileged: false });
    expect(await board.app.read(0x30007004)).toBe(1);
    await board.app.write(0x30007004, 3);
    expect(await board.app.read(0x30007004)).toBe(3);
  });

  it('loads a word of the own slot → MemManage', async () => {
    needsPublishedTable();
    expect(await board.app.fault({ unprivileged: 'read', address: runAddress() })).toMatchObject({ name: 'MemManage', flags: ['DACCVIOL', 'MMARVALID'], mmfar: runAddress(), privileged: false });
  });

  it('loads external flash behind the slot, open to all → its value, that of the privileged load', async () => {
    if (board.configuration.exec !== 'xip') skip('the root of trust leaves the external flash running in execution mode xip only');
    const address = board.configuration.layout.secondary.base;
    expect(await board.app.access({ unprivileged: 'read', address })).toBe(await board.app.read(address));
  });

  it('loads external RAM behind the slot, open to all → its value', async () => {
    needsExternalRam();
    await board.app.write(0x70200010, 0x0be11e57);
    expect(await board.app.access({ unprivileged: 'read', address: 0x70200010 })).toBe(0x0be11e57);
  });

  it('stores into external RAM behind the slot → the privileged side sees it', async () => {
    needsExternalRam();
    await board.app.write(0x70200020, 0);
    await board.app.access({ unprivileged: 'write', address: 0x70200020, value: 0xabcd });
    expect(await board.app.read(0x70200020)).toBe(0xabcd);
  });

  it('executes in the own slot, which is for privileged code only → MemManage IACCVIOL', async () => {
    needsPublishedTable();
    expect(await board.app.fault({ unprivileged: 'exec', address: returnProbe() })).toMatchObject({ name: 'MemManage', flags: ['IACCVIOL'], privileged: false });
  });

  it('loads a peripheral register → MemManage', async () => {
    needsPublishedTable();
    expect(await board.app.fault({ unprivileged: 'read', address: 0x58020000 })).toMatchObject({ name: 'MemManage', mmfar: 0x58020000, privileged: false });
  });
});

describe('the application changes the table', () => {
  const BX_LR = 0x4770;
  // Region 15: 32 bytes of AHB SRAM2, privileged read-write, executable, non-cacheable.
  const region15 = (1 << 24) | (1 << 19) | (4 << 1) | 1;

  it('region 15 opens 32 bytes of RAM for execution → code there runs; closed again → MemManage as before', async () => {
    await board.app.write(0x30007020, BX_LR, 2);
    await board.app.mpuSet(15, 0x30007020, region15);
    expect(await board.app.access({ exec: 0x30007020 })).toEqual(expect.any(Number));
    await board.app.mpuSet(15, 0, 0);
    expect(await board.app.fault({ exec: 0x30007020 })).toMatchObject({ name: 'MemManage', flags: ['IACCVIOL'], pc: 0x30007020 });
  });
});

describe('the application closes what the table opens', () => {
  // Region 15 over 32 bytes of AHB SRAM2: normal, non-cacheable, never executed; read-only to all, or open to privileged code as region 5 below.
  const readOnly = (6 << 24) | (1 << 28) | (1 << 19) | (4 << 1) | 1;
  const readWrite = (1 << 24) | (1 << 28) | (1 << 19) | (4 << 1) | 1;
  const WORD = 0x30007040;

  it('region 15 read-only over a word of RAM → a store faults there and only there, loads go on; made read-write → the store goes through', async () => {
    await board.app.write(WORD, 0x11111111);
    expect(await board.app.mpuSet(15, 0x30007040, readOnly)).toEqual({ rbar: 0x3000704f, rasr: readOnly });
    expect(await board.app.fault({ write: WORD, value: 0x22222222 })).toMatchObject({ name: 'MemManage', flags: ['DACCVIOL', 'MMARVALID'], mmfar: WORD });
    expect(await board.app.read(WORD)).toBe(0x11111111);
    await board.app.write(WORD + 0x20, 0x33333333);
    await board.app.mpuSet(15, 0x30007040, readWrite);
    await board.app.write(WORD, 0x22222222);
    expect(await board.app.read(WORD)).toBe(0x22222222);
    await board.app.mpuSet(15, 0, 0);
  });

  it('region 12 switched off → HPDMA1 answers, through the peripheral region below; on again → MemManage as before', async () => {
    needsPublishedTable();
    const { rbar, rasr } = (await board.app.mpu()).regions[12];
    await board.app.mpuSet(12, rbar, 0);
    expect(await board.app.access({ read: 0x52000000 })).toEqual(expect.any(Number));
    await board.app.mpuSet(12, rbar, rasr);
    expect(await board.app.fault({ read: 0x52000000 })).toMatchObject({ name: 'MemManage', mmfar: 0x52000000 });
  });

  it('all of that, then a reset → the whole table stands again as before', async () => {
    await board.boot();
    const before = await board.app.mpu();
    expect(before.regions[15]!.rasr & 1).toBe(0);
    await board.app.mpuSet(15, 0x30007040, readOnly);
    if (published()) await board.app.mpuSet(12, 0x5200000c, 0);
    expect(await board.app.mpu()).not.toEqual(before);
    await board.boot();
    expect(await board.app.mpu()).toEqual(before);
    await board.app.write(WORD, 0x44444444);
    expect(await board.app.read(WORD)).toBe(0x44444444);
  });
});

describe('other faults of the core', () => {
  // Armv7-M ARM DDI 0403E, B3.2.15 and A3.2.
  it.each([
    ['UDF executed', 'UNDEFINSTR', 'udf'],
    ['SDIV by zero with CCR.DIV_0_TRP', 'DIVBYZERO', 'divzero'],
    ['LDRD at an odd word boundary', 'UNALIGNED', 'unaligned'],
  ] as const)('%s → UsageFault %s', async (_what, flag, request) => {
    expect(await board.app.fault(request)).toMatchObject({ name: 'UsageFault', flags: [flag], hfsr: 0 });
  });

  it('SVC with interrupts masked → HardFault, forced', async () => {
    expect(await board.app.fault('svc-masked')).toMatchObject({ name: 'HardFault', hfsr: 0x40000000, cfsr: 0 });
  });
});
