import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { OptionByteValues } from './index.js';
import { ObkStore, encodeObkData, obkDataIndex } from './index.js';
import { encodeObkDataArea } from './obk-data.js';
import { TestBoard, provisionedOptionBytes } from './testing/board.js';
import { encryptedKeys, keys, recordedImage } from './testing/images.js';

const slotSize = 0x40000;
const v1 = recordedImage('v1pow.bin');
const v2 = recordedImage('v2ow.bin');

/** A copy of an image with some bytes replaced. */
function changed(image: Uint8Array, ...changes: readonly (readonly [at: number, value: number])[]): Uint8Array {
  const copy = image.slice();
  for (const [at, value] of changes) copy[at] = value;
  return copy;
}

const withoutMagic = (image: Uint8Array): Uint8Array => image.slice().fill(0xff, image.length - 16);

/** A board on which 1.0.0 was installed by the boot itself and runs. */
function boardWithV1(): TestBoard {
  const board = new TestBoard(slotSize, keys);
  board.put(board.secondary, v1);
  expect(board.boot()).toMatchObject({ kind: 'application', version: '1.0.0', installed: true });
  return board;
}

const jumpLines = ['[INF] Bootloader chainload address offset: 0x0', '[INF] Jumping to the first image slot'];
const noImageLines = [
  '[ERR] Unable to find bootable image',
  "[INF] In closed mode, please use DA 'Forced Download' to be able to use bootloader",
  '[INF] Before doing so, disconnect COM port if used by bootloader',
];

describe('first installation', () => {
  it('blank primary, image pending → installed; erase, copy, counter, wipe, hash reference in this order', () => {
    const board = new TestBoard(slotSize, keys);
    board.put(board.secondary, v1);
    const trace = board.trace();
    board.observe(trace);
    expect(board.boot()).toMatchObject({ kind: 'application', version: '1.0.0', swapType: 'test', installed: true });
    expect(trace.toString()).toBe('EP0+1000x64 WP0+1000x64 C1000000 ES0+1000x64 H0');
    expect(board.primary.read(0, slotSize)).toEqual(v1);
    expect(board.isErased(board.secondary)).toBe(true);
    expect(board.counter()).toBe(0x01000000);
  });

  it('blank primary, nothing pending → no image, nothing to erase, the same at every following boot', () => {
    const board = new TestBoard(slotSize, keys);
    const trace = board.trace();
    board.observe(trace);
    for (let i = 0; i < 2; i++) {
      expect(board.boot()).toEqual({
        kind: 'no-image',
        swapType: 'none',
        installed: false,
        why: 'primary slot: no image: the header is erased',
        erasedPrimary: false,
        next: 'reset',
      });
      expect(board.log).toEqual(['[INF] Starting bootloader OEMiROT', '[INF] Swap type: none', '[INF] Starting validation of primary slot(s)', ...noImageLines]);
    }
    expect(trace.count).toBe(0);
  });
});

describe('update of 1.0.0', () => {
  let board: TestBoard;
  beforeEach(() => {
    board = boardWithV1();
  });

  it('the same image starts again → hash reference instead of the signature, no operation', () => {
    const trace = board.trace();
    board.observe(trace);
    expect(board.boot()).toMatchObject({ kind: 'application', version: '1.0.0', swapType: 'none', installed: false });
    expect(board.log).toEqual([
      '[INF] Starting bootloader OEMiROT',
      '[INF] Swap type: none',
      '[INF] Starting validation of primary slot(s)',
      '[INF] verify counter  0 1000000 1000000',
      '[INF] counter  0 : ok',
      '[INF] hash ref OK',
      ...jumpLines,
    ]);
    expect(trace.count).toBe(0);
  });

  it('2.0.0 pending → installed', () => {
    board.put(board.secondary, v2);
    expect(board.boot()).toMatchObject({ kind: 'application', version: '2.0.0', installed: true });
    expect(board.counter()).toBe(0x02000000);
  });

  it('a lower counter → refused with the counter in the log, slot erased; then the equal counter → installed again', () => {
    board.put(board.secondary, v2);
    board.boot();
    board.put(board.secondary, v1);
    expect(board.boot()).toMatchObject({ kind: 'application', version: '2.0.0', installed: false, rejected: { kind: 'invalid', stage: 'security-counter' } });
    expect(board.log.slice(1, 4)).toEqual(['[INF] Swap type: test', '[INF] verify counter  0 1000000 2000000', '[ERR] Image in the secondary slot is not valid!']);
    expect(board.isErased(board.secondary)).toBe(true);
    board.put(board.secondary, v2);
    expect(board.boot()).toMatchObject({ kind: 'application', version: '2.0.0', installed: true });
    expect(board.log).toContain('[INF] verify counter  0 2000000 2000000');
  });

  /** Pending images that are not installed, next to v2ow.bin itself, which is. */
  const refused: readonly (readonly [
    title: string,
    image: Uint8Array,
    expected: { swapType: string; rejected?: object; kept: boolean; lines: readonly string[] },
  ])[] = [
    ['no magic in the trailer', withoutMagic(v2), { swapType: 'none', kept: true, lines: [] }],
    ['one bit of the magic off', changed(v2, [slotSize - 1, 0x81]), { swapType: 'none', kept: true, lines: [] }],
    ['another header magic', changed(v2, [0, 0x3c]), { swapType: 'test', rejected: { kind: 'no-image', stage: 'header' }, kept: true, lines: [] }],
    [
      'a payload bit off',
      changed(v2, [0x500, v2[0x500] ^ 1]),
      {
        swapType: 'test',
        rejected: { kind: 'invalid', stage: 'hash' },
        kept: false,
        lines: ['[INF] verify counter  0 2000000 1000000', '[INF] counter  0 : ok', '[ERR] Image in the secondary slot is not valid!'],
      },
    ],
    [
      'a byte behind the image',
      changed(v2, [slotSize - 0x2000, 0]),
      {
        swapType: 'test',
        rejected: { kind: 'invalid', stage: 'slot-pattern' },
        kept: false,
        lines: ['[INF] signature OK', '[INF] data wrong at 3e000', '[ERR] Image in the secondary slot is not valid!'],
      },
    ],
    [
      'image_ok set',
      changed(v2, [slotSize - 32, 1]),
      {
        swapType: 'perm',
        rejected: { kind: 'invalid', stage: 'slot-pattern' },
        kept: false,
        lines: ['[INF] signature OK', '[INF] data wrong at 3ffe0', '[ERR] Image in the secondary slot is not valid!'],
      },
    ],
    [
      'a signature bit off',
      recordedImage('v2badsigow.bin'),
      { swapType: 'test', rejected: { kind: 'invalid', stage: 'signature' }, kept: false, lines: ['[INF] signature KO', '[ERR] Image in the secondary slot is not valid!'] },
    ],
  ];

  it.each(refused)('%s → not installed, 1.0.0 starts; the image itself installs', (_title, image, expected) => {
    board.put(board.secondary, image);
    const outcome = board.boot();
    expect(outcome).toMatchObject({ kind: 'application', version: '1.0.0', installed: false, swapType: expected.swapType });
    if (expected.rejected === undefined) expect(outcome).not.toHaveProperty('rejected');
    else expect(outcome).toMatchObject({ rejected: expected.rejected });
    if (expected.kept) expect(board.secondary.read(0, slotSize)).toEqual(image);
    else expect(board.isErased(board.secondary)).toBe(true);
    const from = board.log.indexOf(`[INF] Swap type: ${expected.swapType}`);
    const to = board.log.indexOf('[INF] Starting validation of primary slot(s)');
    expect(board.log.slice(from + 1, to).slice(-Math.max(expected.lines.length, 1))).toEqual(expected.lines);
    expect(board.counter()).toBe(0x01000000);
    board.put(board.secondary, v2);
    expect(board.boot()).toMatchObject({ version: '2.0.0', installed: true });
  });

  it('primary changed after it was accepted, nothing pending → no image, primary erased once, then a loop of resets', () => {
    board.primary.program(0x600, Uint8Array.of(0));
    const trace = board.trace();
    board.observe(trace);
    expect(board.boot()).toMatchObject({ kind: 'no-image', why: 'primary slot: image hash mismatch', erasedPrimary: true, next: 'reset' });
    expect(board.log.slice(-4)).toEqual(['[ERR] Image in the primary slot is not valid!', ...noImageLines]);
    expect(trace.toString()).toBe('EP0+1000x64');
    expect(board.boot()).toMatchObject({ kind: 'no-image', erasedPrimary: false });
    expect(trace.count).toBe(64);
  });

  it('a trailer that asks for a revert, secondary blank → nothing to install, 1.0.0 starts; with an image there it is installed', () => {
    board.primary.program(slotSize - 48, Uint8Array.of(1));
    expect(board.boot()).toMatchObject({ kind: 'application', version: '1.0.0', swapType: 'revert', rejected: { kind: 'blank', stage: 'header' } });
    board.put(board.secondary, withoutMagic(v2));
    expect(board.boot()).toMatchObject({ kind: 'application', version: '2.0.0', swapType: 'revert', installed: true });
  });

  it('primary changed, 2.0.0 pending → installed over it', () => {
    board.primary.program(0x600, Uint8Array.of(0));
    board.put(board.secondary, v2);
    expect(board.boot()).toMatchObject({ kind: 'application', version: '2.0.0', installed: true });
  });
});

describe('counter and hash reference', () => {
  it('an image put into primary by hand → accepted by its signature, counter and hash reference stored', () => {
    const board = new TestBoard(slotSize, keys);
    board.put(board.primary, recordedImage('v1.bin'));
    const trace = board.trace();
    board.observe(trace);
    expect(board.boot()).toMatchObject({ kind: 'application', version: '1.0.0', swapType: 'none' });
    expect(trace.toString()).toBe('C1000000 H0');
    expect(board.log).toContain('[INF] signature OK');
  });

  it('a stored counter that cannot be read → no image starts; with a readable one it does', () => {
    const board = boardWithV1();
    board.obk.write(1, obkDataIndex, new Uint8Array(192), { encrypted: false });
    const area = (previous: number): Uint8Array => encodeObkDataArea({ hashReference: new Uint8Array(32), counter: 0x01000000, previous });
    board.obk.write(1, obkDataIndex, area(0x02000000), { encrypted: false });
    expect(board.boot()).toMatchObject({ kind: 'no-image', why: 'primary slot: the stored security counter cannot be read' });
    board.put(board.primary, v1);
    board.obk.write(1, obkDataIndex, area(0), { encrypted: false });
    expect(board.boot()).toMatchObject({ kind: 'application', version: '1.0.0' });
  });
});

describe('an encrypted image', () => {
  const image = recordedImage('encrypted.bin');
  /** What ST's imgtool was given (6001 bytes and its padding) and what it drew, from the record of its making. */
  const payloadSha256 = '09bbabb04a29ba5d8d01d588d45c5cd47dda31b6ea6a49a661bec41d34ea9f82';
  const contentKey = '9f074609b3da2596e383638e551ad4c6';
  const keyLines = ['[INF] **, **, **, **, **, ** , ** ,**,', '[INF] **, **, **, **, **, ** , ** ,**,'];

  it('is deciphered into primary; its key is printed where ST prints it, masked', () => {
    const board = new TestBoard(0x4000, encryptedKeys);
    board.put(board.secondary, image);
    expect(board.boot()).toMatchObject({ kind: 'application', version: '1.0.0', installed: true });
    expect(createHash('sha256').update(board.primary.read(0x400, 6016)).digest('hex')).toBe(payloadSha256);
    expect(board.log.slice(1, 5)).toEqual(['[INF] Swap type: test', ...keyLines, '[INF] verify counter  0 1000000 0']);
    const copying = board.log.indexOf('[INF] Copying the secondary slot to the primary slot: 0x4000 bytes');
    expect(board.log.slice(copying - 3, copying)).toEqual(['[INF] Erasing the primary slot', ...keyLines]);
    const digits = board.log.join('\n').replace(/[^0-9a-f]/g, '');
    expect(digits).not.toContain(contentKey.slice(0, 8));
  });

  it('made for another encryption key → refused before anything else is looked at; the right key installs it', () => {
    const board = new TestBoard(0x4000, { ...encryptedKeys, encPrivateKey: keys.encPrivateKey });
    board.put(board.secondary, image);
    expect(board.boot()).toMatchObject({ kind: 'no-image', rejected: { kind: 'invalid', stage: 'decrypt-key' } });
    expect(board.log.slice(1, 3)).toEqual(['[INF] Swap type: test', '[ERR] Image in the secondary slot is not valid!']);
  });
});

describe('hand-over', () => {
  it('copies header, payload and protected TLVs of primary, and no more', () => {
    const board = boardWithV1();
    const outcome = board.boot();
    if (outcome.kind !== 'application') throw new Error(outcome.kind);
    const size = 0x400 + 0x19000 + 12;
    expect(outcome.handOver.copies[0]).toEqual({ address: 0x70000000, bytes: v1.slice(0, size), what: expect.any(String) });
    expect(outcome.handOver.vectorTable).toBe(0x70000400);
  });
});

describe('before MCUboot', () => {
  let board: TestBoard;
  beforeEach(() => {
    board = boardWithV1();
  });

  const wrong: readonly (readonly [title: string, change: (board: TestBoard) => void, log: readonly string[], why: RegExp])[] = [
    ['write protection missing', (b) => { b.optionBytes = { ...provisionedOptionBytes, WRPS3: 1 }; }, ['[ERR] Unexpected value for write protection'], /WRPS0 to WRPS7/],
    ['hide protection off', (b) => { b.optionBytes = { ...provisionedOptionBytes, HDP_AREA_START: 1, HDP_AREA_END: 0 }; }, ['[ERR] Unexpected value for hide protection'], /0x00 to 0xff/],
    ['no ECC on SRAM', (b) => { b.optionBytes = { ...provisionedOptionBytes, ECC_ON_SRAM: 0 }; }, [], /ECC_ON_SRAM/],
    ['nothing provisioned', (b) => { b.obk = new ObkStore(); }, ['[ERR] Wrong OBK HDPL1 data'], /not provisioned/],
    ['data for a closed device', (b) => { b.obk.write(1, obkDataIndex, encodeObkData(), { encrypted: true }); }, ['[ERR] Wrong OBK HDPL1 data'], /DoEncryption 0/],
    ['keys damaged', (b) => { b.obk.write(1, 9, new Uint8Array(32), { encrypted: false }); }, ['[ERR] read: Wrong OBK HDPL1 cfg'], /configuration of HDPL1/],
    ['an unknown product state', (b) => { b.optionBytes = { ...provisionedOptionBytes, NVSTATE: 0 }; }, [], /no product state/],
  ];

  it.each(wrong)('%s → halts with its line and the reason; put right it starts', (_title, change, log, why) => {
    const before = board.snapshot();
    const { obk } = board;
    change(board);
    const outcome = board.boot();
    expect(outcome).toMatchObject({ kind: 'halt', why: expect.stringMatching(why) });
    expect(board.log).toEqual(log);
    board.optionBytes = provisionedOptionBytes;
    board.obk = obk;
    board.restore(before);
    expect(board.boot()).toMatchObject({ kind: 'application', version: '1.0.0' });
  });

  it('a production build in product state OPEN → resets without a line; closed it starts', () => {
    expect(board.boot({ devMode: false })).toEqual({ kind: 'reset', cause: 'error-handler', why: expect.stringContaining('OPEN is below CLOSED-ECDSA') });
    expect(board.log).toEqual([]);
    const closed: OptionByteValues = { ...provisionedOptionBytes, NVSTATE: 0x51, OEM_PROVD: 0xb4, DBG_AUTH: 0x51 };
    const clear = board.obk.read(1, 8, 224, { encrypted: false });
    board.obk.write(1, 8, clear, { encrypted: true });
    board.obk.write(1, obkDataIndex, encodeObkData(), { encrypted: true });
    board.optionBytes = closed;
    expect(board.boot({ devMode: false })).toMatchObject({ kind: 'application', version: '1.0.0' });
    expect(board.log).toEqual([]);
  });

  it('high-speed option bytes missing → the boot programs them; present → it programs nothing', () => {
    const programmed: OptionByteValues[] = [];
    const programOptionBytes = (values: OptionByteValues): void => {
      programmed.push(values);
    };
    board.boot({ programOptionBytes });
    expect(programmed).toEqual([]);
    board.boot({ programOptionBytes, optionBytes: { ...provisionedOptionBytes, XSPI2_HSLV: 0 } });
    expect(programmed).toEqual([{ XSPI1_HSLV: 1, XSPI2_HSLV: 1 }]);
  });

  it('swap mode on a layout without scratch → usage error; with one it starts', () => {
    const { scratch, ...withoutScratch } = board.configuration.layout;
    const swap = { ...board.configuration, mode: 'swap' as const };
    expect(() => board.boot({ configuration: { ...swap, layout: withoutScratch } })).toThrow(expect.objectContaining({ code: 'unsupported-configuration', kind: 'usage' }));
    expect(board.boot({ configuration: { ...swap, layout: { ...withoutScratch, scratch: scratch! } } })).toMatchObject({ kind: 'application' });
  });

  it('no root of trust in the flash, or another one selected → nothing runs, nothing is printed', () => {
    expect(board.boot({ rotProgrammed: false })).toMatchObject({ kind: 'halt', why: expect.stringContaining('blank') });
    expect(board.boot({ optionBytes: { ...provisionedOptionBytes, IROT_SELECT: 0xb4 } })).toMatchObject({ kind: 'halt', why: expect.stringContaining('IROT_SELECT') });
    expect(board.log).toEqual([]);
  });
});
