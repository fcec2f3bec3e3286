import { beforeAll, describe, expect, it } from '@jest/globals';
import { board, running, skip, type SignedApplication, type SignRequest } from 'rot-hil';

// What the root of trust accepts and refuses. Order of its checks and log lines: stm32-mw-mcuboot
// boot/bootutil/src/image_validate.c, encrypted.c, loader.c; image format: scripts/imgtool/image.py.
//
// Each refused image differs in one thing from the twin, which the board accepts first and last. The twin has the version of
// the update and the security counter of the application that runs, so that both can take turns. In swap mode nobody confirms the twin.

const REJECTED = '[ERR] Image in the secondary slot is not valid!';
const PRIMARY_REJECTED = '[ERR] Image in the primary slot is not valid!';
/** Installing begins: overwrite, swap. */
const installing = /^\[INF\] (Image upgrade secondary slot -> primary slot$|Swapping secondary and primary slots: 0x)/;
const COUNTER_OK = '[INF] counter  0 : ok';
const HEADER = 0x400;
const MAGIC_SIZE = 16;
// TLV types.
const KEYHASH = 0x01;
const ECDSA_SIG = 0x22;
const ENC_EC256 = 0x32;
const SEC_CNT = 0x50;

const counterOf = (version: string): number => {
  const [major, minor, revision] = version.split('.').map(Number);
  return major * 0x1000000 + minor * 0x10000 + revision;
};
const storedCounter = (): number => counterOf(board.applications.application.version);
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** The image that the board accepts, or one that deviates from it. */
function twin(deviation: Partial<SignRequest> = {}): SignedApplication {
  const { path, version } = board.applications.update;
  return board.signApplication(path, { version, securityCounter: storedCounter(), ...deviation });
}

/** Header (type u16, length u16) and value of a TLV: both areas follow the payload without gaps. */
function tlv(bytes: Uint8Array, type: number): { at: number; value: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = view.getUint16(8, true) + view.getUint32(12, true);
  for (let area = 0; area < 2; area++) {
    const end = at + view.getUint16(at + 2, true);
    for (at += 4; at < end; at += 4 + view.getUint16(at + 2, true)) {
      if (view.getUint16(at, true) === type) return { at, value: bytes.subarray(at + 4, at + 4 + view.getUint16(at + 2, true)) };
    }
    at = end;
  }
  throw new Error(`the image has no TLV 0x${type.toString(16)}`);
}

interface Refusal {
  /** Stage and reason that the software verifier gives. */
  readonly stage: string;
  readonly reason: RegExp;
  /** Lines of the boot up to the rejection, of those that tell how far the checks came. */
  readonly log: readonly string[];
}
const telling = /^\[INF\] (counter|signature|unexpected TLV|data wrong|read failed)/;

async function refused(image: SignedApplication, { stage, reason, log }: Refusal): Promise<void> {
  expect(board.verify(twin(), { storedCounter: storedCounter() })).toMatchObject({ verdict: 'valid', stage: 'ok' });
  const verdict = board.verify(image, { storedCounter: storedCounter() });
  expect(verdict).toMatchObject({ verdict: 'invalid', stage, slot: 'erased', reason: expect.stringMatching(reason) });

  await board.install(image);
  const { rotLines, banner, swapType } = await board.boot();
  expect(swapType).toBe('test');
  expect(rotLines).toContain(REJECTED);
  // Behind the rejection the image that runs is checked.
  const before = rotLines.slice(0, rotLines.indexOf(REJECTED));
  expect(before.filter((line) => telling.test(line))).toEqual(log);
  expect(banner).toMatchObject({ version: board.applications.application.version });
  expect(hexOf(await board.readSlot('secondary', 0, 64))).toBe('ff'.repeat(64));
}

async function accepted(image: SignedApplication): Promise<void> {
  expect(board.verify(image, { storedCounter: storedCounter() })).toMatchObject({ verdict: 'valid', stage: 'ok' });
  await board.install(image);
  const { rotLines, banner, swapType } = await board.boot();
  expect(swapType).toBe('test');
  expect(rotLines).not.toContain(REJECTED);
  const begins = rotLines.findIndex((line) => installing.test(line));
  // Swap mode checks the image in the primary slot as well, before it is swapped out.
  expect(rotLines.slice(0, Math.max(begins, 0)).filter((line) => telling.test(line)).slice(0, 2)).toEqual([COUNTER_OK, '[INF] signature OK']);
  expect(banner).toMatchObject({ version: image.version });
}

/** Back to the application under test: swap mode does so by itself, where overwrite gets its image, which is as good as the twin. */
async function back(): Promise<void> {
  const { path, version } = board.applications.application;
  if (board.configuration.mode === 'overwrite') await accepted(board.signApplication(path, { version }));
  else expect(await board.boot()).toMatchObject({ swapType: 'revert', banner: { version } });
}

/** An image that the boot does not even refuse: no line is about it, nothing of it is erased, the running application stays. */
async function passedOver(image: SignedApplication, asked: 'test' | 'none'): Promise<void> {
  await board.install(image);
  const { rotLines, banner, swapType } = await board.boot();
  expect(swapType).toBe(asked);
  expect(rotLines.filter((line) => line === REJECTED || installing.test(line))).toEqual([]);
  // One image is checked: the one that runs.
  expect(rotLines.filter((line) => line === COUNTER_OK)).toHaveLength(1);
  expect(banner).toMatchObject({ version: board.applications.application.version });
  expect(hexOf(await board.readSlot('secondary', 0, 64))).toBe(hexOf(image.bytes.slice(0, 64)));
}

beforeAll(async () => {
  if (board.productState !== 'OPEN') skip('installs images through the debug port, which is shut in product state CLOSED');
  await running({ changes: true });
});

describe('the twin of all that follow', () => {
  it('signed and encrypted with the keys of the board → verified, installed, started', async () => {
    await accepted(twin());
    await back();
  });
});

describe('content', () => {
  it('one bit of the payload flipped → counter passes, refused by the hash before any signature is looked at', async () => {
    const image = board.altered(twin(), (bytes) => {
      bytes[HEADER + 0x100] ^= 1;
    });
    await refused(image, { stage: 'hash', reason: /hash mismatch/, log: [COUNTER_OK] });
  });

  it('version in the header changed after signing → refused by the hash', async () => {
    const image = board.altered(twin(), (bytes) => {
      bytes[20] ^= 1;
    });
    await refused(image, { stage: 'hash', reason: /hash mismatch/, log: [COUNTER_OK] });
  });

  it('security counter raised after signing → the raised counter passes, refused by the hash', async () => {
    const image = board.altered(twin(), (bytes) => {
      tlv(bytes, SEC_CNT).value[0] ^= 1;
    });
    await refused(image, { stage: 'hash', reason: /hash mismatch/, log: [COUNTER_OK] });
  });

  it('file cut in the middle of the payload → refused: no TLVs where the header says', async () => {
    const image = board.altered(twin(), (bytes) => {
      bytes.fill(0xff, HEADER + 0x200, bytes.length - MAGIC_SIZE);
    });
    await refused(image, { stage: 'decrypt-key', reason: /no TLV area/, log: [] });
  });

  it('one byte programmed behind the TLVs → signature passes, refused by the pattern of the slot with its offset', async () => {
    const at = board.configuration.layout.secondary.size - 0x1000;
    const image = board.altered(twin(), (bytes) => {
      expect(bytes[at]).toBe(0xff);
      bytes[at] = 0;
    });
    const offset = at.toString(16);
    await refused(image, { stage: 'slot-pattern', reason: new RegExp(`0x${offset}$`), log: [COUNTER_OK, '[INF] signature OK', `[INF] data wrong at ${offset}`] });
  });
});

describe('signature', () => {
  it('one bit of the signature flipped → signature KO', async () => {
    const image = board.altered(twin(), (bytes) => {
      tlv(bytes, ECDSA_SIG).value[40] ^= 1;
    });
    await refused(image, { stage: 'signature', reason: /does not verify/, log: [COUNTER_OK, '[INF] signature KO'] });
  });

  it("signed with a stranger's key → refused by the key hash, no signature is checked", async () => {
    const image = twin({ signKey: board.strangerKeys.authentication.privateKey });
    await refused(image, { stage: 'key', reason: /another authentication key/, log: [COUNTER_OK] });
  });

  it("signed with a stranger's key under the key hash of the board → signature KO", async () => {
    const keyHash = tlv(twin().bytes, KEYHASH).value;
    const image = board.altered(twin({ signKey: board.strangerKeys.authentication.privateKey }), (bytes) => {
      tlv(bytes, KEYHASH).value.set(keyHash);
    });
    await refused(image, { stage: 'signature', reason: /does not verify/, log: [COUNTER_OK, '[INF] signature KO'] });
  });

  it('hash but no signature → refused', async () => {
    await refused(twin({ signKey: null }), { stage: 'signature', reason: /no signature/, log: [COUNTER_OK] });
  });
});

describe('encryption', () => {
  it("encrypted for a stranger's key → refused as the content key does not unwrap", async () => {
    const image = twin({ encryptionKey: board.strangerKeys.encryption.publicKey });
    await refused(image, { stage: 'decrypt-key', reason: /tag of the encryption TLV does not match/, log: [] });
  });

  it('one bit of the wrapped content key flipped → refused as its tag is wrong', async () => {
    const image = board.altered(twin(), (bytes) => {
      tlv(bytes, ENC_EC256).value[112] ^= 1;
    });
    await refused(image, { stage: 'decrypt-key', reason: /tag of the encryption TLV does not match/, log: [] });
  });

  it('encrypted → no block of the payload stands in clear in the file', () => {
    const image = twin();
    const file = Buffer.from(image.bytes.slice(0, 2 * image.application.payload.length));
    const { payload } = image.application;
    // Blocks of one repeated byte may stand anywhere, as padding.
    const blocks = Array.from({ length: Math.floor(payload.length / 64) }, (_, i) => Buffer.from(payload.slice(64 * i, 64 * i + 16))).filter((block) => new Set(block).size > 1);
    expect(blocks.length).toBeGreaterThan(50);
    expect(blocks.filter((block) => file.includes(block)).length).toBe(0);
    // The search finds what there is.
    const clear = Buffer.from(twin({ encryptionKey: null }).bytes.slice(0, 2 * payload.length));
    expect(blocks.filter((block) => clear.includes(block)).length).toBe(blocks.length);
  });

  it('signed but not encrypted → in clear in the file, and installed all the same', async () => {
    const image = twin({ encryptionKey: null });
    expect(hexOf(image.bytes.slice(HEADER, HEADER + 64))).toBe(hexOf(image.application.payload.slice(0, 64)));
    await accepted(image);
    await back();
  });
});

describe('structure', () => {
  it('header magic changed → passed over without a word, and the slot is kept', async () => {
    const image = board.altered(twin(), (bytes) => {
      bytes[0] ^= 1;
    });
    expect(board.verify(image, { storedCounter: storedCounter() })).toMatchObject({ verdict: 'invalid', stage: 'header', slot: 'kept', reason: expect.stringMatching(/magic/i) });
    await passedOver(image, 'test');
  });

  it('header with a size that no slot holds → passed over without a word, and the slot is kept', async () => {
    const image = board.altered(twin(), (bytes) => {
      new DataView(bytes.buffer, bytes.byteOffset).setUint32(12, bytes.length, true);
    });
    expect(board.verify(image, { storedCounter: storedCounter() })).toMatchObject({ verdict: 'invalid', stage: 'header', slot: 'kept', reason: expect.stringMatching(/do not fit into a slot/) });
    await passedOver(image, 'test');
  });

  it('no security counter → refused at the end of the TLVs, though hash and signature are right', async () => {
    await refused(twin({ securityCounter: null }), { stage: 'security-counter', reason: /no security counter TLV/, log: ['[INF] signature OK'] });
  });

  it('security counter below the stored one → refused by the counter, before the hash', async () => {
    await refused(twin({ securityCounter: storedCounter() - 1 }), { stage: 'security-counter', reason: /below stored/, log: [] });
  });

  it('a TLV of a type that the root of trust does not know → refused with that type', async () => {
    const image = board.altered(twin(), (bytes) => {
      bytes[tlv(bytes, KEYHASH).at] = 0xa0;
    });
    await refused(image, { stage: 'tlv', reason: /unexpected TLV 0xa0/i, log: [COUNTER_OK, '[INF] unexpected TLV a0 '] });
  });

  it('no trailer magic at the end of the slot → not looked at: swap type none, and the slot is kept', async () => {
    const image = board.altered(twin(), (bytes) => bytes.fill(0xff, bytes.length - MAGIC_SIZE));
    expect(image.verdict).toMatchObject({ verdict: 'not-installed', stage: 'trailer', slot: 'kept' });
    await passedOver(image, 'none');
  });
});

describe('the twin again', () => {
  it('after all refusals, the twin unchanged → installed: the images were refused, not the board disturbed', async () => {
    await accepted(twin());
    await back();
  });
});

describe('installed image', () => {
  it('the flash of the primary slot written back with one bit changed → refused at the next start by its hash, erased, nothing starts; unchanged → starts; installed anew → starts', async () => {
    const { application } = board.applications;
    const { size } = board.configuration.layout.primary;
    await board.eraseSlot('secondary');
    // Raw: behind the memory cipher engine one bit spoils the whole block.
    const raw = await board.readSlot('primary', 0, size);
    await board.install(raw, { slot: 'primary' });
    expect((await board.boot()).banner).toMatchObject({ version: application.version });

    raw[HEADER + 0x100] ^= 1;
    await board.install(raw, { slot: 'primary' });
    const { rotLines } = await board.boot({ expect: 'no-application' });
    expect(rotLines).toContain(PRIMARY_REJECTED);
    const before = rotLines.slice(0, rotLines.indexOf(PRIMARY_REJECTED));
    expect(before.filter((line) => telling.test(line))).toEqual([COUNTER_OK]);

    await board.install(board.signApplication(application.path, { version: application.version }));
    expect((await board.boot()).banner).toMatchObject({ version: application.version });
  });
});
