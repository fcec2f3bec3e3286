import { describe, expect, it } from '@jest/globals';
import { createBareCore } from './bare-core.js';
import type { BareCore } from './bare-core.js';
import type { Replayed } from './branch-history.js';
import { lastBranches } from './branch-history.js';

const base = 0x20000000;
/**
 * 0x40: movs r0, #0 · 0x42: loop: adds r0, #1 · 0x44: cmp r0, #200 · 0x46: bne loop · 0x48: bl 0x50 · 0x4c: b . · 0x50: svc #0 · 0x52: ldr r1, [r2] (0x30000000: nothing there)
 * 0x60: svc handler: bx lr · 0x70: HardFault handler: udf #0
 */
const code: readonly (readonly [number, string])[] = [
  [0x40, '0020'], [0x42, '0130'], [0x44, 'c828'], [0x46, 'fcd1'], [0x48, '00f002f8'], [0x4c, 'fee7'], [0x50, '00df'], [0x52, '1168'], [0x60, '7047'], [0x70, '00de'],
];

function machine(): BareCore {
  const made = createBareCore({ ram: [{ base, size: 0x10000 }], onOutput: () => undefined });
  const vectors = new Uint32Array(16).fill((base + 0x70) | 1);
  vectors[0] = base + 0x8000;
  vectors[1] = (base + 0x40) | 1;
  vectors[11] = (base + 0x60) | 1;
  made.load(base, new Uint8Array(vectors.buffer));
  for (const [at, bytes] of code) made.load(base + at, Buffer.from(bytes, 'hex'));
  made.start(base);
  made.core.r[2] = 0x30000000;
  return made;
}

const replayed = ({ core, run }: BareCore): Replayed => ({
  core,
  run,
  advanceTo: (cycle) => core.advanceTo(cycle),
  get instructions() {
    return core.instructions;
  },
});

describe('branches before a fault', () => {
  it('loop, call, SVC and its return, a load from nowhere → the last 32 in their order, exceptions told apart', () => {
    const first = machine();
    expect(first.run(10_000)).toMatchObject({ kind: 'lockup' });
    const branches = lastBranches(replayed(machine()), first.core.instructions).map(({ from, to, kind }) => `${(from - base).toString(16)} ${(to - base).toString(16)} ${kind}`);
    expect(branches).toHaveLength(32);
    expect(branches.slice(0, 28)).toEqual(new Array(28).fill('46 42 branch'));
    expect(branches.slice(28)).toEqual(['48 50 branch', '50 60 exception', '60 52 return', '52 70 exception']);
  });

  it('a program that ends before it branches → none', () => {
    const made = machine();
    expect(made.run(3)).toEqual({ kind: 'budget' });
    expect(lastBranches(replayed(machine()), 2)).toEqual([]);
  });
});
