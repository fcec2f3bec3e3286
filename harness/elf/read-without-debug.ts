import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { ByteCount } from '../units/index.js';
import { isElf } from './elf-file.js';

interface Span {
  readonly from: number;
  readonly to: number;
}

const SHT = { progbits: 1, rela: 4, nobits: 8, rel: 9 } as const;
const SHF = { write: 1, alloc: 2 } as const;
const sizes = { header: 52, segment: 32, section: 40 } as const;
const mostHeaders = 0xff00;

/**
 * A file as it is, but where it is a 32-bit ELF file: there what only a debugger reads (sections of contents that are not loaded, relocations) stands as zeros, and is
 * not read. Nine tenths of a linked file may be that.
 * @param limit largest size in bytes
 * @throws Error of `node:fs`, RangeError for a larger file
 */
export function readWithoutDebug(path: string, limit: ByteCount): Uint8Array {
  // Opening a pipe would wait for its writer.
  const status = statSync(path);
  if (!status.isFile()) throw new RangeError('it is no file');
  const descriptor = openSync(path, 'r');
  try {
    if (status.size > limit) throw new RangeError(`it has ${status.size} bytes, more than ${limit}`);
    // Zeroed memory that is never touched costs nothing.
    const file = Buffer.alloc(status.size);
    const read = ({ from, to }: Span): void => {
      for (let at = from; at < to; ) {
        const count = readSync(descriptor, file, at, to - at, at);
        if (count === 0) throw new RangeError('it was cut short while it was read');
        at += count;
      }
    };
    const head = Math.min(sizes.header, status.size);
    read({ from: 0, to: head });
    for (const span of merged(neededSpans(file, read) ?? [{ from: head, to: status.size }])) read(span);
    return file;
  } finally {
    closeSync(descriptor);
  }
}

/** What is needed beside the header; undefined where the tables do not say it: then all of the file. */
function neededSpans(file: Buffer, read: (span: Span) => void): readonly Span[] | undefined {
  if (file.length < sizes.header || !isElf(file) || file[4] !== 1 || file[5] !== 1) return undefined;
  const table = (at: number, pitchAt: number, countAt: number, smallest: number): { readonly from: number; readonly to: number; readonly pitch: number } | undefined => {
    const [from, pitch, count] = [file.readUInt32LE(at), file.readUInt16LE(pitchAt), file.readUInt16LE(countAt)];
    return count > mostHeaders || count === 0 || pitch < smallest || from + count * pitch > file.length ? undefined : { from, to: from + count * pitch, pitch };
  };
  const [segments, sections] = [table(28, 42, 44, sizes.segment), table(32, 46, 48, sizes.section)];
  if (segments === undefined || sections === undefined) return undefined;
  read(segments);
  read(sections);
  const spans: Span[] = [];
  const add = (offset: number, size: number): void => void spans.push({ from: Math.min(offset, file.length), to: Math.min(offset + size, file.length) });
  for (let at = segments.from; at < segments.to; at += segments.pitch) if (file.readUInt32LE(at) === 1) add(file.readUInt32LE(at + 4), file.readUInt32LE(at + 16));
  for (let at = sections.from; at < sections.to; at += sections.pitch) {
    const [type, flags] = [file.readUInt32LE(at + 4), file.readUInt32LE(at + 8)];
    const unread = type === SHT.nobits || type === SHT.rel || type === SHT.rela || (type === SHT.progbits && !(flags & (SHF.alloc | SHF.write)));
    if (!unread) add(file.readUInt32LE(at + 16), file.readUInt32LE(at + 20));
  }
  return spans;
}

/** In order, none over another: a hostile table may name the same bytes a thousand times. */
function merged(spans: readonly Span[]): readonly Span[] {
  const out: { from: number; to: number }[] = [];
  for (const { from, to } of [...spans].filter((span) => span.to > span.from).sort((a, b) => a.from - b.from)) {
    const last = out.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else out.push({ from, to });
  }
  return out;
}
