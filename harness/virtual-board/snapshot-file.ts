/** Snapshot files: a whole board at one moment. They hold the board's OBKeys, and are files that anybody may hand in: every part is checked before it is used. */
import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, writevSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { MachineSnapshot, Saved } from '../emulator/index.js';
import { SavedReader } from '../emulator/index.js';
import { HarnessError } from '../errors/index.js';

/** `ROTSNAP` and a zero; u32 LE: version, bytes of the description, its CRC-32, CRC-32 of what follows; the description (JSON); the parts one behind the other. */
const magic = Buffer.from('ROTSNAP\0', 'latin1');
const version = 1;
const prefixBytes = magic.length + 16;
const mostBytes = 512 << 20;
const mostDescription = 32 << 20;
const mostParts = 64;

/** How the board was started: what another process needs to become it. */
export interface SnapshotOrigin {
  readonly kit: string;
  readonly bootPath: string;
  readonly mode: string;
  readonly exec: string;
  readonly cipher: 'model' | 'off';
  readonly seed: number;
  readonly rotRelease: 'current' | 'ahb-sram2';
  readonly rotBuild: 'development' | 'production';
  readonly allowUnmodelled: readonly string[];
}

export interface BoardSnapshot {
  readonly origin: SnapshotOrigin;
  readonly chip: Saved;
  readonly optionBytes: Readonly<Record<string, number>>;
  readonly obkeys: string;
  readonly lifeCycle: Readonly<Record<string, number>>;
  readonly internalFlash: Uint8Array;
  /** As `serialiseNor` writes it. */
  readonly externalFlash: Uint8Array;
  readonly machine: MachineSnapshot;
}

function refuse(why: string): HarnessError {
  return new HarnessError({ code: 'snapshot', kind: 'usage', message: `this is no snapshot that can be used: ${why}`, nextStep: 'take it with rot-hil virtual snapshot of this version' });
}

/** Writes a snapshot, readable by its owner only; an older file of that name stays until the new one is whole. */
export function writeSnapshot(path: string, snapshot: BoardSnapshot): void {
  const { machine, internalFlash, externalFlash, ...rest } = snapshot;
  const parts = [internalFlash, externalFlash, ...machine.memories.map(({ bytes }) => bytes)];
  const description = Buffer.from(
    JSON.stringify({ ...rest, machine: machine.state, memories: machine.memories.map(({ bank, pages }) => ({ bank, pages })), parts: parts.map(({ length }) => length) }),
    'utf8',
  );
  const prefix = Buffer.alloc(prefixBytes);
  magic.copy(prefix);
  [version, description.length, crc32(description), parts.reduce((sum, part) => crc32(part, sum), 0)].forEach((word, i) => prefix.writeUInt32LE(word, magic.length + 4 * i));
  const file = openSync(`${path}.new`, 'w', 0o600);
  try {
    let pieces: Uint8Array[] = [prefix, description, ...parts].filter(({ length }) => length > 0);
    while (pieces.length > 0) {
      let written = writevSync(file, pieces);
      while (pieces.length > 0 && written >= pieces[0]!.length) written -= pieces.shift()!.length;
      if (written > 0) pieces = [pieces[0]!.subarray(written), ...pieces.slice(1)];
    }
    closeSync(file);
    renameSync(`${path}.new`, path);
  } catch (cause) {
    rmSync(`${path}.new`, { force: true });
    throw cause;
  }
}

/** Reads a snapshot file. Throws HarnessError `snapshot` (usage) for anything that is none, `snapshot-file` (usage) where it cannot be read. */
export function readSnapshot(path: string): BoardSnapshot {
  return decodeSnapshot(contents(path));
}

function contents(path: string): Buffer {
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      if (size > mostBytes) throw refuse(`it has more than ${String(mostBytes >> 20)} MB`);
      const bytes = Buffer.allocUnsafe(size);
      let at = 0;
      for (let count = 1; at < size && count > 0; at += count) count = readSync(file, bytes, at, size - at, at);
      return bytes.subarray(0, at);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    if (cause instanceof HarnessError) throw cause;
    throw new HarnessError({ code: 'snapshot-file', kind: 'usage', message: `the snapshot ${path} cannot be read: ${(cause as NodeJS.ErrnoException).code ?? String(cause)}`, nextStep: 'check its path', cause });
  }
}

/** Throws HarnessError `snapshot` (usage). */
export function decodeSnapshot(bytes: Buffer): BoardSnapshot {
  if (bytes.length < prefixBytes || !bytes.subarray(0, magic.length).equals(magic)) throw refuse('it does not begin as one');
  const [made, length, descriptionCrc, partsCrc] = [0, 1, 2, 3].map((i) => bytes.readUInt32LE(magic.length + 4 * i)) as [number, number, number, number];
  if (made !== version) throw refuse(`it has version ${String(made)}, this is version ${String(version)}`);
  if (length > mostDescription || prefixBytes + length > bytes.length) throw refuse('it is cut short');
  const description = bytes.subarray(prefixBytes, prefixBytes + length);
  const body = bytes.subarray(prefixBytes + length);
  if (crc32(description) !== descriptionCrc || crc32(body) !== partsCrc) throw refuse('it is damaged');
  let json: unknown;
  try {
    json = JSON.parse(description.toString('utf8'));
  } catch {
    throw refuse('its description is no JSON');
  }
  const reader = new SavedReader(json, 'snapshot');
  const lengths = reader.numbers('parts', { most: mostParts }, 0, mostBytes);
  if (lengths.length < 2 || lengths.some((each) => !Number.isInteger(each)) || lengths.reduce((sum, each) => sum + each, 0) !== body.length) throw refuse('its parts do not add up');
  let at = 0;
  const [internalFlash, externalFlash, ...memories] = lengths.map((each) => body.subarray(at, (at += each))) as [Buffer, Buffer, ...Buffer[]];
  const fields = json as Record<string, unknown>;
  const listed = fields['memories'];
  if (!Array.isArray(listed) || listed.length !== memories.length) throw refuse('it does not say whose its memories are');
  const origin = reader.child('origin');
  return {
    origin: {
      kit: origin.text('kit', 64), bootPath: origin.text('bootPath', 32), mode: origin.text('mode', 32), exec: origin.text('exec', 32), cipher: origin.oneOf('cipher', ['model', 'off'] as const),
      seed: origin.word('seed'), rotRelease: origin.oneOf('rotRelease', ['current', 'ahb-sram2'] as const), rotBuild: origin.oneOf('rotBuild', ['development', 'production'] as const), allowUnmodelled: origin.texts('allowUnmodelled', 200),
    },
    chip: objectOf(fields, 'chip'),
    optionBytes: numbersOf(fields, 'optionBytes'),
    obkeys: reader.text('obkeys', 1 << 20),
    lifeCycle: numbersOf(fields, 'lifeCycle'),
    internalFlash,
    externalFlash,
    machine: {
      state: objectOf(fields, 'machine'),
      memories: listed.map((memory: unknown, i) => {
        const one = new SavedReader(memory, `memories.${String(i)}`);
        return { bank: one.text('bank', 64), pages: one.numbers('pages', { most: mostBytes / 4096 }, 0, mostBytes / 4096), bytes: memories[i]! };
      }),
    },
  };
}

function objectOf(fields: Record<string, unknown>, name: string): Saved {
  const value = fields[name];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(`it has no ${name}`);
  return value as Saved;
}

function numbersOf(fields: Record<string, unknown>, name: string): Readonly<Record<string, number>> {
  const value = objectOf(fields, name);
  if (Object.values(value).some((each) => !Number.isInteger(each))) throw refuse(`its ${name} are no numbers`);
  return value as Readonly<Record<string, number>>;
}
