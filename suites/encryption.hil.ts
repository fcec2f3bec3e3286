import { beforeAll, describe, expect, it } from '@jest/globals';
import { board, running, skip, type SignedApplication } from 'rot-hil';

// What lies where in clear. The secondary slot holds the package as it was signed and encrypted; primary slot and scratch area are behind MCE1, the run slot in
// external RAM behind MCE2 with a key of its own at each start (STM32CubeH7RS, OEMiROT_Boot/Src/low_level_mce.c). Read with the external loader, the flash is raw.
const BLOCK = 16;
const MAGIC = 0x96f3b83d;
const HEADER = 0x400;
/** Enough of a slot for the whole application. */
const PIECE = 0x8000;

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

beforeAll(async () => {
  if (board.productState !== 'OPEN') skip('installs images through the debug port, which is shut in product state CLOSED');
  await running({ changes: true });
});

describe('secondary slot', () => {
  it('an update written → what lies there is the encrypted package, byte for byte, and no block of the application in clear', async () => {
    const image = newer();
    await board.install(image);
    const raw = await board.readSlot('secondary', 0, PIECE);
    expect(Buffer.from(raw).equals(Buffer.from(image.bytes.slice(0, PIECE)))).toBe(true);
    expect(inClear(raw, image)).toBe(0);
  });

  it('its twin signed without encryption → the application stands there in clear: the search finds what there is', async () => {
    const { path, version } = board.applications.update;
    const image = board.signApplication(path, { version, encryptionKey: null });
    await board.install(image);
    expect(inClear(await board.readSlot('secondary', 0, PIECE), image)).toBeGreaterThan(most(image));
  });
});

describe('primary slot', () => {
  it('an encrypted update installed → read raw: no header, no block of the application in clear, though the board runs it', async () => {
    needsCipher();
    const image = newer();
    await board.install(image);
    expect((await board.boot()).banner).toMatchObject({ version: image.version });
    const raw = await board.readSlot('primary', 0, PIECE);
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
    const raw = await board.readSlot('primary', 0, PIECE);
    expect(word(raw)).toBe(MAGIC);
    expect(inClear(raw, image)).toBeGreaterThan(most(image));
  });

  it('a part of the application that repeats itself → no two blocks of the slot are the same: the cipher depends on the address', async () => {
    needsCipher();
    const raw = await board.readSlot('primary', 0, PIECE);
    const blocks = blocksOf(raw);
    expect(blocks.length).toBeGreaterThan(100);
    expect(new Set(blocks).size).toBe(blocks.length);
  });
});

describe('scratch area', () => {
  /** Its content after swaps in both directions: nobody confirms. */
  async function scratchAfterSwaps(needs: () => void): Promise<Uint8Array> {
    const { scratch } = board.configuration.layout;
    if (board.configuration.mode !== 'swap' || scratch === undefined) skip('overwrite has no scratch area');
    needs();
    await running({ changes: true });
    await board.install(newer());
    expect((await board.boot()).banner).toMatchObject({ version: newer().version });
    expect((await board.boot()).banner).toMatchObject({ version: older().version });
    return board.programmer.read(scratch.base, scratch.size, { externalLoader: board.bench.externalLoader });
  }

  it('after swaps in both directions → read raw: no block of either application in clear', async () => {
    const raw = await scratchAfterSwaps(needsCipher);
    expect([inClear(raw, older()), inClear(raw, newer())]).toEqual([0, 0]);
  });

  it('its twin without the memory cipher engine → blocks of the applications stand there in clear', async () => {
    const raw = await scratchAfterSwaps(needsNoCipher);
    expect(inClear(raw, older()) + inClear(raw, newer())).toBeGreaterThan(0);
  });
});

describe('run slot in external RAM', () => {
  const AT = 0x40000;
  const pattern = Buffer.from('The quick brown fox jumps over it');

  /** The application with some text far behind it. */
  function long(): SignedApplication {
    const { path, version } = board.applications.application;
    const { payload } = older().application;
    const bytes = new Uint8Array(AT + 256);
    bytes.set(payload);
    bytes.set(pattern, AT);
    return board.signApplication(bytes.length > payload.length ? bytes : path, { version, securityCounter: 0x02000000 });
  }

  /** What is left of the text after a shorter image and a reset. */
  async function leftOfTheText(needs: () => void): Promise<Buffer> {
    if (board.configuration.exec !== 'ext-ram') skip('the application runs from external RAM in execution mode ext-ram only');
    needs();
    const address = board.configuration.layout.runAddress + AT;
    await board.install(long());
    await board.boot();
    expect(Buffer.from(await board.app.dump(address, pattern.length)).toString()).toBe(pattern.toString());
    const { path, version } = board.applications.update;
    await board.install(board.signApplication(path, { version, securityCounter: 0x02000000 }));
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
