import { beforeAll, describe, expect, it } from '@jest/globals';
import { board, running, skip } from 'rot-hil';

// The bench itself, before any verdict about firmware rests on it: tool, probe, supply, serial line both ways, reset line, power switch.

/** Both kits supply the chip with 3.3 V (user manuals UM3289, UM3276). unverified: what the probe measures on them. */
const VOLTS = { least: 3.0, most: 3.6 };
const atLeast = (version: string, wanted: readonly number[]): boolean => {
  const parts = version.split(/[.-]/).map(Number);
  const differs = wanted.findIndex((value, i) => parts[i] !== value);
  return differs < 0 || parts[differs]! > wanted[differs]!;
};
/** Every printable character but the one that ends a request. */
const printable = Array.from({ length: 94 }, (_, i) => String.fromCharCode(0x21 + i)).filter((one) => one !== '*');
const word = (): number => (board.configuration.bootPath === 'stirot' ? 0x30007000 : 0x24023000);
/** STiRoT, in ROM, says nothing. */
const told = (): number => (board.configuration.bootPath === 'stirot' ? 0 : 1);
function needsDebugPort(): void {
  if (board.productState !== 'OPEN') skip('the debug port is shut in product state CLOSED');
}

describe('tool and probe', () => {
  it('tool asked for its version → STM32CubeProgrammer 2.16 or later, the first with this chip', () => {
    expect(atLeast(board.identity.toolVersion, [2, 16])).toBe(true);
  });

  it('probes listed → the one of this bench, once, with its firmware', async () => {
    const found = (await board.programmer.listProbes()).filter(({ sn }) => sn.toLowerCase() === board.identity.probeSn.toLowerCase());
    expect(found).toHaveLength(1);
    expect(found[0]?.firmware).toMatch(/^V\dJ\d+/);
  });

  it('connected while the board runs, or asked for a discovery where the debug port is shut → the device of the kit, by its id', async () => {
    if (board.productState === 'OPEN') {
      expect((await board.programmer.connect('Hotplug')).deviceId).toBe(board.kit.device.deviceId);
      return;
    }
    await running();
    expect(await board.discover()).toMatchObject({ targetId: board.kit.device.deviceId, lifeCycle: board.productState });
  });

  it('supply measured by the probe → 3.3 V', async () => {
    needsDebugPort();
    const { voltage } = await board.programmer.connect('Hotplug');
    expect(voltage).toBeGreaterThanOrEqual(VOLTS.least);
    expect(voltage).toBeLessThanOrEqual(VOLTS.most);
  });
});

describe('serial line', () => {
  beforeAll(async () => {
    await running();
  });

  it('every printable character sent → comes back the same', async () => {
    const text = printable.join('');
    expect((await board.app.echo(text.slice(0, 47))) + (await board.app.echo(text.slice(47)))).toBe(text);
  });

  it('50 requests of full length in a row → each answered once, in order, with a right checksum', async () => {
    const from = board.mark();
    for (let i = 0; i < 50; i++) {
      const word = `${String(i).padStart(2, '0')}${'Uu'.repeat(31)}`;
      expect(await board.app.echo(word)).toBe(word);
    }
    expect(board.linesSince(from).filter(({ text }) => text.includes(' ok text='))).toHaveLength(50);
  });

  it('a request damaged on its way → noticed by its checksum; the same one whole → answered', async () => {
    const from = board.mark();
    await board.console.send('5 echo whole*00000000\n');
    expect((await board.console.waitFor(/^@5 /, { withinMs: 2000, from })).text).toContain('code=bad-crc');
    expect(await board.app.echo('whole')).toBe('whole');
  });
});

describe('both doors lead to the same board', () => {
  it('a word stored over the console → read by the probe', async () => {
    needsDebugPort();
    await board.app.write(word(), 0x5e1fc4ec);
    expect(Buffer.from(await board.readMemory(word(), 4)).readUInt32LE(0)).toBe(0x5e1fc4ec);
  });

  it('half of a word read by the probe, at no multiple of four → those bytes', async () => {
    needsDebugPort();
    await board.app.write(word(), 0x44332211);
    await board.app.write(word() + 4, 0x88776655);
    expect(Buffer.from(await board.readMemory(word() + 3, 2)).toString('hex')).toBe('4455');
  });

  it('reset line pulsed by the probe, or by a discovery where the debug port is shut → one start on this console, and the RAM that no boot of product state OPEN clears is kept', async () => {
    await board.app.write(word(), 0x0ff1ce00);
    const { starts, banner, lines } = await board.boot();
    expect([starts, lines.filter(({ text }) => text.includes('$rot-hil ')).length]).toEqual([told(), 1]);
    expect(banner).toMatchObject({ kit: board.kit.id });
    // What STiRoT, in ROM, does with this RAM is not public.
    if (board.productState === 'OPEN') expect(await board.app.read(word())).toBe(0x0ff1ce00);
  });

  it('power switch used → this board starts, and its RAM is lost', async () => {
    if (board.power === undefined) skip('this bench has no power switch');
    const words = [0, 1, 2, 3].map((i) => word() + 4 * i);
    for (const word of words) await board.app.write(word, 0x0ff1ce00);
    const from = board.mark();
    await board.power.cycle();
    expect((await board.boot({ reset: false, from })).starts).toBe(told());
    const kept = [];
    for (const word of words) kept.push(await board.app.read(word));
    expect(kept).not.toEqual(words.map(() => 0x0ff1ce00));
  });
});
