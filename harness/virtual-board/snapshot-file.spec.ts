import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { loadKit, rotConfiguration } from '../board/index.js';
import { flattenElf, readElf } from '../elf/index.js';
import { signImage } from '../image/index.js';
import { buildDataObk, buildOemirotConfigObk, deriveKeyPair, seededRandom } from '../keys/index.js';
import { Board } from './board.js';
import { decodeSnapshot, readSnapshot, writeSnapshot } from './snapshot-file.js';

jest.setTimeout(60_000);
const signing = deriveKeyPair('snapshot', 'signing');
const encryption = deriveKeyPair('snapshot', 'encryption');
const kit = loadKit('stm32h7s78-dk');
const folder = mkdtempSync(join(tmpdir(), 'snapshot-'));
const file = join(folder, 'board.snap');
const boards: Board[] = [];
afterAll(() => {
  for (const board of boards) board.powerOff();
  rmSync(folder, { recursive: true });
});

function boardOf(): { board: Board; text: () => string; clear: () => void } {
  let text = '';
  const board = new Board({
    name: 'x', kit, configuration: rotConfiguration(kit, { bootPath: 'oemirot', mode: 'overwrite', exec: 'ext-ram' }), probeSn: '0', keepFlash: undefined,
    console: { write: (bytes) => (text += Buffer.from(bytes).toString('latin1')), attended: true, sent: 0, dropped: 0 }, log: () => undefined,
  });
  boards.push(board);
  return { board, text: () => text, clear: () => (text = '') };
}

async function until(what: () => boolean): Promise<void> {
  for (let tries = 0; !what(); tries += 1) {
    if (tries > 2000) throw new Error('it did not happen: ' + JSON.stringify(boards.map((b) => b.status())) + String(what));
    await sleep(5);
  }
}

/** A provisioned board with an application, powered on. */
function provisioned(): ReturnType<typeof boardOf> {
  const made = boardOf();
  const { board } = made;
  const { optionBytes } = rotConfiguration(kit, { bootPath: 'oemirot', mode: 'overwrite', exec: 'ext-ram' }).path;
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
  board.connect({ mode: 'normal', port: 'debug' });
  board.provision({ data: base64(buildOemirotConfigObk({ authPublicKey: signing.publicKey, encPrivateKey: encryption.privateKey, doEncryption: false })) });
  board.provision({ data: base64(buildDataObk({ owner: 'oemirot', doEncryption: false })) });
  board.program({ address: 0x08000000, data: base64(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)) });
  board.writeOptionBytes({ values: Object.entries(optionBytes).map(([name, value]) => ({ name, value })) });
  const { bytes } = flattenElf(readElf(readFileSync(join(import.meta.dirname, '..', '..', 'firmware-fixtures', 'prebuilt', 'app-1.0.0.elf'))), 0x200000);
  const image = signImage(bytes, {
    mode: 'overwrite', version: '1.0.0', securityCounter: 'auto', headerSize: 0x400, slotSize: 0x200000, align: 16, pad: true,
    signKey: signing.privateKey, encryptionKey: encryption.publicKey, random: seededRandom('snapshot', 'image'),
  });
  for (let at = 0; at < image.length; at += 0x80000) board.program({ address: 0x90200000 + at, data: base64(image.subarray(at, at + 0x80000)), loader: kit.externalFlash.loader });
  board.release();
  board.reset({ kind: 'hardware' });
  return made;
}

describe('snapshot of a board', () => {
  let original: ReturnType<typeof boardOf>;
  beforeAll(async () => {
    original = provisioned();
    await until(() => original.text().includes('$rot-hil'));
    await until(() => original.text().endsWith('\n'));
    await sleep(50);
    writeSnapshot(file, original.board.snapshot());
  });

  it('restored elsewhere, or over a board that has gone on → the console says the same, byte for byte, then and at the next reset', async () => {
    const other = boardOf();
    other.board.restore(readSnapshot(file));
    const dialogue = async ({ board, text, clear }: typeof other): Promise<string> => {
      clear();
      board.receive(Buffer.from('1 identify\n'));
      await until(() => /^@1 ok .*\r\n/m.test(text()));
      board.reset({ kind: 'hardware' });
      await until(() => text().includes('$rot-hil') && text().endsWith('\n'));
      return text();
    };
    const first = await dialogue(original);
    expect(first).toContain('version=1.0.0');
    expect(await dialogue(other)).toBe(first);
    original.board.restore(readSnapshot(file));
    expect(await dialogue(original)).toBe(first);
    expect(other.board.status()).toMatchObject({ state: 'running', boots: 2 });
  });

  it('its file → readable by the owner only', () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('a snapshot of another build → refused with what differs', () => {
    const swap = new Board({
      name: 'y', kit, configuration: rotConfiguration(kit, { bootPath: 'oemirot', mode: 'swap', exec: 'ext-ram' }), probeSn: '0', keepFlash: undefined,
      console: { write: () => undefined, attended: false, sent: 0, dropped: 0 }, log: () => undefined,
    });
    expect(() => {
      swap.restore(readSnapshot(file));
    }).toThrow('the snapshot is of another board: mode overwrite, here swap');
  });

  it.each([
    ['nothing', () => Buffer.alloc(0), 'it does not begin as one'],
    ['another file', () => Buffer.alloc(4096, 0x41), 'it does not begin as one'],
    ['another version', (bytes: Buffer) => { bytes.writeUInt32LE(2, 8); return bytes; }, 'it has version 2, this is version 1'],
    ['cut short', (bytes: Buffer) => bytes.subarray(0, 5000), 'it is cut short'],
    ['a length beyond the end', (bytes: Buffer) => { bytes.writeUInt32LE(0x7fffffff, 12); return bytes; }, 'it is cut short'],
    ['its last byte missing', (bytes: Buffer) => bytes.subarray(0, -1), 'it is damaged'],
    ['one bit in the description', (bytes: Buffer) => { bytes[200] ^= 1; return bytes; }, 'it is damaged'],
    ['no JSON, with the right checksum', (bytes: Buffer) => described(bytes, () => '{'), 'its description is no JSON'],
    ['parts that do not add up', (bytes: Buffer) => described(bytes, (json) => json.replace('"parts":[65536,', '"parts":[65535,')), 'its parts do not add up'],
  ])('%s → refused', (_what, change, why) => {
    expect(() => decodeSnapshot(change(readFileSync(file)))).toThrow(expect.objectContaining({ code: 'snapshot', message: expect.stringContaining(why) }));
    expect(decodeSnapshot(readFileSync(file)).origin).toMatchObject({ kit: 'stm32h7s78-dk', mode: 'overwrite', cipher: 'model' });
  });

  it('descriptions with words changed at random → refused by a HarnessError or taken, never anything else', () => {
    const target = boardOf().board;
    const random = seededRandom('snapshot', 'descriptions');
    const whole = readFileSync(file);
    let refused = 0;
    for (let round = 0; round < 40; round += 1) {
      const bytes = described(Buffer.from(whole), (json) => {
        const at = Buffer.from(random(4)).readUInt32LE(0) % json.length;
        const replacement = ['9', '-', 'null', '[]', '"', '1e999', '{}', ','][Buffer.from(random(1))[0]! % 8]!;
        return json.slice(0, at) + replacement + json.slice(at + 1);
      });
      try {
        target.restore(decodeSnapshot(bytes));
      } catch (error) {
        refused += 1;
        expect(error).toMatchObject({ name: 'HarnessError', kind: 'usage' });
      }
    }
    expect(refused).toBeGreaterThan(10);
  });

  it('a file that is not there → snapshot-file', () => {
    expect(() => readSnapshot(join(folder, 'none'))).toThrow(expect.objectContaining({ code: 'snapshot-file' }));
    writeFileSync(join(folder, 'empty'), '');
    expect(() => readSnapshot(join(folder, 'empty'))).toThrow(expect.objectContaining({ code: 'snapshot' }));
  });
});

/** The same file with another description, and its checksum right. */
function described(bytes: Buffer, change: (json: string) => string): Buffer {
  const length = bytes.readUInt32LE(12);
  const description = Buffer.from(change(bytes.subarray(24, 24 + length).toString('utf8')), 'utf8');
  const prefix = Buffer.from(bytes.subarray(0, 24));
  prefix.writeUInt32LE(description.length, 12);
  prefix.writeUInt32LE(crc32(description), 16);
  return Buffer.concat([prefix, description, bytes.subarray(24 + length)]);
}
