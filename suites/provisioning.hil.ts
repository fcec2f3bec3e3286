import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { board, image, running, skip } from 'rot-hil';

// What provisioning in product state OPEN leaves on the board, and what it must not take: option bytes, OBKeys, images (STM32CubeH7RS
// ROT_Provisioning/OEMiROT: ob_flash_programming, obkey_provisioning). The way to CLOSED and back: product-state; the boot paths that know nothing else: stirot.
const REJECTED = '[ERR] Image in the secondary slot is not valid!';
/** Longer than any start takes. */
const QUIET_MS = 1500;
const version = (): string => board.applications.application.version;
const folder = mkdtempSync(join(tmpdir(), 'rot-hil-provisioning-'));

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

beforeAll(async () => {
  if (board.productState !== 'OPEN') skip('provisioning of product state OPEN: on this boot path the board is closed, see stirot');
  const { bootPath, exec, mode } = board.configuration;
  const [first] = board.kit.bootPaths[bootPath]?.layouts ?? [];
  if (first !== undefined && (exec !== first.exec || mode !== first.modes[0])) skip(`what is provisioned hardly depends on update and execution mode: tested in ${first.modes[0]}, ${first.exec}`);
  await running({ changes: true });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('option bytes', () => {
  it('provisioned, read back by the tool → each as the boot path demands', async () => {
    const found = await board.programmer.readOptionBytes();
    const wanted = board.configuration.path.optionBytes;
    expect(Object.keys(wanted).length).toBeGreaterThan(8);
    expect(Object.fromEntries(Object.keys(wanted).map((name) => [name, found.get(name)]))).toEqual(wanted);
  });

  it('a download over the root of trust, whose sectors are write protected → refused by the device; the board starts as before', async () => {
    const { address } = board.bench.rotBinary;
    await expect(board.programmer.download(file('zeros.bin', new Uint8Array(256)), { address, verify: true })).rejects.toMatchObject({ code: expect.stringMatching(/^(tool-failed|verify-failed)$/) });
    expect((await board.boot()).banner).toMatchObject({ version: version() });
  });
});

describe('image', () => {
  it("signed by a stranger, given to provision → refused before the board is touched, which starts as before; its twin with the board's keys → provisioned, starts", async () => {
    await expect(board.provision({ image: image({ signedBy: 'stranger' }) })).rejects.toMatchObject({ kind: 'subject', code: 'image-refused', message: expect.stringMatching(/key|signature/i) });
    expect((await board.boot()).banner).toMatchObject({ version: version() });
    await board.provision({ image: image() });
    expect((await board.boot()).banner).toMatchObject({ version: version() });
  });

  it('none → the root of trust starts and has nothing to start; its twin installed afterwards → started', async () => {
    await board.provision();
    const { banner, starts } = await board.boot({ expect: 'no-application' });
    expect(banner).toBeNull();
    expect(starts).toBeGreaterThan(0);
    await board.install(image());
    expect((await board.boot()).banner).toMatchObject({ version: version() });
  });
});

describe('OBKeys', () => {
  it("somebody else's keys provisioned → the image for this board is refused, as its content key does not unwrap; signed and encrypted for those keys → installed", async () => {
    const { authentication, encryption } = board.strangerKeys;
    await board.provision({ keys: board.strangerKeys });
    await board.install(image());
    const refused = await board.boot({ expect: 'no-application' });
    expect(refused.rotLines).toContain(REJECTED);
    expect(refused.rotLines.filter((line) => /counter {2}0 : ok|signature/.test(line))).toEqual([]);
    await board.install(image({ signKey: authentication.privateKey, encryptionKey: encryption.publicKey }));
    expect((await board.boot()).banner).toMatchObject({ version: version() });
  });

  it("the board's own keys provisioned again → that image is refused, its own accepted", async () => {
    await board.provision();
    await board.install(image({ signedBy: 'stranger', encryptedFor: 'stranger' }));
    expect((await board.boot({ expect: 'no-application' })).rotLines).toContain(REJECTED);
    await board.install(image());
    expect((await board.boot()).banner).toMatchObject({ version: version() });
  });

  it('a file cut short → refused by the device for its size, and nothing of it is taken: the board starts as before', async () => {
    const cut = new Uint8Array(12 + 63);
    new DataView(cut.buffer).setUint32(0, 0x108, true);
    new DataView(cut.buffer).setUint32(4, 64, true);
    await expect(board.programmer.provisionObk(file('cut.obk', cut))).rejects.toMatchObject({ code: 'obk-bad-size' });
    expect((await board.boot()).banner).toMatchObject({ version: version() });
  });
});

describe('internal flash', () => {
  it('erased → nothing starts, the root of trust neither; provisioned → both', async () => {
    await board.programmer.writeOptionBytes(Object.fromEntries(Array.from({ length: 8 }, (_, sector) => [`WRPS${String(sector)}`, 1])));
    await board.programmer.eraseAll();
    const from = await board.reset();
    expect((await board.listen(QUIET_MS, from)).map(({ text }) => text)).toEqual([]);
    await board.provision({ image: image() });
    expect((await board.boot()).banner).toMatchObject({ version: version() });
  });
});
