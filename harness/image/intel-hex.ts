import { HarnessError } from '../errors/index.js';
import { hex32 } from '../units/index.js';
import type { Address, ByteCount } from '../units/index.js';

/** Bytes at an address. */
export interface HexSegment {
  readonly address: Address;
  readonly bytes: Uint8Array;
}

const recordSize: ByteCount = 16;
const lineLimit = 11 + 2 * 255;
/** What a file may spread over: no slot or flash of a supported chip is larger. */
const spanLimit: ByteCount = 0x10000000;
const textLimit = 0x20000000;

const digits = new TextEncoder().encode('0123456789ABCDEF');
const endRecord = new TextEncoder().encode(':00000001FF\n');

/**
 * Intel HEX as python-intelhex writes it, and so ST's imgtool: upper case, LF, data records of up to 16 bytes that never cross a 64 KiB border,
 * an extended linear address record in front of the first data of each 64 KiB when any address passes 16 bits, no start record.
 * @param segments ascending, not overlapping; adjoining ones are written as one
 * @throws HarnessError `hex-segments` (usage)
 */
export function toIntelHex(segments: readonly HexSegment[]): string {
  return new TextDecoder('latin1').decode(intelHexBytes(segments));
}

/** The bytes of the file that `toIntelHex` describes; much faster for whole slots. @throws HarnessError `hex-segments` (usage) */
export function intelHexBytes(segments: readonly HexSegment[]): Uint8Array {
  const parts = join(segments);
  const last = parts.at(-1);
  const extended = last !== undefined && last.address + last.bytes.length > 0x10000;
  const writer = new RecordWriter(parts.reduce((sum, { bytes }) => sum + textSize(bytes.length), 0) + endRecord.length);
  let upper = -1;
  for (const { address, bytes } of parts) {
    for (let at = 0; at < bytes.length; ) {
      const where = address + at;
      const high = Math.floor(where / 0x10000);
      if (extended && high !== upper) writer.record(0, 4, Uint8Array.of(high >> 8, high & 0xff), 0, 2);
      upper = high;
      const size = Math.min(recordSize, bytes.length - at, 0x10000 - (where % 0x10000));
      writer.record(where % 0x10000, 0, bytes, at, size);
      at += size;
    }
  }
  return writer.finish();
}

/** At most this many characters for data of a size: records of 16 bytes, two more for every border of 64 KiB, an address record for each. */
function textSize(size: ByteCount): number {
  const records = Math.ceil(size / recordSize) + 1 + 2 * (Math.floor(size / 0x10000) + 2);
  return records * (12 + 2 * recordSize);
}

class RecordWriter {
  readonly #text: Uint8Array;
  #at = 0;

  constructor(size: number) {
    this.#text = new Uint8Array(size);
  }

  record(offset: number, type: number, data: Uint8Array, from: number, size: number): void {
    const text = this.#text;
    let at = this.#at;
    let sum = 0;
    const put = (byte: number): void => {
      sum += byte;
      text[at] = digits[byte >> 4]!;
      text[at + 1] = digits[byte & 15]!;
      at += 2;
    };
    text[at++] = 0x3a;
    put(size);
    put(offset >> 8);
    put(offset & 0xff);
    put(type);
    for (let index = from; index < from + size; index++) put(data[index]!);
    put(-sum & 0xff);
    text[at++] = 0x0a;
    this.#at = at;
  }

  finish(): Uint8Array {
    this.#text.set(endRecord, this.#at);
    return this.#text.subarray(0, this.#at + endRecord.length);
  }
}

/** Adjoining segments become one: records do not start anew where one ends. */
function join(segments: readonly HexSegment[]): HexSegment[] {
  const parts: HexSegment[] = [];
  for (const segment of segments) {
    if (segment.bytes.length === 0) continue;
    const before = parts.at(-1);
    const end = before === undefined ? 0 : before.address + before.bytes.length;
    if (segment.address < end || segment.address + segment.bytes.length > 0x100000000) {
      throw new HarnessError({
        code: 'hex-segments',
        kind: 'usage',
        message: `the segment at ${hex32(segment.address)} overlaps the one before it or passes the 32 bit address space`,
        nextStep: 'give an address at which the image fits (-x)',
      });
    }
    if (before !== undefined && segment.address === end) {
      const bytes = new Uint8Array(before.bytes.length + segment.bytes.length);
      bytes.set(before.bytes);
      bytes.set(segment.bytes, before.bytes.length);
      parts[parts.length - 1] = { address: before.address, bytes };
    } else {
      parts.push(segment);
    }
  }
  return parts;
}

export interface HexImage {
  /** Lowest address with data. */
  readonly base: Address;
  /** From there to the highest one; gaps are 0xff. */
  readonly bytes: Uint8Array;
}

/**
 * Reads an Intel HEX file: data, end, extended segment and linear addresses, start records. Anything behind the end record is refused, and so are
 * wrong checksums, two different bytes for one address and more than 256 MB between the lowest and the highest address.
 * @throws HarnessError `hex-file` (usage) with the line number
 */
export function readIntelHex(text: string): HexImage {
  if (text.length > textLimit) throw wrong(0, 'longer than 512 MB');
  const segments = readSegments(text);
  if (segments.length === 0) throw wrong(0, 'no data');
  const base = segments.reduce((low, each) => Math.min(low, each.address), Infinity);
  const end = segments.reduce((high, each) => Math.max(high, each.address + each.bytes.length), 0);
  if (end - base > spanLimit) throw wrong(0, `data spread over more than 256 MB, from ${hex32(base)} on`);
  const bytes = new Uint8Array(end - base).fill(0xff);
  let highest = 0;
  for (const segment of [...segments].sort((a, b) => a.address - b.address)) {
    if (segment.address < highest) throw wrong(segment.line, `the address ${hex32(segment.address)} has data already`);
    bytes.set(segment.bytes, segment.address - base);
    highest = segment.address + segment.bytes.length;
  }
  return { base, bytes };
}

interface Line extends HexSegment {
  readonly line: number;
}

function readSegments(text: string): Line[] {
  const segments: Line[] = [];
  let upper = 0;
  let line = 0;
  let ended = false;
  for (let at = 0; at < text.length; ) {
    const feed = text.indexOf('\n', at);
    const stop = feed < 0 ? text.length : feed;
    line++;
    if (stop - at > lineLimit + 1) throw wrong(line, 'too long');
    const content = text.slice(at, stop).trim();
    at = stop + 1;
    if (content === '') continue;
    if (ended) throw wrong(line, 'something behind the end record');
    const { type, offset, data } = readRecord(content, line);
    if (type === 0) {
      const address = upper + offset;
      if (offset + data.length > 0x10000) throw wrong(line, 'a data record crosses a 64 KiB border');
      if (data.length > 0) segments.push({ address, bytes: data, line });
    } else if (type === 1 && data.length === 0) ended = true;
    else if (type === 2 && data.length === 2) upper = ((data[0] << 8) | data[1]) * 16;
    else if (type === 4 && data.length === 2) upper = ((data[0] << 8) | data[1]) * 0x10000;
    else if (!((type === 3 || type === 5) && data.length === 4)) throw wrong(line, `a record of type ${type} with ${data.length} bytes`);
  }
  if (!ended) throw wrong(line, 'no end record: the file is cut off');
  return segments;
}

function readRecord(content: string, line: number): { type: number; offset: number; data: Uint8Array } {
  if (content.length < 11 || content.length % 2 === 0 || !/^:[0-9a-fA-F]+$/.test(content)) throw wrong(line, 'no Intel HEX record');
  const bytes = new Uint8Array((content.length - 1) / 2);
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = parseInt(content.slice(1 + 2 * i, 3 + 2 * i), 16);
    sum += bytes[i];
  }
  if (bytes[0] !== bytes.length - 5) throw wrong(line, `the record says ${bytes[0]} bytes and has ${bytes.length - 5}`);
  if ((sum & 0xff) !== 0) throw wrong(line, 'wrong checksum');
  return { type: bytes[3], offset: (bytes[1] << 8) | bytes[2], data: bytes.subarray(4, -1) };
}

function wrong(line: number, what: string): HarnessError {
  return new HarnessError({
    code: 'hex-file',
    kind: 'usage',
    message: `Intel HEX${line === 0 ? '' : `, line ${line}`}: ${what}`,
    nextStep: 'make the file again; if it is no Intel HEX file, give it another extension than .hex',
    fields: { line },
  });
}
