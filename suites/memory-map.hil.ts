import { beforeAll, describe, expect, it } from '@jest/globals';
import { board, image, running, skip } from 'rot-hil';

// Memories: stm32h7s7xx.h. What the boot clears: OEMiROT_Boot/Src/startup_stm32h7rsxx.c and boot_jump_to_RSS in boot_hal.c.
const slot = (): number => {
  const { run, primary } = board.configuration.layout;
  return (run ?? primary).base;
};

/** Not every execution mode leaves every memory to the application. */
function needs(address: number): void {
  const { exec, bootPath } = board.configuration;
  if (bootPath !== 'oemirot' && address >= 0x24000000 && address < 0x24020000) skip('AXI SRAM1 holds OEMuROT, or the application that STiRoT starts, and is read-only to the application');
  if (address >= 0x70000000 && exec !== 'ext-ram') skip('the root of trust starts the external RAM in execution mode ext-ram only');
  if (address >= 0x24040000 && address < 0x24060000 && board.configuration.layout.run?.base === 0x24040000) skip('AXI SRAM3 holds the application in execution mode int-ram');
}

/** The state of memories and registers is that of OEMiROT_Boot and OEMuROT. */
function needsKnownBoot(): void {
  if (board.configuration.bootPath === 'stirot') skip('what STiRoT leaves in memories and registers is not public');
}

/** RCC_AHB2ENR.SRAM1EN: OEMiROT_Boot and the application switch on the clock of AHB SRAM2 only (system_stm32h7rsxx.c, SystemInit). */
async function clockOfAhbSram1(): Promise<void> {
  const enable = 0x5802453c;
  await board.app.write(enable, ((await board.app.read(enable)) | 0x20000000) >>> 0);
}

beforeAll(async () => {
  await running({ fresh: true });
});

// unverified: behind STiRoT, that data is open to the application as behind OEMiROT_Boot.
describe('memories of the application', () => {
  it.each([
    ['DTCM, first word', 0x20000000],
    ['DTCM, last word', 0x2000fffc],
    ['AXI SRAM1, first word', 0x24000000],
    ['AXI SRAM1, last word', 0x2401fffc],
    ['AXI SRAM2, last word', 0x2403fffc],
    ['AXI SRAM3, last word', 0x2405fffc],
    ['AHB SRAM1, first word', 0x30000000],
    ['AHB SRAM2, behind the data of the application', 0x30007000],
    ['external RAM, first word behind the slot', 0x70200000],
    ['external RAM, last word of 32 MB', 0x71fffffc],
  ])('word written to %s → read back, its complement too', async (_what, address) => {
    needs(address);
    if (address >= 0x30000000 && address < 0x30004000) await clockOfAhbSram1();
    for (const value of [0x5a5a1234, 0xa5a5edcb]) {
      await board.app.write(address, value);
      expect(await board.app.read(address)).toBe(value);
    }
  });

  it('bytes and halfwords stored → little endian within the word', async () => {
    const address = 0x24020100;
    await board.app.write(address, 0x44332211);
    await board.app.write(address + 1, 0xaa, 1);
    await board.app.write(address + 2, 0xccbb, 2);
    expect(await board.app.read(address)).toBe(0xccbbaa11);
    expect(await board.app.read(address + 3, 1)).toBe(0xcc);
  });

  it('two addresses 64 KB apart in external RAM written → no aliasing', async () => {
    needs(0x70300000);
    await board.app.write(0x70300000, 1);
    await board.app.write(0x70310000, 2);
    await board.app.write(0x71300000, 3);
    expect([await board.app.read(0x70300000), await board.app.read(0x70310000), await board.app.read(0x71300000)]).toEqual([1, 2, 3]);
  });
});

describe('what the root of trust leaves', () => {
  it('start of the run slot read → the header of the image as it was signed', async () => {
    const signed = Buffer.from(image().bytes.slice(0, 32));
    const found = Buffer.from(await board.app.dump(slot(), 32));
    // unverified: STiRoT writes the image without its flag of encryption into RAM.
    if (board.configuration.bootPath === 'stirot') signed.copy(found, 16, 16, 20);
    expect(found.toString('hex')).toBe(signed.toString('hex'));
    expect(found.readUInt16LE(8)).toBe(board.configuration.layout.runAddress - slot());
  });

  it('header padding read → erased bytes up to the vector table', async () => {
    expect(Buffer.from(await board.app.dump(slot() + 0x20, 0x3e0)).toString('hex')).toBe('ff'.repeat(0x3e0));
  });

  it('vector table read → CODE_OFFSET behind the start of the slot, aligned to 1 KB, every vector Thumb code inside the slot', async () => {
    const { runAddress } = board.configuration.layout;
    expect([runAddress - slot(), runAddress % 0x400]).toEqual([0x400, 0]);
    // 16 of the core and 156 interrupts.
    const vectors = new Uint32Array((await board.app.dump(runAddress, 4 * 172)).buffer).slice(1);
    const size = (board.configuration.layout.run ?? board.configuration.layout.primary).size;
    const wrong = [...vectors].filter((vector) => (vector & 1) === 0 || vector < runAddress || vector >= slot() + size);
    expect(wrong).toEqual([]);
    expect((await board.app.vtor()).vtor).toBe(runAddress);
  });

  it('DMA buffer at 0x30007E00 read → zero', async () => {
    needsKnownBoot();
    expect(Buffer.from(await board.app.dump(0x30007e00, 256)).toString('hex')).toBe('00'.repeat(256));
  });

  it('RCC read → the core runs on PLL1', async () => {
    needsKnownBoot();
    expect(((await board.app.read(0x58024410)) >> 3) & 7).toBe(3);
  });

  it('SCB_CCR read → instruction and data cache are off', async () => {
    needsKnownBoot();
    expect((await board.app.read(0xe000ed14)) & (3 << 16)).toBe(0);
  });

  it('SBS_HDPLSR read → hide-protection level 3', async () => {
    // Behind STiRoT: suite stirot.
    needsKnownBoot();
    expect(await board.app.read(0x58000414)).toBe(0x6f);
  });

  it('SCB_ITCMCR read → ITCM is off', async () => {
    needsKnownBoot();
    expect((await board.app.read(0xe000ef90)) & 1).toBe(0);
  });
});

// unverified: that STiRoT and its iLoader keep what OEMuROT keeps.
describe('over a reset', () => {
  // First, middle and last word of each: a RAM may be cleared in part.
  const cleared = [
    ['DTCM', 0x20000000, 0x10000],
    ['AXI SRAM1', 0x24000000, 0x20000],
    ['AXI SRAM3', 0x24040000, 0x20000],
  ] as const;
  const kept = [
    ['AXI SRAM2', 0x24020000, 0x20000],
    ['AHB SRAM1', 0x30000000, 0x4000],
    ['AHB SRAM2 from the data of the application to the DMA buffer', 0x30007000, 0xe00],
  ] as const;
  const PATTERN = 0xdeadbeef;
  const places = ([name, base, size]: readonly [string, number, number]) => [0, size / 2, size - 4].map((offset) => ({ name: `${name} + 0x${offset.toString(16)}`, address: base + offset }));

  it('a pattern in every RAM, then a system reset → DTCM, AXI SRAM1 and SRAM3 zero, AXI SRAM2, AHB SRAM1 and SRAM2 as they were', async () => {
    needsKnownBoot();
    const { exec, bootPath } = board.configuration;
    const zeroed = cleared.filter(([name]) => (exec !== 'int-ram' || name !== 'AXI SRAM3') && (bootPath !== 'stirot-oemurot' || name !== 'AXI SRAM1')).flatMap(places);
    const left = kept.flatMap(places);
    await clockOfAhbSram1();
    for (const { address } of [...zeroed, ...left]) await board.app.write(address, PATTERN);
    const from = board.mark();
    await board.app.reset();
    await board.boot({ reset: false, from });
    await clockOfAhbSram1();
    const found: Record<string, number> = {};
    for (const { name, address } of [...zeroed, ...left]) found[name] = await board.app.read(address);
    expect(found).toEqual({ ...Object.fromEntries(zeroed.map(({ name }) => [name, 0])), ...Object.fromEntries(left.map(({ name }) => [name, PATTERN])) });
  });

  it('a word that is no flag where the flag stands, then a system reset → kept by overwrite, which knows no flag; swap mode zeroes the place at each boot', async () => {
    needsKnownBoot();
    const flag = 0x30007fa0;
    await board.app.write(flag, PATTERN);
    const from = board.mark();
    await board.app.reset();
    const { swapType } = await board.boot({ reset: false, from });
    expect([swapType, await board.app.read(flag)]).toEqual(['none', board.configuration.mode === 'swap' ? 0 : PATTERN]);
    await board.app.write(flag, 0);
  });

  it('the shared area from 0x30007D00 filled, then a system reset → the boot changed its DMA buffer and the handles there and nothing else', async () => {
    needsKnownBoot();
    const base = 0x30007d00;
    const size = 0x300;
    const fill = (offset: number): number => (0xa5000000 | offset) >>> 0;
    const flag = 0x30007fa0;
    const handles = { base: 0x30007fc0, size: 60 };
    // The flag is left alone: the test before, and suite confirmation.
    for (let at = base; at < base + size; at += 4) if (at < flag || at >= flag + 16) await board.app.write(at, fill(at - base));
    const from = board.mark();
    await board.app.reset();
    await board.boot({ reset: false, from });
    const found = new DataView((await board.app.dump(base, size)).buffer);
    const changed: string[] = [];
    for (let at = base; at < base + size; at += 4) {
      if (at >= flag && at < flag + 16) continue;
      if (found.getUint32(at - base, true) === fill(at - base)) continue;
      const where = at >= 0x30007e00 && at < 0x30007f00 ? 'DMA buffer' : at >= handles.base && at < handles.base + handles.size ? 'RAMECC handles' : `0x${at.toString(16)}`;
      if (!changed.includes(where)) changed.push(where);
    }
    expect(changed).toEqual(['DMA buffer', 'RAMECC handles']);
  });
});
