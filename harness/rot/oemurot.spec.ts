import { beforeEach, describe, expect, it } from '@jest/globals';
import { loadKit, rotConfiguration } from '../board/index.js';
import { buildOemirotConfigObk, parseObk } from '../keys/index.js';
import type { BootOutcome, OptionByteValues } from './index.js';
import { bootOemirot, encodeObkData, obkDataIndex } from './index.js';
import { oemurotStage } from './rot-stage.js';
import { TestBoard } from './testing/board.js';
import { keys, recordedImage } from './testing/images.js';

const kit = loadKit('stm32h7s78-dk');
const slotSize = 0x40000;
const shipped = rotConfiguration(kit, { bootPath: 'stirot-oemurot', mode: 'overwrite', exec: 'ext-ram' });
/** Behind STiRoT: closed, iLoader protected, nothing hidden. */
const closed: OptionByteValues = {
  ...Object.fromEntries(kit.device.optionBytes.map((field) => [field.name, field.factory])),
  ...shipped.path.optionBytes,
  NVSTATE: 0x51,
  OEM_PROVD: 0xb4,
  DBG_AUTH: 0x51,
};

describe('OEMuRoT, the second stage behind STiRoT', () => {
  let board: TestBoard;
  const boot = (optionBytes = closed): BootOutcome => {
    board.log = [];
    const { layout } = board.configuration;
    return bootOemirot(
      { kit, configuration: { ...shipped, layout }, flash: board.flash, obk: board.obk, optionBytes, log: (line) => board.log.push(line) },
      oemurotStage({ major: 1, minor: 10, revision: 0 }),
    );
  };
  const provision = (hdpl: number): void => {
    board.obk.clear();
    const obk = parseObk(buildOemirotConfigObk({ ...keys, doEncryption: true }));
    board.obk.write(hdpl, obk.index, obk.payload, { encrypted: true });
    board.obk.write(hdpl, obkDataIndex, encodeObkData(), { encrypted: true });
  };

  beforeEach(() => {
    board = new TestBoard(slotSize, keys);
    provision(2);
    board.put(board.secondary, recordedImage('v1pow.bin'));
  });

  it('keys of level 2, an image pending → installed and started, its version in the first line, its own MPU region', () => {
    const outcome = boot();
    expect(outcome).toMatchObject({ kind: 'application', version: '1.0.0', installed: true });
    expect(board.log[0]).toBe('[INF] Starting bootloader OEMuROT 1.a.0');
    if (outcome.kind !== 'application') throw new Error(outcome.kind);
    expect(outcome.handOver.mpu.find(({ number }) => number === 6)?.base).toBe(0x24000000);
    expect(outcome.handOver.vectorTable).toBe(0x70000400);
  });

  it('keys of level 1 only → halts and names level 2; with those of level 2 it starts', () => {
    provision(1);
    expect(boot()).toMatchObject({ kind: 'halt', why: expect.stringContaining('HDPL2') });
    expect(board.log).toEqual(['[ERR] Wrong OBK HDPL2 data']);
    provision(2);
    expect(boot()).toMatchObject({ kind: 'application' });
  });

  it('configuration damaged, data right → the line about level 2’s configuration', () => {
    board.obk.write(2, 9, new Uint8Array(32), { encrypted: true });
    expect(boot()).toMatchObject({ kind: 'halt', why: expect.stringContaining('configuration of HDPL2') });
    expect(board.log).toEqual(['[ERR] read: Wrong OBK HDPL2 cfg']);
  });

  it('write and hide protection → not its business; ECC on SRAM is', () => {
    expect(boot({ ...closed, WRPS0: 1, HDP_AREA_START: 3 })).toMatchObject({ kind: 'application' });
    expect(boot({ ...closed, ECC_ON_SRAM: 0 })).toMatchObject({ kind: 'halt', why: expect.stringContaining('ECC_ON_SRAM') });
  });

  it('IROT_SELECT for OEMiRoT → nothing runs', () => {
    expect(boot({ ...closed, IROT_SELECT: 0x6a })).toMatchObject({ kind: 'halt', why: expect.stringContaining('does not select STiRoT') });
    expect(board.log).toEqual([]);
  });
});
