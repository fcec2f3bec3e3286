import { writeFileSync } from 'node:fs';
import { hex } from '../../units/index.js';
import { maximumChunkBytes } from '../protocol.js';
import { address as addressText, elapsed, fullBar, size as sizeText } from './output.js';
import type { Context } from './context.js';
import { loaderError, pathOf } from './context.js';
import { ToolError } from './tool-error.js';

/** Reads any length in pieces that fit a message. */
export async function readBytes(address: number, size: number, { session, loader }: Context): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for (let offset = 0; offset < size; offset += maximumChunkBytes) {
    const { data } = await session.request(
      'read',
      { address: address + offset, size: Math.min(maximumChunkBytes, size - offset), ...(loader === undefined ? {} : { loader }) },
      (refusal) => loaderError(refusal.code, loader) ?? new ToolError('Data read failed', refusal.message),
    );
    pieces.push(Buffer.from(data, 'base64'));
  }
  return Buffer.concat(pieces);
}

/** `-r <address> <size> <file>` */
export async function uploadMemory({ address, size, file }: { readonly address: number; readonly size: number; readonly file: string }, context: Context): Promise<void> {
  const { print } = context;
  const started = performance.now();
  if (size === 0) throw new ToolError('Wrong -r command usage: the size is 0');
  print('UPLOADING ...');
  print(`  Size          : ${sizeText(size)}`);
  print(`  Address       : ${addressText(address)}`);
  print();
  print('Read progress:');
  const data = await readBytes(address, size, context);
  print(fullBar);
  try {
    writeFileSync(pathOf(context, file), data);
  } catch (error) {
    throw new ToolError(`failed to write the file ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  print('Data read successfully');
  print(`The Data was saved successfully to ${file}`);
  print(`Time elapsed during the read operation is: ${elapsed(started)}`);
  print();
}

/** The most that a display in words is asked for. */
const maximumDisplayBytes = 64 * 1024;

/** `-r8`, `-r16`, `-r32 <address> [bytes]`: rows of four words. */
export async function readMemory({ width, address, count }: { readonly width: 1 | 2 | 4; readonly address: number; readonly count: number }, context: Context): Promise<void> {
  const { print } = context;
  const bytes = Math.ceil(count / width) * width;
  if (bytes === 0 || bytes > maximumDisplayBytes) throw new ToolError(`Wrong -r${String(width * 8)} command usage: ${String(count)} bytes`);
  print(`Reading ${String(width * 8)}-bit memory content`);
  print(`  Size          : ${String(bytes)} Bytes`);
  print(`  Address:      : ${addressText(address)}`);
  print();
  const data = await readBytes(address, bytes, context);
  for (let row = 0; row < bytes; row += 16) {
    const values: string[] = [];
    for (let at = row; at < Math.min(row + 16, bytes); at += width) values.push(hex(data.readUIntLE(at, width), width * 2).slice(2).toUpperCase());
    print(`${addressText(address + row)} : ${values.join(' ')}`);
  }
  print();
}

/** `-w8`, `-w16`, `-w32 <address> <value> …` */
export async function writeMemory({ width, address, values }: { readonly width: 1 | 2 | 4; readonly address: number; readonly values: readonly number[] }, { session, print }: Context): Promise<void> {
  print(`Downloading ${String(width * 8)}-bit data...`);
  print(`  Size          : ${String(values.length * width)} Bytes`);
  print(`  Address:      : ${addressText(address)}`);
  print();
  for (const [i, value] of values.entries()) {
    if (value >= 2 ** (width * 8)) throw new ToolError(`Wrong -w${String(width * 8)} command usage: ${hex(value)} does not fit`);
    await session.request('writeMemory', { address: address + i * width, value, width }, (refusal) => new ToolError('failed to download the data', refusal.message));
  }
  print(`${String(width * 8)}-bit data download done successfully`);
  print();
}
