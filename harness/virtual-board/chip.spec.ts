/** The chip of a virtual board by itself: boot path, execution mode, RAM over resets, loss of power. Nothing here waits for the application. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { RotConfiguration } from '../board/index.js';
import { imageModeOf, loadKit, rotConfiguration, stirotSlots } from '../board/index.js';
import { flattenElf, readElf } from '../elf/index.js';
import { NorFlash } from '../flash/index.js';
import { signImage } from '../image/index.js';
import { buildOemirotConfigObk, deriveKeyPair, parseObk, seededRandom } from '../keys/index.js';
import { ObkStore, confirmationFlagAddress, confirmationPattern, encodeObkData, obkDataIndex } from '../rot/index.js';
import { closedState, provisionStirot } from '../rot/testing/stirot.js';
import { Chip } from './chip.js';
import { InternalFlash } from './internal-flash.js';
import { OptionBytes } from './option-bytes.js';

const signing = deriveKeyPair('chip', 'signing');
const encryption = deriveKeyPair('chip', 'encryption');
const keys = { authPublicKey: signing.publicKey, encPrivateKey: encryption.privateKey };
const prebuilt = join(import.meta.dirname, '..', '..', 'firmware-fixtures', 'prebuilt');

const started: Chip[] = [];
afterEach(() => {
  for (const chip of started.splice(0)) chip.halt();
});

const payloadOf = (file: string): Uint8Array => flattenElf(readElf(readFileSync(join(prebuilt, file))), 0x20000).bytes;

/** A provisioned chip, powered off. */
function chipOf(kitId: string, wanted: Parameters<typeof rotConfiguration>[1], cipher?: 'model' | 'off') {
  const kit = loadKit(kitId);
  const configuration: RotConfiguration = rotConfiguration(kit, wanted);
  const optionBytes = new OptionBytes(kit.device.optionBytes);
  const closed = wanted.bootPath === 'oemirot' ? {} : closedState;
  // The product state is none of the values that a tool may program.
  optionBytes.restore({ ...optionBytes.values(), ...configuration.path.optionBytes, ...closed });
  const memories = {
    externalFlash: new NorFlash({ size: kit.externalFlash.size, sectorSize: kit.externalFlash.sectorSize }),
    internalFlash: new InternalFlash(0x08000000, 0x10000, 0x2000, () => false),
    optionBytes,
    obkeys: new ObkStore(),
    lifeCycle: { debugAuthentication: 0 },
  };
  memories.internalFlash.program(0x08000000, Uint8Array.of(1, 2, 3, 4));
  const slots = stirotSlots(configuration);
  if (slots === undefined) {
    const obk = parseObk(buildOemirotConfigObk({ ...keys, doEncryption: false }));
    memories.obkeys.write(obk.hdpl, obk.index, obk.payload, { encrypted: false });
    memories.obkeys.write(1, obkDataIndex, encodeObkData(), { encrypted: false });
  } else provisionStirot(memories.obkeys, keys, slots);
  let text = '';
  const chip = new Chip({
    kit,
    configuration,
    memories,
    staysInRom: () => false,
    ...(cipher === undefined ? {} : { cipher }),
    console: { write: (bytes) => (text += Buffer.from(bytes).toString('latin1')), attended: false },
    log: () => undefined,
    onBooted: () => undefined,
    onOptionBytes: () => undefined,
  });
  started.push(chip);
  return {
    chip,
    /** What lies on the flash chip itself. */
    raw: (address: number, size: number): Uint8Array => memories.externalFlash.read(address - kit.externalFlash.base, size),
    /** Leaves an image in the download slot. */
    install(payload: Uint8Array, version: string): void {
      const { path, layout } = configuration;
      const { base, size } = layout.secondary;
      const image = signImage(payload, {
        mode: imageModeOf(configuration), version, securityCounter: 'auto', headerSize: path.headerSize, slotSize: size, align: path.programUnit, maxAlign: path.maxAlign,
        pad: wanted.bootPath === 'oemirot', signKey: signing.privateKey, encryptionKey: encryption.publicKey, random: seededRandom('chip', version),
      });
      for (let at = base; at < base + size; at += kit.externalFlash.sectorSize) memories.externalFlash.erase(at - kit.externalFlash.base);
      memories.externalFlash.program(base - kit.externalFlash.base, image);
    },
    optionByte: (name: string, value: number) => optionBytes.restore({ ...optionBytes.values(), [name]: value }),
    /** Back to product state OPEN. */
    open: () => optionBytes.restore({ ...optionBytes.values(), NVSTATE: 0xb4 }),
    /** One start. @returns what the root of trust printed */
    boot(cause: 'power-on' | 'pin' = 'pin'): string[] {
      text = '';
      chip.boot(cause);
      return text.split('\r\n').filter((line) => line.startsWith('['));
    },
  };
}

const swapTypes = (lines: readonly string[]): (string | undefined)[] => lines.filter((line) => line.startsWith('[INF] Swap type')).map((line) => line.split(': ')[1]);

describe('swap mode', () => {
  /** 1.0.0 installed, 1.1.0 running as a test image. */
  function testImage() {
    const board = chipOf('nucleo-h7s3l8', { bootPath: 'oemirot', mode: 'swap', exec: 'int-ram' });
    board.install(payloadOf('app-1.0.0-nucleo-h7s3l8-int-ram.elf'), '1.0.0');
    board.boot('power-on');
    board.install(payloadOf('app-1.1.0-nucleo-h7s3l8-int-ram.elf'), '1.1.0');
    expect(swapTypes(board.boot())).toEqual(['test']);
    return board;
  }
  const confirm = ({ chip }: ReturnType<typeof chipOf>): void => chip.writeMemory(confirmationFlagAddress, Uint8Array.from(confirmationPattern));

  it('confirmation in RAM, then a reset → taken over, the counter stored with a reset of its own; nothing is swapped back', () => {
    const board = testImage();
    confirm(board);
    const lines = board.boot();
    expect(lines).toContain('[INF] Security counter updated. Reset device');
    expect(swapTypes(lines)).toEqual(['none', 'none']);
    expect(board.chip.readMemory(confirmationFlagAddress, 16)).toEqual(new Uint8Array(16));
    expect(swapTypes(board.boot())).toEqual(['none']);
  });

  it('confirmation in RAM, then a loss of power → forgotten: swapped back', () => {
    const board = testImage();
    confirm(board);
    expect(swapTypes(board.boot('power-on'))).toEqual(['revert']);
  });

  it('power cut at an operation of the boot → the chip starts again by itself and goes on; without a cut it starts once', () => {
    const board = testImage();
    const { boots } = board.chip.status();
    expect(swapTypes(board.boot())).toEqual(['revert']);
    const { bootOperations } = board.chip.status();
    expect(board.chip.status().boots).toBe(boots + 1);
    expect(bootOperations).toBeGreaterThan(20);

    const cut = testImage();
    const before = cut.chip.status().boots;
    cut.chip.cutPower(Math.floor(bootOperations / 2), true);
    const lines = cut.boot();
    expect(cut.chip.status().boots).toBe(before + 2);
    expect(lines.filter((line) => line.includes('Starting bootloader'))).toHaveLength(2);
    expect(lines.filter((line) => line.includes('Boot source: ')).at(-1)).not.toContain('none');
    expect(cut.chip.status().state).toBe('running');
    expect(swapTypes(cut.boot())).toEqual(['none']);
  });
});

describe('execution modes', () => {
  it.each([
    ['stm32h7s78-dk', 'ext-ram', 'app-1.0.0.elf', 0x70000400],
    ['stm32h7s78-dk', 'xip', 'app-1.0.0-xip.elf', 0x90000400],
    ['stm32h7s78-dk', 'int-ram', 'app-1.0.0-int-ram.elf', 0x24040400],
    ['nucleo-h7s3l8', 'xip', 'app-1.0.0-nucleo-h7s3l8-xip.elf', 0x90000400],
  ] as const)('%s, %s → the core finds the application at its run address', (kitId, exec, file, address) => {
    const board = chipOf(kitId, { bootPath: 'oemirot', mode: 'overwrite', exec });
    const payload = payloadOf(file);
    board.install(payload, '1.0.0');
    expect(board.boot('power-on')).toContain('[INF] Jumping to the first image slot');
    expect(board.chip.status()).toMatchObject({ state: 'running', reason: null });
    expect(board.chip.readMemory(address, payload.length)).toEqual(payload);
  });

  it.each(['ITCM_AXI_SHARE', 'DTCM_AXI_SHARE'])('%s = 1, a memory map that the model lacks → stopped by its name; 0 → the application runs', (name) => {
    const board = chipOf('stm32h7s78-dk', { bootPath: 'oemirot', mode: 'overwrite', exec: 'int-ram' });
    board.install(payloadOf('app-1.0.0-int-ram.elf'), '1.0.0');
    board.optionByte(name, 1);
    board.boot('power-on');
    expect(board.chip.status()).toMatchObject({ state: 'stopped', reason: `${name} other than 0 is not modelled` });
    board.optionByte(name, 0);
    board.boot('power-on');
    expect(board.chip.status()).toMatchObject({ state: 'running', reason: null });
  });
});

describe('memory cipher engine', () => {
  const header = '3db8f396';
  const first = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, 4)).toString('hex');
  const installed = (exec: 'ext-ram' | 'xip', cipher?: 'off'): ReturnType<typeof chipOf> => {
    const board = chipOf('stm32h7s78-dk', { bootPath: 'oemirot', mode: 'overwrite', exec }, cipher);
    board.install(payloadOf(exec === 'xip' ? 'app-1.0.0-xip.elf' : 'app-1.0.0.elf'), '1.0.0');
    board.boot('power-on');
    expect(board.chip.status().state).toBe('running');
    return board;
  };

  it('installed → ciphertext on the chip, over further boots too; with --mce off in clear', () => {
    const board = installed('ext-ram');
    const ciphertext = board.raw(0x90000000, 0x1000);
    expect(first(ciphertext)).not.toBe(header);
    expect(new Set(ciphertext).size).toBe(256);
    board.boot('pin');
    expect(board.chip.status().state).toBe('running');
    expect(board.raw(0x90000000, 0x1000)).toEqual(ciphertext);
    expect(first(installed('ext-ram', 'off').raw(0x90000000, 0x1000))).toBe(header);
  });

  it('executed in place → the core sees the primary slot in clear and the secondary as it is; stores are lost', () => {
    const { chip, raw, install } = installed('xip');
    expect([first(chip.readMemory(0x90000000, 4)), first(raw(0x90000000, 4))]).toEqual([header, expect.not.stringMatching(header)]);
    install(payloadOf('app-1.1.0-xip.elf'), '1.1.0');
    chip.boot('pin');
    expect(chip.readMemory(0x90200000, 0x400)).toEqual(raw(0x90200000, 0x400));
    chip.storeWord(0x90000000, 0, 4);
    expect(first(chip.readMemory(0x90000000, 4))).toBe(header);
  });

  it('run slot in external RAM → in clear while the application runs, noise after a reset, other noise behind the image after each start', () => {
    const { chip } = installed('ext-ram');
    const behind = (): Uint8Array => chip.readMemory(0x70100000, 64);
    expect(first(chip.readMemory(0x70000000, 4))).toBe(header);
    const one = behind();
    chip.resetCore('pin');
    expect(first(chip.readMemory(0x70000000, 4))).not.toBe(header);
    chip.boot('pin');
    expect(first(chip.readMemory(0x70000000, 4))).toBe(header);
    expect(behind()).not.toEqual(one);
    const { chip: plain } = installed('ext-ram', 'off');
    plain.resetCore('pin');
    expect(first(plain.readMemory(0x70000000, 4))).toBe(header);
  });

  it('external RAM outside the run slot → kept over a reset', () => {
    const { chip } = installed('ext-ram');
    chip.writeMemory(0x70200000, Uint8Array.of(1, 2, 3, 4));
    chip.resetCore('pin');
    expect([...chip.readMemory(0x70200000, 4)]).toEqual([1, 2, 3, 4]);
  });

  it.each([
    ['ext-ram', 0x8200, 0x8001, 3],
    ['xip', 0x8201, 0, 0],
  ] as const)('%s → the regions as the boot leaves them, locked', (exec, primary, run, lock) => {
    const { chip } = installed(exec);
    const word = (address: number): number => Buffer.from(chip.readMemory(address, 4)).readUInt32LE(0);
    expect([word(0x5200b840), word(0x5200b844), word(0x5200b848), word(0x5200b850), word(0x5200b800)]).toEqual([primary, 0x90000000, 0x901fffff, 0x201, 1]);
    expect([word(0x5200bc40), word(0x5200bc00)]).toEqual([run, lock]);
    chip.storeWord(0x5200b840, 0, 4);
    expect(word(0x5200b840)).toBe(primary);
  });
});

describe('STiRoT', () => {
  it('a closed device with an image in its download area → started from internal RAM without a line; open, it stays in ROM and says why', () => {
    const payload = Uint8Array.from({ length: 0x800 }, (_, i) => (i < 8 ? [0, 0, 1, 0x20, 0x01, 0x05, 0, 0x24][i]! : i & 0xff));
    const board = chipOf('stm32h7s78-dk', { bootPath: 'stirot', mode: 'overwrite', exec: 'int-ram' });
    board.install(payload, '1.0.0');
    expect(board.boot('power-on')).toEqual([]);
    expect(board.chip.status()).toMatchObject({ state: 'running', reason: null });
    expect(board.chip.readMemory(0x24000400, payload.length)).toEqual(payload);

    const open = chipOf('stm32h7s78-dk', { bootPath: 'stirot', mode: 'overwrite', exec: 'int-ram' });
    open.install(payload, '1.0.0');
    open.open();
    open.boot('power-on');
    expect(open.chip.status()).toMatchObject({ state: 'stopped', reason: expect.stringContaining('product state OPEN is below LOCKED') });
  });
});
