import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

interface Manifest {
  readonly toolchain: string;
  readonly sources: readonly string[];
  readonly sourceHash: string;
  readonly artefacts: readonly { readonly file: string; readonly sha256: string; readonly version: string; readonly runAddress: string }[];
}

const root = dirname(fileURLToPath(import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, 'prebuilt/manifest.json'), 'utf8')) as Manifest;
const sha256 = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');

/** Contents of the one loaded segment that has any, and where it goes. */
function loadedSegment(elf: Buffer): { physical: number; bytes: Buffer } {
  const table = elf.readUInt32LE(0x1c);
  const segments = Array.from({ length: elf.readUInt16LE(0x2c) }, (_, i) => elf.subarray(table + 32 * i, table + 32 * i + 32)).filter(
    (header) => header.readUInt32LE(0) === 1 && header.readUInt32LE(16) > 0,
  );
  expect(segments).toHaveLength(1);
  const [header] = segments as [Buffer];
  const offset = header.readUInt32LE(4);
  return { physical: header.readUInt32LE(12), bytes: elf.subarray(offset, offset + header.readUInt32LE(16)) };
}

describe('prebuilt fixtures and their manifest', () => {
  it.each(manifest.artefacts.map(({ file, sha256: expected }) => ({ file, expected })))('$file -> the SHA-256 of the manifest', ({ file, expected }) => {
    expect(sha256(readFileSync(join(root, 'prebuilt', file)))).toBe(expected);
  });

  it('files of prebuilt/ -> exactly those of the manifest', () => {
    expect(readdirSync(join(root, 'prebuilt')).sort()).toEqual([...manifest.artefacts.map(({ file }) => file), 'manifest.json'].sort());
  });

  it('sources as committed -> the source hash of the manifest, so nobody edits C without a rebuild', () => {
    const found = ['Makefile', ...['link', 'src'].flatMap((folder) => readdirSync(join(root, folder)).map((name) => `${folder}/${name}`))].sort();
    expect(manifest.sources).toEqual(found);
    const lines = found.map((path) => `${sha256(readFileSync(join(root, path), 'utf8').replaceAll('\r\n', '\n'))}  ${path}\n`);
    expect(sha256(lines.join(''))).toBe(manifest.sourceHash);
  });

  it.each(manifest.artefacts.filter(({ file }) => file.endsWith('.elf')))('$file -> vector table first in its segment, nothing outside the slot and its RAM', ({ file, runAddress }) => {
    const { physical, bytes } = loadedSegment(readFileSync(join(root, 'prebuilt', file)));
    expect(physical).toBe(Number(runAddress));
    const stack = bytes.readUInt32LE(0);
    const reset = bytes.readUInt32LE(4);
    expect(stack).toBe(runAddress === '0x08000000' ? 0x20010000 : 0x30007000);
    expect(reset & 1).toBe(1);
    expect(reset).toBeLessThan(physical + bytes.length);
    expect(reset).toBeGreaterThan(physical + 172 * 4);
  });

  it.each(manifest.artefacts)('$file -> names no folder of the machine that built it', ({ file }) => {
    expect(readFileSync(join(root, 'prebuilt', file)).toString('latin1')).not.toMatch(/\/(home|root|work|tmp|usr|Users)\//u);
  });

  it.each(['', '-xip', '-int-ram', '-nucleo-h7s3l8-xip', '-nucleo-h7s3l8-int-ram'])('app 1.0.0 and 1.1.0%s -> the same program but for the version text', (place) => {
    const [old, current] = ['1.0.0', '1.1.0'].map((version) => loadedSegment(readFileSync(join(root, 'prebuilt', `app-${version}${place}.elf`))).bytes);
    expect(old!.toString('latin1').replaceAll('version=1.0.0', 'version=1.1.0')).toBe(current!.toString('latin1'));
    expect(old!.equals(current!)).toBe(false);
  });
});
