import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { loadKit } from '../board/index.js';
import { readElf } from '../elf/index.js';
import { createStm32h7rs } from '../emulator/index.js';
import type { Machine, StopReason } from '../emulator/index.js';
import { BootReplay } from './boot-replay.js';

const kit = loadKit('stm32h7s78-dk');
const make = (): Machine => createStm32h7rs({ kit });

/** The prebuilt fixture, asked over its console until it asks the model for too much: a store to AHB SRAM1, whose clock is off. */
function stopped(onTheWay: (replay: BootReplay) => void = () => undefined): { readonly machine: Machine; readonly replay: BootReplay } {
  const machine = make();
  for (const { address, bytes } of readElf(Uint8Array.from(readFileSync('firmware-fixtures/prebuilt/app-1.0.0.elf'))).segments) machine.load(address, bytes);
  machine.jump(0x70000400);
  const replay = new BootReplay(machine, 'UART4');
  const settle = (): StopReason => {
    for (;;) {
      const stop = machine.run(3001);
      if (stop.kind === 'idle' && stop.until !== undefined) machine.advanceTo(stop.until);
      else if (stop.kind !== 'budget') return stop;
    }
  };
  const ask = (request: string): StopReason => {
    const bytes = Buffer.from(`${request}\n`);
    replay.received(bytes);
    machine.uart('UART4').receive(bytes);
    return settle();
  };
  settle();
  expect(ask('1 crc32 0x70000400 5000')).toEqual({ kind: 'idle', until: undefined });
  onTheWay(replay);
  expect(ask('2 write 0x30000000 0x1 0x4')).toMatchObject({ kind: 'unmodelled', address: 0x30000000 });
  return { machine, replay };
}

describe('a boot run once more', () => {
  it('the board stopped in the middle of a request → the 32 branches before, up to the instruction that stopped it', () => {
    const { machine, replay } = stopped();
    const branches = replay.branches(make)!;
    expect(branches).toHaveLength(32);
    const last = branches.at(-1)!;
    expect([last.kind, machine.pc >= last.to && machine.pc - last.to < 0x40]).toEqual(['branch', true]);
  });

  it('a probe wrote to the memory meanwhile → it cannot be told', () => {
    const { replay } = stopped((one) => one.spoil());
    expect(replay.branches(make)).toBeUndefined();
  });
});
