import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describeBuiltKits, kitFrom } from './built-kits.js';
import { listKits, loadKit } from './kits.js';

const shipped = fileURLToPath(new URL('../../boards', import.meta.url));
let folder = '';
let boards = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rot-hil-kits-'));
  boards = join(folder, 'boards');
  mkdirSync(boards);
  cpSync(shipped, boards, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const built = (): string => {
  const file = join(folder, 'kits.json');
  writeFileSync(file, describeBuiltKits(boards, listKits().map((id) => loadKit(id))));
  return file;
};

describe('kits as the build has checked them', () => {
  it('unchanged sources → the kit, as its files give it', () => {
    const file = built();
    for (const id of listKits()) expect(kitFrom(file, boards, id)).toEqual(loadKit(id));
  });

  it.each(['kits/stm32h7s78-dk.yaml', 'devices/stm32h7s7.yaml', 'schema/kit.schema.json', 'schema/device.schema.json'])('%s changed since → none: it is read and checked anew; as before → the kit again', (source) => {
    const file = built();
    const path = join(boards, source);
    const before = readFileSync(path);
    writeFileSync(path, Buffer.concat([before, Buffer.from('\n')]));
    expect(kitFrom(file, boards, 'stm32h7s78-dk')).toBeUndefined();
    writeFileSync(path, before);
    expect(kitFrom(file, boards, 'stm32h7s78-dk')).toBeDefined();
  });

  it('another kit, a damaged file, none → none', () => {
    expect(kitFrom(built(), boards, 'unknown')).toBeUndefined();
    writeFileSync(join(folder, 'damaged.json'), '{"stm32h7s78-dk":');
    expect(kitFrom(join(folder, 'damaged.json'), boards, 'stm32h7s78-dk')).toBeUndefined();
    expect(kitFrom(join(folder, 'absent.json'), boards, 'stm32h7s78-dk')).toBeUndefined();
  });
});
