import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { hex } from '../../units/index.js';
import { maximumChunkBytes } from '../protocol.js';
import { readFirmwareFile } from './firmware-file.js';
import type { Segment } from './firmware-file.js';
import { readBytes } from './memory.js';
import { address as addressText, elapsed, fullBar, size as sizeText } from './output.js';
import type { Context } from './context.js';
import { loaderError, pathOf } from './context.js';
import { ToolError } from './tool-error.js';

/** Flash is sent in pieces of this size, and those that leave it erased not at all. */
const pieceBytes = 64 * 1024;
/** Longer than any memory of a board. */
const maximumFileBytes = 512 * 1024 * 1024;

/** `-d <file> [address] [-v]`: flash is erased, programmed and read back; RAM is written. */
export async function download(command: { readonly file: string; readonly address: number | undefined; readonly verify: boolean }, context: Context): Promise<void> {
  const { print } = context;
  const segments = readFirmwareFile(basename(command.file), read(command.file, pathOf(context, command.file)), command.address);
  const started = performance.now();
  print();
  print('Memory Programming ...');
  print(`Opening and parsing file: ${basename(command.file)}`);
  print(`  File          : ${basename(command.file)}`);
  print(`  Size          : ${sizeText(segments.reduce((sum, segment) => sum + segment.bytes.length, 0))}`);
  print(`  Address       : ${addressText(segments[0]!.address)}`);
  print();
  print();
  for (const [index, segment] of segments.entries()) {
    const place = memoryOf(segment, context);
    if (place !== undefined) await eraseSegment(index, segment, place, context);
  }
  print('Download in Progress:');
  for (const segment of segments) await programSegment(segment, memoryOf(segment, context) !== undefined, context);
  print(fullBar);
  print();
  print('File download complete');
  print(`Time elapsed during download operation: ${elapsed(started)}`);
  print();
  if (command.verify) await verify(segments, context);
}

const blank = Buffer.alloc(pieceBytes, 0xff);

interface Flash {
  readonly kind: 'internal' | 'external';
  readonly base: number;
  readonly size: number;
  readonly sectorSize: number;
}

/** The flash that a segment lies in; undefined for RAM. */
function memoryOf({ address, bytes }: Segment, { session, loader }: Context): Flash | undefined {
  const { internalFlash, externalFlash } = session.board;
  const inside = ({ base, size }: { base: number; size: number }): boolean => address >= base && address + bytes.length <= base + size;
  if (inside(internalFlash)) return { kind: 'internal', ...internalFlash };
  if (!inside(externalFlash)) return undefined;
  if (loader === undefined) throw new ToolError(`failed to download the segment at ${addressText(address)}: no external loader is selected`);
  return { kind: 'external', ...externalFlash };
}

async function eraseSegment(index: number, { address, bytes }: Segment, flash: Flash, { session, print, loader }: Context): Promise<void> {
  const first = Math.floor((address - flash.base) / flash.sectorSize);
  const last = Math.floor((address + bytes.length - 1 - flash.base) / flash.sectorSize);
  print(`Erasing memory corresponding to segment ${String(index)}:`);
  print(`Erasing ${flash.kind} memory sectors [${String(first)} ${String(last)}]`);
  const sectors = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const refused = (refusal: { code: string; message: string }): ToolError => loaderError(refusal.code, loader) ?? new ToolError('failed to erase memory', refusal.message, 'failed to download the File');
  await session.request('erase', { sectors, ...(flash.kind === 'external' ? { loader: loader! } : {}) }, refused);
}

async function programSegment({ address, bytes }: Segment, erased: boolean, { session, loader }: Context): Promise<void> {
  const step = erased ? pieceBytes : maximumChunkBytes;
  for (let offset = 0; offset < bytes.length; offset += step) {
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset + offset, Math.min(step, bytes.length - offset));
    if (erased && blank.subarray(0, piece.length).equals(piece)) continue;
    const data = piece.toString('base64');
    await session.request(
      'program',
      { address: address + offset, data, ...(loader === undefined ? {} : { loader }) },
      (refusal) => new ToolError(`failed to download the segment at ${addressText(address)}`, refusal.message, 'failed to download the File'),
    );
  }
}

async function verify(segments: readonly Segment[], context: Context): Promise<void> {
  const { print } = context;
  print('Verifying ...');
  print();
  print('Read progress:');
  for (const { address, bytes } of segments) {
    const found = await readBytes(address, bytes.length, context);
    if (found.equals(bytes)) continue;
    const at = found.findIndex((byte, i) => byte !== bytes[i]);
    throw new ToolError(
      `Data mismatch found at address ${addressText(address + at)} (byte = ${hex(found[at]!, 2)} instead of ${hex(bytes[at]!, 2)})`,
      'Download verification failed',
    );
  }
  print(fullBar);
  print();
  print('Download verified successfully ');
  print();
}

function read(file: string, path: string): Buffer {
  try {
    if (statSync(path).size > maximumFileBytes) throw new ToolError(`The file is too long: ${file}`);
    return readFileSync(path);
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw new ToolError(`File does not exist: ${file}`);
  }
}
