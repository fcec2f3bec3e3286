import { createDecipheriv } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { board, running, skip, type SignedApplication } from 'rot-hil';

// What lies where in clear. The secondary slot holds the package as it was signed and encrypted; primary slot and scratch area are behind MCE1, the run slot in
// external RAM behind MCE2 with a key of its own at each start (STM32CubeH7RS, OEMiROT_Boot/Src/low_level_mce.c). Read with the external loader, the flash is raw.
const BLOCK = 16;
const MAGIC = 0x96f3b83d;
const HEADER = 0x400;
/** The header struct; behind it 0xff up to the payload. */
const HEADER_STRUCT = 0x20;

/** The 16-byte blocks of some bytes at every multiple of 16, but for those of one repeated byte, which may stand anywhere. */
function blocksOf(bytes: Uint8Array): string[] {
  const out: string[] = [];
  for (let at = 0; at + BLOCK <= bytes.length; at += BLOCK) {
    const block = bytes.subarray(at, at + BLOCK);
    if (block.some((byte) => byte !== block[0])) out.push(Buffer.from(block).toString('hex'));
  }
  return out;
}

/** How many blocks of an application stand in clear in what was read, wherever. */
function inClear(raw: Uint8Array, image: SignedApplication): number {
  const known = new Set(blocksOf(image.application.payload));
  return blocksOf(raw).filter((block) => known.has(block)).length;
}

/** How many blocks of what was read are the content key of an image: open the first block of its payload. */
function contentKeys(raw: Uint8Array, image: SignedApplication): number {
  const wanted = Buffer.from(image.application.payload.slice(0, BLOCK)).toString('hex');
  const enciphered = image.bytes.slice(HEADER, HEADER + BLOCK);
  return blocksOf(raw).filter((key) => createDecipheriv('aes-128-ctr', Buffer.from(key, 'hex'), Buffer.alloc(BLOCK)).update(enciphered, undefined, 'hex') === wanted).length;
}

/** Enough of a slot for the whole of an image. */
const pieceOf = (image: SignedApplication): number => Math.ceil((HEADER + image.application.payload.length + 0x400) / 0x1000) * 0x1000;
const word = (bytes: Uint8Array): number => Buffer.from(bytes).readUInt32LE(0);
const older = (): SignedApplication => board.signApplication(board.applications.application.path, { version: board.applications.application.version });
const newer = (): SignedApplication => board.signApplication(board.applications.update.path, { version: board.applications.update.version });

function needsCipher(): void {
  if (!board.kit.device.memoryCipherEngine) skip('this chip has no memory cipher engine');
  if (!board.memoryCipher) skip('this root of trust was built without the memory cipher engine');
}
/** The twin: everything that must not be found with the cipher is found without. */
function needsNoCipher(): void {
  if (board.memoryCipher) skip('for a root of trust without the memory cipher engine: run --mce off');
}
/** More than half of what could be found. */
const most = (image: SignedApplication): number => blocksOf(image.application.payload).length / 2;

function needsDebugPort(): void {
  if (board.productState !== 'OPEN') skip('reads the external flash through the debug port, which is shut in product state CLOSED');
}

/** An image for the next boot: a closed board gets it by provisioning anew. */
async function give(image: SignedApplication): Promise<void> {
  if (board.productState === 'OPEN') await board.install(image);
  else await board.provision({ image });
}

beforeAll(async () => {
  if (board.configuration.bootPath === 'stirot') skip('what STiRoT does with the memory cipher engines is seen through the debug port only, which is shut in product state CLOSED');
  await running({ changes: board.productState === 'OPEN' });
});

describe('secondary slot', () => {
  beforeAll(needsDebugPort);

  it('an update written → what lies there is the encrypted package, byte for byte, and no block of the application in clear', async () => {
    const image = newer();
    await board.install(image);
    const raw = await board.readSlot('secondary', 0, pieceOf(image));
    expect(Buffer.from(raw).equals(Buffer.from(image.bytes.slice(0, pieceOf(image))))).toBe(true);
    expect(inClear(raw, image)).toBe(0);
  });

  it('its twin signed without encryption → the application stands there in clear: the search finds what there is', async () => {
    const { path, version } = board.applications.update;
    const image = board.signApplication(path, { version, encryptionKey: null });
    await board.install(image);
    expect(inClear(await board.readSlot('secondary', 0, pieceOf(image)), image)).toBeGreaterThan(most(image));
  });

  it('an update swapped in → the older image, enciphered again on its way out, lies there as the package that it came as, byte for byte', async () => {
    if (board.configuration.mode !== 'swap') skip('overwrite leaves nothing in the secondary slot');
    await running({ changes: true });
    await board.install(newer());
    expect((await board.boot()).banner).toMatchObject({ version: newer().version });
    const image = older();
    // Its trailer is another: the one that asked for its installation is gone.
    const raw = await board.readSlot('secondary', 0, pieceOf(image));
    expect(Buffer.from(raw).equals(Buffer.from(image.bytes.slice(0, pieceOf(image))))).toBe(true);
    expect([inClear(raw, image), contentKeys(raw, image)]).toEqual([0, 0]);
    expect((await board.boot()).banner).toMatchObject({ version: image.version });
  });
});

describe('primary slot', () => {
  beforeAll(needsDebugPort);

  it('an encrypted update installed → read raw: no header, no block of the application in clear, though the board runs it', async () => {
    needsCipher();
    const image = newer();
    await board.install(image);
    expect((await board.boot()).banner).toMatchObject({ version: image.version });
    const raw = await board.readSlot('primary', 0, pieceOf(image));
    expect(word(raw)).not.toBe(MAGIC);
    expect(inClear(raw, image)).toBe(0);
    // Nor is it the package: the boot deciphers that and enciphers it anew.
    expect(Buffer.from(raw.slice(HEADER, HEADER + 64)).equals(Buffer.from(image.bytes.slice(HEADER, HEADER + 64)))).toBe(false);
  });

  it('its twin without the memory cipher engine → the header and the application stand there in clear', async () => {
    needsNoCipher();
    const image = newer();
    await board.install(image);
    expect((await board.boot()).banner).toMatchObject({ version: image.version });
    const raw = await board.readSlot('primary', 0, pieceOf(image));
    expect(word(raw)).toBe(MAGIC);
    expect(inClear(raw, image)).toBeGreaterThan(most(image));
    expect(new Set(raw.subarray(HEADER_STRUCT, HEADER))).toEqual(new Set([0xff]));
  });

  it('the padding of the header, all 0xff → 62 different blocks, and no two of the whole image are the same: the cipher depends on the address', async () => {
    needsCipher();
    expect(new Set(newer().bytes.subarray(HEADER_STRUCT, HEADER))).toEqual(new Set([0xff]));
    const raw = await board.readSlot('primary', 0, HEADER + Math.min(older().application.payload.length, newer().application.payload.length));
    expect(new Set(blocksOf(raw.subarray(HEADER_STRUCT, HEADER))).size).toBe((HEADER - HEADER_STRUCT) / BLOCK);
    const blocks = blocksOf(raw);
    expect(blocks.length).toBe(Math.floor(raw.length / BLOCK));
    expect(new Set(blocks).size).toBe(blocks.length);
  });
});

describe('scratch area, and trailer of the primary slot', () => {
  beforeAll(needsDebugPort);

  /** Their content after swaps in both directions: nobody confirms. The boot keeps the content keys of both images with the status of a swap. */
  async function afterSwaps(needs: () => void): Promise<{ scratch: Uint8Array; trailer: Uint8Array }> {
    const { scratch, primary } = board.configuration.layout;
    if (board.configuration.mode !== 'swap' || scratch === undefined) skip('overwrite has neither a scratch area nor a status in its trailer');
    needs();
    await running({ changes: true });
    await board.install(newer());
    expect((await board.boot()).banner).toMatchObject({ version: newer().version });
    expect((await board.boot()).banner).toMatchObject({ version: older().version });
    const { sectorSize } = board.kit.externalFlash;
    return {
      scratch: await board.programmer.read(scratch.base, scratch.size, { externalLoader: board.bench.externalLoader }),
      trailer: await board.readSlot('primary', primary.size - sectorSize, sectorSize),
    };
  }

  it('after swaps in both directions → read raw: written, but no block of either application in clear, nor a content key', async () => {
    const { scratch, trailer } = await afterSwaps(needsCipher);
    expect(blocksOf(scratch).length).toBeGreaterThan(100);
    expect(blocksOf(trailer).length).toBeGreaterThan(0);
    expect([inClear(scratch, older()), inClear(scratch, newer())]).toEqual([0, 0]);
    expect([older(), newer()].map((image) => contentKeys(scratch, image) + contentKeys(trailer, image))).toEqual([0, 0]);
  });

  it('their twins without the memory cipher engine → blocks of the applications stand in clear in the one, content keys of both in the other', async () => {
    const { scratch, trailer } = await afterSwaps(needsNoCipher);
    expect(inClear(scratch, older()) + inClear(scratch, newer())).toBeGreaterThan(0);
    expect([contentKeys(trailer, older()), contentKeys(trailer, newer())]).toEqual([1, 1]);
  });
});

describe('memory cipher engines as the application finds them', () => {
  // OEMiROT_Boot/Src/low_level_mce.c: aRegion, aRegionAccess, LL_MCE_LockAppliRegions; offsets and bits: stm32h7s7xx.h, MCE_TypeDef.
  const MCE1 = 0x5200b800;
  const MCE2 = 0x5200bc00;
  const BLOCK_CIPHER = 2;
  const GLOCK = 1;
  const MKLOCK = 2;
  const PAGE = 0x1000;

  /** A region of an engine: whether it is on, its cipher, and its pages. */
  async function region(engine: number, number: number): Promise<{ on: number; cipher: number; first: number; last: number }> {
    const at = engine + 0x40 + 0x10 * number;
    const control = await board.app.read(at);
    return { on: control & 1, cipher: (control >>> 14) & 3, first: Math.floor((await board.app.read(at + 4)) / PAGE), last: Math.floor((await board.app.read(at + 8)) / PAGE) };
  }
  const pages = ({ base, size }: { base: number; size: number }) => ({ first: base / PAGE, last: (base + size) / PAGE - 1 });

  it('MCE1 read → locked; the secondary slot passes in clear, the primary slot is deciphered where it is executed in place, and nowhere else', async () => {
    needsCipher();
    await running();
    const { layout, exec } = board.configuration;
    expect((await board.app.read(MCE1)) & GLOCK).toBe(GLOCK);
    expect(await region(MCE1, 0)).toEqual({ on: exec === 'xip' ? 1 : 0, cipher: BLOCK_CIPHER, ...pages(layout.primary) });
    expect(await region(MCE1, 1)).toEqual({ on: 1, cipher: 0, ...pages(layout.secondary) });
  });

  it('MCE2 read → locked, its keys too; the run slot in external RAM is deciphered', async () => {
    needsCipher();
    const { exec, layout } = board.configuration;
    const { run } = layout;
    if (exec !== 'ext-ram' || run === undefined) skip('the application runs from external RAM in execution mode ext-ram only');
    await running();
    expect((await board.app.read(MCE2)) & (GLOCK | MKLOCK)).toBe(GLOCK | MKLOCK);
    expect(await region(MCE2, 0)).toEqual({ on: 1, cipher: BLOCK_CIPHER, ...pages(run) });
  });
});

describe('run slot in external RAM', () => {
  const AT = 0x40000;
  const pattern = Buffer.from('The quick brown fox jumps over it');

  /** The application with some text far behind it. */
  function long(): SignedApplication {
    const { application, version } = older();
    const bytes = new Uint8Array(AT + 256);
    bytes.set(application.payload);
    bytes.set(pattern, AT);
    return board.signApplication(bytes, { version, securityCounter: 0x02000000 });
  }

  /** What is left of the text after a shorter image and a reset. */
  async function leftOfTheText(needs: () => void): Promise<Buffer> {
    if (board.configuration.exec !== 'ext-ram') skip('the application runs from external RAM in execution mode ext-ram only');
    needs();
    await running({ changes: true });
    const address = board.configuration.layout.runAddress + AT;
    await give(long());
    await board.boot();
    expect(Buffer.from(await board.app.dump(address, pattern.length)).toString()).toBe(pattern.toString());
    const { path, version } = board.applications.update;
    await give(board.signApplication(path, { version, securityCounter: 0x02000000 }));
    expect((await board.boot()).banner).toMatchObject({ version });
    return Buffer.from(await board.app.dump(address, pattern.length));
  }

  it('text of the running image → readable by the application; a shorter image and a reset later → what is left there is not readable any more', async () => {
    const left = await leftOfTheText(needsCipher);
    expect(left.toString('latin1')).not.toBe(pattern.toString('latin1'));
    const same = [...left].filter((byte, i) => byte === pattern[i]).length;
    expect(same).toBeLessThan(pattern.length / 2);
  });

  it('its twin without the memory cipher engine → the text is still there', async () => {
    expect((await leftOfTheText(needsNoCipher)).toString()).toBe(pattern.toString());
  });
});
