/** Deeper than any script that people write. */
const deepest = 128;

/**
 * Values of names whose definitions may refer to each other. Each is worked out once, however often it is asked for: a hostile script doubles its work with every
 * line otherwise. One that depends on itself has none.
 */
export class SymbolValues {
  private readonly known = new Map<string, number | undefined>();
  private readonly open = new Set<string>();

  /** @param compute what a definition says, asking `of` for the names in it */
  constructor(private readonly compute: (name: string) => number | undefined) {}

  of(name: string): number | undefined {
    if (this.known.has(name)) return this.known.get(name);
    if (this.open.has(name) || this.open.size > deepest) return undefined;
    this.open.add(name);
    const value = this.compute(name);
    this.open.delete(name);
    this.known.set(name, value);
    return value;
  }

  /** After a definition has changed. */
  forget(): void {
    this.known.clear();
  }
}
