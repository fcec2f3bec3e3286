const pageCount = 1 << 20;

/**
 * What one kind of access (privileged or not, MPU on or off) sees: per 4 KB page the offset in the store plus 1, or 0 for
 * the slow path. Filled on first use; zero pages of the host cost nothing.
 */
export class Translation {
  readonly read = new Int32Array(pageCount);
  readonly write = new Int32Array(pageCount);
  #touched: number[] = [];

  /** To be called before the first entry of a page is set. */
  note(page: number): void {
    this.#touched.push(page);
  }

  clear(): void {
    for (const page of this.#touched) this.read[page] = this.write[page] = 0;
    this.#touched = [];
  }
}
