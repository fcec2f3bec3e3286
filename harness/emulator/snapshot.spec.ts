import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { loadKit } from '../board/index.js';
import type { Machine, MachineSnapshot } from './machine.js';
import { createStm32h7rs } from './machine.js';

const kit = loadKit('stm32h7s78-dk');
const code = 0x24000000;
const stack = 0x24010000;

/** Sleeps and counts, woken by whatever interrupts it: loop: wfi; adds r0, #1; b loop. Handler of everything: adds r1, #1; bx lr. */
function program(): Machine {
  const machine = createStm32h7rs({ kit, seed: 3 });
  const vectors = new Uint32Array(192).fill((code + 0x400) | 1);
  vectors[0] = stack;
  vectors[1] = (code + 0x300) | 1;
  machine.load(code, new Uint8Array(vectors.buffer));
  machine.load(code + 0x300, Buffer.from('30bf0130fce7', 'hex'));
  machine.load(code + 0x400, Buffer.from('01317047', 'hex'));
  return machine;
}

const write = (machine: Machine, ...writes: readonly (readonly [number, number])[]): void => {
  for (const [address, value] of writes) machine.writeWord(address, value);
};

/** Everything that counts, sends or waits, at once. */
function busy(): Machine {
  const machine = program();
  const rcc = 0x58024400;
  write(
    machine,
    [rcc + 0x138, 1 << 4], [rcc + 0x148, (1 << 19) | 0x811], [rcc + 0x150, 1], [rcc + 0x154, (1 << 16) | 2], [rcc + 0x158, 1], [rcc + 0x140, (1 << 19) | 0xff],
    // RTC on LSI with a wake-up timer
    [0x58024800, 0x100], [rcc + 0x74, 1], [rcc + 0x70, (2 << 8) | (1 << 15)], [0x58004024, 0xca], [0x58004024, 0x53], [0x58004014, 3], [0x58004018, (1 << 10) | (1 << 14)],
    // TIM2 with update and compare, TIM6
    [0x40000028, 3], [0x4000002c, 5000], [0x40000034, 1234], [0x4000000c, 3], [0x40000014, 1], [0x40000000, 1], [0x4000102c, 777], [0x4000100c, 1], [0x40001000, 1],
    // UART4 sends three characters, FIFO on
    [0x40004c0c, 0x22c], [0x40004c00, 0x2000002d], [0x40004c28, 0x41], [0x40004c28, 0x42], [0x40004c28, 0x43],
    // IWDG far away, WWDG, RNG, CRC
    [0x58004800, 0x5555], [0x58004808, 0xfff], [0x58004800, 0xcccc], [0x40002c04, 0x387f], [0x40002c00, 0xff], [0x48020000, 0x00800d04], [0x58024c00, 0x12345678],
    // GPDMA1 channel 3, memory to memory
    [0x40021000 + 0x80 * 3 + 0x90, 2 | (1 << 3) | (2 << 16) | (1 << 19)], [0x40021000 + 0x80 * 3 + 0x94, 1 << 9], [0x40021000 + 0x80 * 3 + 0x98, 0x4000], [0x40021000 + 0x80 * 3 + 0x9c, code], [0x40021000 + 0x80 * 3 + 0xa0, 0x24020000], [0x40021000 + 0x80 * 3 + 0x64, 0x101],
    // SysTick, NVIC, MPU, a RAM with a wrong check bit
    [0xe000e014, 12_344], [0xe000e018, 0], [0xe000e010, 7], [0xe000e100, 0xfffffbff], [0xe000e104, 0xffffffff], [0xe000e108, 0xffffffff], [0xe000ed98, 2], [0xe000ed9c, 0x20000000], [0xe000eda0, 0x0300_0017],
    [0x520090a0, 0x20020], [0x24040100, 1], [0x520090a0, 0x20],
    [0xe000edfc, 0x01000000], [0xe0001000, 1],
  );
  machine.readWord(0x48020008);
  machine.uart('UART4').receive(Buffer.from('hello snapshot'));
  machine.gpio('C').drive(13, true);
  machine.jump(code);
  return machine;
}

function goOn(machine: Machine, instructions: number): void {
  for (let rounds = 0; rounds < instructions; rounds += 1) {
    const stop = machine.run(17);
    if (stop.kind === 'idle') machine.advanceTo(stop.until ?? machine.scheduler.now + 1);
    else if (stop.kind !== 'budget') throw new Error(JSON.stringify(stop));
  }
}

/** Memories by their digest: jest compares megabytes byte by byte. */
const comparable = ({ state, memories }: MachineSnapshot): unknown => ({ state, memories: memories.map(({ bank, pages, bytes }) => ({ bank, pages, digest: createHash('sha1').update(bytes).digest('hex') })) });

/** As it comes back from a file. */
const travelled = ({ state, memories }: MachineSnapshot): MachineSnapshot => ({ state: JSON.parse(JSON.stringify(state)) as MachineSnapshot['state'], memories });

describe('snapshot of a machine', () => {
  it.each([0, 1, 7, 40, 300])('after %i stretches, into a machine that did something else → the same now, and the same later', (stretches) => {
    const original = busy();
    const other = program();
    other.load(0x70000000, Uint8Array.of(1, 2, 3));
    write(other, [0xe000ef90, 0], [0x58024400 + 0x148, 1 << 19], [0x40004c0c, 0x100]);
    other.jump(code);
    goOn(other, 5);
    goOn(original, stretches);
    const taken = original.save();
    other.restore(travelled(taken));
    expect(comparable(other.save())).toEqual(comparable(taken));
    const heard = [original, other].map((machine) => {
      const bytes: [number, number][] = [];
      machine.uart('UART4').onTransmit((byte, cycle) => bytes.push([byte, cycle]));
      goOn(machine, 500);
      return bytes;
    });
    expect(heard[1]).toEqual(heard[0]);
    expect(comparable(other.save())).toEqual(comparable(original.save()));
  });

  it('state that does not fit → refused by what is wrong, whatever part it is; its own → taken', () => {
    const machine = busy();
    goOn(machine, 10);
    const good = travelled(machine.save());
    const paths: (readonly string[])[] = [];
    const collect = (value: unknown, path: readonly string[]): void => {
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) for (const [name, inner] of Object.entries(value)) collect(inner, [...path, name]);
      else paths.push(path);
    };
    collect(good.state, []);
    expect(paths.length).toBeGreaterThan(150);
    const target = program();
    for (const spoil of ['text', [Number.NaN], { x: 1 }]) {
      // A sample is enough: each path has its own check.
      for (let i = 0; i < paths.length; i += 11) {
        const state = JSON.parse(JSON.stringify(good.state)) as Record<string, unknown>;
        let inner: Record<string, unknown> = state;
        for (const name of paths[i]!.slice(0, -1)) inner = inner[name] as Record<string, unknown>;
        inner[paths[i]!.at(-1)!] = spoil;
        expect({ path: paths[i], refused: refused(() => target.restore({ state: state as MachineSnapshot['state'], memories: good.memories })) }).toEqual({ path: paths[i], refused: true });
      }
    }
    expect(refused(() => target.restore({ state: good.state, memories: good.memories.map((memory) => ({ ...memory, pages: memory.pages.map((page) => page + 1e6) })) }))).toBe(true);
    target.restore(good);
    expect(comparable(target.save())).toEqual(comparable(travelled(machine.save())));
  });
});

function refused(what: () => void): boolean {
  try {
    what();
    return false;
  } catch (error) {
    expect(error).toMatchObject({ code: 'snapshot', kind: 'usage' });
    return true;
  }
}
