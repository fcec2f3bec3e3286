import { describe, expect, it } from '@jest/globals';
import { emulatedChip } from './emulate-chip.js';

/**
 * Echoes UART4: ldr r0, =0x58024548 (RCC_APB1ENR1); movs r1, #1; lsls r1, #19; str r1, [r0]; ldr r4, =0x40004c00; movw r1, #0x22c; str r1, [r4, #0x0c]; movs r1, #0x0d; str r1, [r4]
 *   loop: ldr r1, [r4, #0x1c]; lsls r1, r1, #26; bpl loop; ldr r1, [r4, #0x24]; str r1, [r4, #0x28]; b loop
 */
const echo = '07480121c9040160064c40f22c21e1600d212160e1698906fcd5616aa162f9e748450258004c0040';
const table = 0x70000000;

function chip(options: Partial<Parameters<typeof emulatedChip>[0]> = {}, output: number[] = []): ReturnType<typeof emulatedChip> {
  const emulated = emulatedChip({ kit: 'stm32h7s78-dk', busFaults: 'imprecise', ...options }, (bytes) => output.push(...bytes));
  emulated.load(table, new Uint8Array(Uint32Array.of(0x24020000, table + 9).buffer));
  emulated.load(table + 8, Buffer.from(echo, 'hex'));
  // PD0 and PD1 carry UART4: RCC_AHB4ENR, GPIOD_AFRL, GPIOD_MODER.
  for (const [register, value] of [[0x58024540, 8], [0x58020c20, 0x88], [0x58020c00, 0xfffffffa]]) emulated.core.bus.store(register, value, 4);
  emulated.start(table);
  return emulated;
}

describe('emulate --kit', () => {
  it('--input with \\r → typed on the console of the kit, one character at a time; twice the same, instruction by instruction', () => {
    const run = (): unknown => {
      const output: number[] = [];
      const emulated = chip({ input: 'ok\\r' }, output);
      expect(emulated.run(100_000)).toEqual({ kind: 'budget' });
      return [Buffer.from(output).toString('latin1'), emulated.instructions, emulated.pc];
    };
    expect(run()).toEqual(['ok\r', 100_000, expect.any(Number)]);
    expect(run()).toEqual(run());
  });

  it('--ram where the board has none → memory; where it has → refused', () => {
    const emulated = chip({ ram: [{ base: 0x60000000, size: 0x1000 }] });
    expect(() => emulated.load(0x60000ffc, new Uint8Array(4))).not.toThrow();
    expect(() => emulated.load(0x60001000, new Uint8Array(4))).toThrow('no memory at 0x60001000');
    expect(() => chip({ ram: [{ base: 0x70000000, size: 0x1000 }] })).toThrow(expect.objectContaining({ code: 'ram-layout', kind: 'usage' }));
  });

  it('no block was allowed, or none used → nothing is listed', () => {
    expect(chip().unmodelled).toEqual([]);
    expect(chip({ allowUnmodelled: ['SAI1'] }).unmodelled).toEqual([]);
  });
});
