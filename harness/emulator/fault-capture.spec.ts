import { describe, expect, it } from '@jest/globals';
import { createBareCore } from './bare-core.js';
import { captureFault } from './fault-capture.js';

/** Vectors: MSP, reset at 0x40, every fault at `handler`. */
function stopped(code: readonly number[], handler: readonly number[] = [0xe7fe], limit = 100): ReturnType<typeof captureFault> {
  const machine = createBareCore({ ram: [{ base: 0, size: 0x1000 }, { base: 0x20000000, size: 0x1000 }], onOutput: () => undefined });
  machine.load(0, new Uint8Array(Uint32Array.from([0x20001000, 0x41, 0x81, 0x81, 0x81, 0x81, 0x81]).buffer));
  machine.load(0x40, new Uint8Array(Uint16Array.from(code).buffer));
  machine.load(0x80, new Uint8Array(Uint16Array.from(handler).buffer));
  machine.start(0);
  return captureFault(machine.core, machine.run(limit));
}
/** MOV R0, #0x60000000; LDR R1, [R0]; B . */
const badLoad = [0xf04f, 0x40c0, 0x6801, 0xe7fe];

describe('capture of a fault', () => {
  it('a load from nowhere, the handler loops → the frame of the load, not the handler', () => {
    expect(stopped(badLoad)?.facts).toMatchObject({ pc: 0x44, exception: 3, cfsr: 0x8200, hfsr: 0x40000000, bfar: 0x60000000, sp: 0x20001000, registers: { r0: 0x60000000 } });
  });

  it('the same with a handler that pushed its EXC_RETURN and calls on → still the frame', () => {
    // PUSH {R4, LR}; MOVS R0, #0; MOV LR, R0; B .
    expect(stopped(badLoad, [0xb510, 0x2000, 0x4686, 0xe7fe])?.facts).toMatchObject({ pc: 0x44, sp: 0x20001000, registers: { r0: 0x60000000 } });
  });

  it('a fault in the HardFault handler → lock-up, named, with the first fault below it', () => {
    const captured = stopped(badLoad, [0x6801])!;
    expect(captured.facts.stopped).toMatch(/^lock-up/);
    expect(captured.facts.pc).toBe(0x44);
  });

  it('a program that runs on until the limit → no fault', () => {
    expect(stopped([0xe7fe])).toBeUndefined();
  });
});
