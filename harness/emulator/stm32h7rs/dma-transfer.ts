import type { Address } from '../../units/index.js';
import type { AccessWidth } from '../ports.js';

/** The buses as a DMA controller reaches them. Both throw BusError where nothing answers. */
export interface DmaBus {
  load(address: Address, width: AccessWidth): number;
  store(address: Address, value: number, width: AccessWidth): void;
}

export interface TransferWidths {
  readonly source: AccessWidth;
  readonly destination: AccessWidth;
  /** CTR1.PAM where the widths differ: 0 right aligned (zero padded or cut), 1 sign extended or left aligned, 2 and 3 packed. */
  readonly alignment: 0 | 1 | 2 | 3;
  /** CTR1.SBX, DBX, DHX: the middle bytes of a source word, the bytes of a destination halfword, the halfwords of a destination word change places. */
  readonly exchange?: { readonly source: boolean; readonly bytes: boolean; readonly halfwords: boolean };
}

/** One beat of the wider side. Addresses behind it, and how many source bytes went. */
export function transferBeat(
  bus: DmaBus,
  source: Address,
  destination: Address,
  { source: from, destination: to, alignment, exchange }: TransferWidths,
  increments: { readonly source: boolean; readonly destination: boolean },
): { readonly source: Address; readonly destination: Address; readonly bytes: number } {
  let read = source;
  let written = destination;
  const load = (): number => {
    const value = bus.load(read, from);
    if (increments.source) read += from;
    return exchange?.source === true && from === 4 ? (value & 0xff0000ff) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) : value;
  };
  const store = (value: number): void => {
    let exchanged = value;
    if (exchange?.bytes === true && to > 1) exchanged = ((exchanged & 0x00ff00ff) << 8) | ((exchanged >>> 8) & 0x00ff00ff);
    if (exchange?.halfwords === true && to === 4) exchanged = (exchanged << 16) | (exchanged >>> 16);
    bus.store(written, exchanged >>> 0, to);
    if (increments.destination) written += to;
  };
  if (from === to) store(load());
  else if (alignment < 2) store(from < to ? extended(load(), from, alignment === 1) : cut(load(), from, to, alignment === 1));
  else if (from < to) {
    let value = 0;
    for (let at = 0; at < to; at += from) value |= load() << (8 * at);
    store(value);
  } else {
    const value = load();
    for (let at = 0; at < from; at += to) store(value >>> (8 * at));
  }
  const beats = from < to && alignment >= 2 ? to / from : 1;
  return { source: read, destination: written, bytes: beats * from };
}

function extended(value: number, width: AccessWidth, signed: boolean): number {
  const shift = 32 - 8 * width;
  return signed ? (value << shift) >> shift : value;
}

function cut(value: number, from: AccessWidth, to: AccessWidth, left: boolean): number {
  return left ? value >>> (8 * (from - to)) : value;
}
