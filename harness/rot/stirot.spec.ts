import { beforeEach, describe, expect, it } from '@jest/globals';
import { loadKit, rotConfiguration, stirotSlots } from '../board/index.js';
import type { BootPathName, RotConfiguration } from '../board/index.js';
import { NorFlash, OperationCounter, PowerCut, powerCutAt } from '../flash/index.js';
import { signImage, stirotMagic } from '../image/index.js';
import type { SignOptions } from '../image/index.js';
import { buildOemirotConfigObk, deriveKeyPair, parseObk, seededRandom } from '../keys/index.js';
import { FlashArea, ObkDataAreas, ObkStore, bootRootOfTrust, encodeObkData, obkDataIndex } from './index.js';
import type { BootOutcome, OptionByteValues } from './index.js';
import { runStirot, stirotDataIndex } from './stirot.js';
import { closedState, provisionStirot } from './testing/stirot.js';

const kit = loadKit('stm32h7s78-dk');
const [authentication, encryption, stranger] = ['authentication', 'encryption', 'stranger'].map((name) => deriveKeyPair('stirot', name));
const keys = { authPublicKey: authentication!.publicKey, encPrivateKey: encryption!.privateKey };
const payload = Uint8Array.from({ length: 0x5000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff);

/** An image as ST's STiROT_Code_Image.xml has it made. */
function image(version: string, changes: Partial<SignOptions> = {}): Uint8Array {
  return signImage(payload, {
    mode: 'primary-only',
    version,
    headerSize: 0x400,
    slotSize: 0x20000,
    align: 16,
    maxAlign: 16,
    securityCounter: 'auto',
    signKey: authentication!.privateKey,
    encryptionKey: encryption!.publicKey,
    pad: false,
    random: seededRandom('stirot', version),
    ...changes,
  });
}

class StirotBoard {
  readonly flash = new NorFlash({ size: kit.externalFlash.size });
  readonly obk = new ObkStore();
  readonly log: string[] = [];
  readonly configuration: RotConfiguration;
  readonly primary: FlashArea;
  readonly secondary: FlashArea;
  optionBytes: OptionByteValues;

  constructor(bootPath: Exclude<BootPathName, 'oemirot'>) {
    this.configuration = rotConfiguration(kit, { bootPath, mode: 'overwrite', exec: 'int-ram' });
    const slots = stirotSlots(this.configuration)!;
    const factory = Object.fromEntries(kit.device.optionBytes.map((field) => [field.name, field.factory]));
    this.optionBytes = { ...factory, ...this.configuration.path.optionBytes, ...closedState };
    this.primary = new FlashArea('primary', this.flash, slots.primary, kit.externalFlash.base);
    this.secondary = new FlashArea('secondary', this.flash, slots.secondary, kit.externalFlash.base);
    provisionStirot(this.obk, keys, slots);
  }

  put(area: FlashArea, bytes: Uint8Array): void {
    area.eraseAll();
    area.program(0, bytes);
  }

  boot(optionBytes = this.optionBytes): BootOutcome {
    this.log.length = 0;
    return bootRootOfTrust({ kit, configuration: this.configuration, flash: this.flash, obk: this.obk, optionBytes, log: (line) => this.log.push(line) });
  }

  run(optionBytes = this.optionBytes) {
    return runStirot({ kit, flash: this.flash, obk: this.obk, optionBytes });
  }

  counter(): number | undefined {
    return new ObkDataAreas(this.obk, 1, true, stirotDataIndex).counter();
  }
}

describe('STiRoT', () => {
  let board: StirotBoard;
  beforeEach(() => {
    board = new StirotBoard('stirot');
  });

  it('download area holds an encrypted image → deciphered, installed, download area erased, counter stored; it starts from internal RAM without a word', () => {
    board.put(board.secondary, image('1.2.0'));
    const outcome = board.boot();
    expect(outcome).toMatchObject({ kind: 'application', version: '1.2.0', installed: true });
    expect(board.log).toEqual([]);
    expect(board.secondary.isErased(0, board.secondary.size)).toBe(true);
    expect(board.primary.read(0x400, payload.length)).toEqual(payload);
    expect(board.counter()).toBe(0x01020000);
    if (outcome.kind !== 'application') throw new Error(outcome.kind);
    expect(outcome.handOver.copies[0]).toMatchObject({ address: 0x24000000 });
    expect(outcome.handOver.copies[0].bytes.subarray(0x400, 0x400 + payload.length)).toEqual(payload);
    expect(outcome.handOver.vectorTable).toBe(0x24000400);
  });

  it('an installation → three resets after power-on; the next start → one, no flash operation', () => {
    board.put(board.secondary, image('1.0.0'));
    expect(board.run()).toMatchObject({ kind: 'started', installed: true, resets: 3 });
    const counter = new OperationCounter();
    board.flash.observer = counter;
    expect(board.run()).toMatchObject({ kind: 'started', installed: false, resets: 1 });
    expect(counter.count).toBe(0);
  });

  const refused: readonly (readonly [title: string, bytes: Uint8Array, stage: string])[] = [
    ['another authentication key', image('1.1.0', { signKey: stranger!.privateKey }), 'key'],
    ['another encryption key', image('1.1.0', { encryptionKey: stranger!.publicKey }), 'decrypt-key'],
    ['a lower security counter', image('1.1.0', { securityCounter: 1 }), 'security-counter'],
    ['a byte of the payload changed', image('1.1.0').map((byte, i) => (i === 0x1000 ? byte ^ 1 : byte)), 'hash'],
  ];

  it.each(refused)('%s → refused, download area erased, the installed image starts; the right image installs', (_title, bytes, stage) => {
    board.put(board.secondary, image('1.0.0'));
    board.boot();
    board.put(board.secondary, bytes);
    expect(board.boot()).toMatchObject({ kind: 'application', version: '1.0.0', installed: false, rejected: { kind: 'invalid', stage } });
    expect(board.secondary.isErased(0, board.secondary.size)).toBe(true);
    board.put(board.secondary, image('1.1.0'));
    expect(board.boot()).toMatchObject({ kind: 'application', version: '1.1.0', installed: true });
  });

  it('an image with MCUboot’s magic → not seen by the iLoader, kept; with ST’s it installs', () => {
    const other = image('1.0.0', { magic: 0x96f3b83d });
    board.put(board.secondary, other);
    expect(board.boot()).toMatchObject({ kind: 'no-image', installed: false, next: 'reset' });
    expect(board.secondary.read(0, 4)).toEqual(other.subarray(0, 4));
    board.put(board.secondary, image('1.0.0'));
    expect(new DataView(image('1.0.0').buffer).getUint32(0, true)).toBe(stirotMagic);
    expect(board.boot()).toMatchObject({ kind: 'application' });
  });

  it('installed image changed → no image, nothing is erased; a new download heals it', () => {
    board.put(board.secondary, image('1.0.0'));
    board.boot();
    board.primary.program(0x600, Uint8Array.of(0, 0, 0, 0));
    const counter = new OperationCounter();
    board.flash.observer = counter;
    expect(board.boot()).toMatchObject({ kind: 'no-image', why: expect.stringContaining('installation area'), erasedPrimary: false });
    expect(counter.count).toBe(0);
    board.flash.observer = undefined;
    board.put(board.secondary, image('1.0.0'));
    expect(board.boot()).toMatchObject({ kind: 'application', version: '1.0.0', installed: true });
  });

  const wrong: readonly (readonly [title: string, change: (board: StirotBoard) => void, why: RegExp])[] = [
    ['product state OPEN', (b) => { b.optionBytes = { ...b.optionBytes, NVSTATE: 0xb4 }; }, /product state OPEN is below LOCKED/],
    ['product state LOCKED where CLOSED is the least', (b) => { b.optionBytes = { ...b.optionBytes, DBG_AUTH: 0xb4 }; }, /product state LOCKED is below CLOSED-ECDSA/],
    ['IROT_SELECT for OEMiRoT', (b) => { b.optionBytes = { ...b.optionBytes, IROT_SELECT: 0x6a }; }, /IROT_SELECT does not select STiRoT/],
    ['nothing provisioned', (b) => { b.obk.clear(); }, /not provisioned/],
    ['configuration damaged', (b) => { b.obk.write(1, 9, new Uint8Array(32), { encrypted: true }); }, /SHA-256/],
    ['data damaged', (b) => { b.obk.write(1, stirotDataIndex, new Uint8Array(192), { encrypted: true }); }, /data of STiRoT/],
    ['download area over the installation area', (b) => { const slots = stirotSlots(b.configuration)!; provisionStirot(b.obk, keys, { ...slots, secondary: { base: 0x90010000, size: 0x20000 } }); }, /do not fit this board/],
  ];

  it.each(wrong)('%s → stays in ROM and says why; put right it starts', (_title, change, why) => {
    board.put(board.secondary, image('1.0.0'));
    const { optionBytes } = board;
    change(board);
    expect(board.boot()).toMatchObject({ kind: 'halt', why: expect.stringMatching(why) });
    board.optionBytes = optionBytes;
    provisionStirot(board.obk, keys, stirotSlots(board.configuration)!);
    expect(board.boot()).toMatchObject({ kind: 'application', version: '1.0.0' });
  });

  it('user flash blank where the configuration names the iLoader → stays in ROM and says so; programmed there it starts', () => {
    board.put(board.secondary, image('1.0.0'));
    const platform = { kit, flash: board.flash, obk: board.obk, optionBytes: board.optionBytes };
    const asked: number[] = [];
    const programmed = (answer: boolean) => (offset: number) => {
      asked.push(offset);
      return answer;
    };
    expect(runStirot({ ...platform, iLoaderProgrammed: programmed(false) })).toMatchObject({ kind: 'halt', why: expect.stringContaining('blank at offset 0x0') });
    expect(runStirot({ ...platform, iLoaderProgrammed: programmed(true) })).toMatchObject({ kind: 'started' });
    expect(asked).toEqual([0, 0]);
  });

  it('LOCKED is enough where the configuration says so', () => {
    provisionStirot(board.obk, keys, stirotSlots(board.configuration)!, 0x5c);
    board.put(board.secondary, image('1.0.0'));
    expect(board.boot({ ...board.optionBytes, DBG_AUTH: 0xb4 })).toMatchObject({ kind: 'application' });
  });

  it('power lost at any flash operation of an update → the next start installs it or finds it installed', () => {
    board.put(board.secondary, image('1.0.0'));
    board.boot();
    board.put(board.secondary, image('1.1.0'));
    const before = { flash: board.flash.snapshot(), obk: board.obk.snapshot() };
    const counter = new OperationCounter();
    board.flash.observer = counter;
    board.obk.observer = counter;
    board.boot();
    expect(counter.count).toBeGreaterThan(90);
    for (let k = 1; k <= counter.count; k++) {
      board.flash.restore(before.flash);
      board.obk.restore(before.obk);
      const cut = powerCutAt(k, { half: true });
      board.flash.observer = cut;
      board.obk.observer = cut;
      expect(() => board.boot()).toThrow(PowerCut);
      board.flash.observer = undefined;
      board.obk.observer = undefined;
      expect(board.boot()).toMatchObject({ kind: 'application', version: '1.1.0' });
      expect(board.counter()).toBe(0x01010000);
    }
  });
});

describe('STiRoT and OEMuRoT', () => {
  const bootLog = (lines: readonly string[]): string => lines.filter((line) => /bootloader|Jumping/.test(line)).join('\n');

  it('OEMuRoT in STiRoT’s slots, application in its own → both installed at one power-on, level 1 keys for the first, level 2 keys for the second', () => {
    const board = new StirotBoard('stirot-oemurot');
    const [authentication2, encryption2] = ['authentication2', 'encryption2'].map((name) => deriveKeyPair('oemurot', name));
    const obk = parseObk(buildOemirotConfigObk({ authPublicKey: authentication2!.publicKey, encPrivateKey: encryption2!.privateKey, doEncryption: true, level: 2 }));
    expect(obk.hdpl).toBe(2);
    board.obk.write(obk.hdpl, obk.index, obk.payload, { encrypted: true });
    board.obk.write(2, obkDataIndex, encodeObkData(), { encrypted: true });
    const application = (signKey: Uint8Array) => image('3.0.0', { mode: 'overwrite', signKey, encryptionKey: encryption2!.publicKey, pad: true });
    const { layout } = board.configuration;
    const secondary = new FlashArea('secondary', board.flash, layout.secondary, kit.externalFlash.base);

    board.put(secondary, application(authentication2!.privateKey));
    expect(board.boot()).toMatchObject({ kind: 'no-image', why: expect.stringContaining('neither installation nor download area') });
    board.put(board.secondary, image('1.0.0'));
    const outcome = board.boot();
    expect(outcome).toMatchObject({ kind: 'application', version: '3.0.0', installed: true });
    expect(bootLog(board.log)).toBe('[INF] Starting bootloader OEMuROT 1.0.0\n[INF] Jumping to the first image slot');

    // Signed with the key that STiRoT knows: OEMuRoT does not know it.
    board.put(secondary, application(authentication!.privateKey));
    expect(board.boot()).toMatchObject({ kind: 'application', version: '3.0.0', installed: false, rejected: { stage: 'key' } });
  });
});
