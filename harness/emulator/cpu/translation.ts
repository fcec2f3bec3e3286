import { loadTableAt, storeTableAt } from '../store.js';

const pageCount = 1 << 20;

/**
 * What one kind of access (privileged or not, MPU on or off) sees: per 4 KB page what is to be added to an address
 * for its place in the store, or 0 for the slow path. Filled on first use; zero pages of the host cost nothing.
 */
export class Translation {
  readonly read: Int32Array;
  readonly write: Int32Array;
  #touched: number[] = [];

  constructor(buffer: ArrayBuffer, context: number) {
    this.read = new Int32Array(buffer, loadTableAt(context), pageCount);
    this.write = new Int32Array(buffer, storeTableAt(context), pageCount);
  }

  /** To be called before the first entry of a page is set. */
  note(page: number): void {
    this.#touched.push(page);
  }

  clear(): void {
    for (const page of this.#touched) this.read[page] = this.write[page] = 0;
    this.#touched = [];
  }
}
