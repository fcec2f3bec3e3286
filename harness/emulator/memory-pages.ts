import { HarnessError } from '../errors/index.js';
import type { MemoryBank } from './ports.js';

const pageSize = 4096;
const zeros = Buffer.alloc(pageSize);

/** The pages of a memory that hold something else than zeros, one behind the other. */
export interface SavedPages {
  readonly bank: string;
  /** Numbers of the pages in the bank, ascending. */
  readonly pages: readonly number[];
  readonly bytes: Uint8Array;
}

function holding(bytes: Buffer): number[] {
  const pages: number[] = [];
  for (let page = 0; page * pageSize < bytes.length; page += 1) if (zeros.compare(bytes, page * pageSize, (page + 1) * pageSize) !== 0) pages.push(page);
  return pages;
}

const bufferOf = ({ bytes }: MemoryBank): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** A copy of what a memory holds. A page that was never written costs a look at it and no memory. */
export function savePages(bank: MemoryBank): SavedPages {
  const all = bufferOf(bank);
  const pages = holding(all);
  const bytes = Buffer.allocUnsafe(pages.length * pageSize);
  pages.forEach((page, index) => all.copy(bytes, index * pageSize, page * pageSize, (page + 1) * pageSize));
  return { bank: bank.name, pages, bytes };
}

/** Throws HarnessError `snapshot` where the pages are none of this memory's. */
export function restorePages(bank: MemoryBank, saved: SavedPages): void {
  const fits = saved.bytes.length === saved.pages.length * pageSize && saved.pages.every((page, i) => Number.isInteger(page) && page >= (i === 0 ? 0 : saved.pages[i - 1]! + 1) && (page + 1) * pageSize <= bank.size);
  if (!fits) throw new HarnessError({ code: 'snapshot', kind: 'usage', message: `the snapshot does not fit: its pages of ${bank.name} are none of this memory's`, nextStep: 'take it again with this version of rot-hil' });
  const all = bufferOf(bank);
  const kept = new Set(saved.pages);
  for (const page of holding(all)) if (!kept.has(page)) all.fill(0, page * pageSize, (page + 1) * pageSize);
  saved.pages.forEach((page, index) => all.set(saved.bytes.subarray(index * pageSize, (index + 1) * pageSize), page * pageSize));
}
