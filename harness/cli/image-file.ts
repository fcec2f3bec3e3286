import { readFile, stat, writeFile } from 'node:fs/promises';
import { HarnessError } from '../errors/index.js';
import type { Address } from '../units/index.js';

/** Larger than any slot in any notation. */
const sizeLimit = 0x20000000;

export interface ImageFile {
  readonly bytes: Uint8Array;
  /** Address of the first byte; undefined for a binary file. */
  readonly base: Address | undefined;
}

/** Whether the name says Intel HEX, as imgtool decides it. */
export function isHexName(path: string): boolean {
  return /\.hex$/i.test(path);
}

/** Reads an image or an application: Intel HEX by the extension .hex, anything else byte for byte. @throws HarnessError `file-unreadable` · `hex-file` (usage) */
export async function readImageFile(path: string): Promise<ImageFile> {
  const content = await readFileWithin(path, sizeLimit);
  if (!isHexName(path)) return { bytes: content, base: undefined };
  const { readIntelHex } = await import('../image/intel-hex.js');
  return readIntelHex(content.toString('latin1'));
}

/**
 * Reads an application to be signed: as `readImageFile`, and ELF by its first bytes. An ELF file is linked for where it runs, which need not be
 * where its slot is: it has no base. @param limit bytes that its segments may spread over
 * @throws HarnessError `file-unreadable` · `hex-file` · `elf-format` · `elf-spread` (usage)
 */
export async function readApplicationFile(path: string, limit: number): Promise<ImageFile> {
  const file = await readImageFile(path);
  const { flattenElf, isElf, readElf } = await import('../elf/index.js');
  return isElf(file.bytes) ? { bytes: flattenElf(readElf(file.bytes), limit).bytes, base: undefined } : file;
}

/** Reads a key file as text. @throws HarnessError `file-unreadable` (usage) */
export async function readKeyFile(path: string): Promise<string> {
  return (await readFileWithin(path, 0x10000)).toString('latin1');
}

/** Reads a file whole. @param limit largest size in bytes @throws HarnessError `file-unreadable` (usage) */
export async function readBinaryFile(path: string, limit: number): Promise<Uint8Array> {
  return readFileWithin(path, limit);
}

/** Reads a linked application without what only a debugger reads (zeros stand there), any other file whole. @throws HarnessError `file-unreadable` (usage) */
export async function readLinkedFile(path: string, limit: number): Promise<Uint8Array> {
  const { readWithoutDebug } = await import('../elf/read-without-debug.js');
  try {
    return readWithoutDebug(path, limit);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** @throws HarnessError `file-unwritable` (usage) */
export async function writeOutput(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (cause) {
    throw new HarnessError({ code: 'file-unwritable', kind: 'usage', message: `cannot write ${path}: ${reasonOf(cause)}`, nextStep: 'check the folder and its permissions', cause });
  }
}

async function readFileWithin(path: string, limit: number): Promise<Buffer> {
  try {
    const status = await stat(path);
    if (!status.isFile()) throw new Error('it is no file');
    if (status.size > limit) throw new Error(`it has ${status.size} bytes, more than ${limit}`);
    return await readFile(path);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): HarnessError {
  return new HarnessError({ code: 'file-unreadable', kind: 'usage', message: `cannot read ${path}: ${reasonOf(cause)}`, nextStep: 'check the path', cause });
}

function reasonOf(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'there is no such file or folder';
  if (code === 'EACCES') return 'permission denied';
  return cause instanceof Error ? cause.message : String(cause);
}
