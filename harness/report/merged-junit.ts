import { attributeText } from './xml-text.js';

const totals = ['tests', 'failures', 'errors', 'time'] as const;
const head = /^(?:\uFEFF)?(?:<\?xml[^>]*\?>\s*)?<testsuites([^>]*?)(\/)?>/;

/** One merged JUnit document out of others that `junitXml` made, one at a time: the memory of one is enough, however many there are. */
export class MergedJunit {
  readonly #sums: Record<(typeof totals)[number], number> = { tests: 0, failures: 0, errors: 0, time: 0 };

  /** The `<testsuite>` elements of a document, to be written in order. Throws on text that is no such document. */
  suitesOf(document: string): string {
    const match = head.exec(document);
    if (match === null) throw new Error('no JUnit document of rot-hil');
    for (const name of totals) this.#sums[name] += Number(new RegExp(`\\b${name}="([^"]*)"`).exec(match[1] ?? '')?.[1] ?? 0) || 0;
    if (match[2] !== undefined) return '';
    const end = document.lastIndexOf('</testsuites>');
    if (end < 0) throw new Error('the JUnit document has no end');
    return document.slice(match[0].length, end).replace(/^\s*\n|\s+$/g, '') + '\n';
  }

  /** What stands before the suites, once all of them are counted. */
  get start(): string {
    const { time, ...counts } = this.#sums;
    return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${attributeText('rot-hil')}" ${Object.entries(counts).map(([name, value]) => `${name}="${value}"`).join(' ')} time="${time.toFixed(3)}">\n`;
  }

  readonly end = '</testsuites>\n';
}
