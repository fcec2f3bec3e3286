import type { NonVolatileOperation, OperationObserver } from '../flash/index.js';
import type { AreaName, FlashArea } from './flash-area.js';

const letters: Readonly<Record<AreaName, string>> = { primary: 'P', secondary: 'S', scratch: 'X' };
const hexText = (value: number): string => (value >>> 0).toString(16);

interface Run {
  readonly kind: string;
  readonly offset: number;
  readonly length: number;
  count: number;
}

/**
 * The operations of one or several boots as one line: `E` erase, `W` program with area (`P` primary, `S` secondary, `X` scratch), offset and length in hex and how many
 * follow each other without a gap; `C` a new security counter, `H` a new hash reference.
 */
export class OperationTrace implements OperationObserver {
  readonly #parts: (Run | string)[] = [];
  /** How many operations happened. */
  count = 0;

  constructor(private readonly areas: readonly FlashArea[]) {}

  after(operation: NonVolatileOperation): void {
    this.count++;
    if (operation.kind === 'obk') {
      this.#parts.push(operation.what === 'counter' ? `C${hexText(operation.value)}` : `H${operation.value}`);
      return;
    }
    const area = this.areas.find(({ chipOffset, size }) => operation.offset >= chipOffset && operation.offset < chipOffset + size);
    const kind = (operation.kind === 'erase' ? 'E' : 'W') + (area === undefined ? '?' : letters[area.name]);
    const offset = operation.offset - (area?.chipOffset ?? 0);
    const last = this.#parts.at(-1);
    if (typeof last === 'object' && last.kind === kind && last.length === operation.length && last.offset + last.count * last.length === offset) last.count++;
    else this.#parts.push({ kind, offset, length: operation.length, count: 1 });
  }

  toString(): string {
    return this.#parts
      .map((part) => (typeof part === 'string' ? part : `${part.kind}${hexText(part.offset)}+${hexText(part.length)}${part.count > 1 ? `x${part.count}` : ''}`))
      .join(' ');
  }
}
