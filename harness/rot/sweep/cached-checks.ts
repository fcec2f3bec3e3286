import type { NorFlash } from '../../flash/index.js';
import type { FlashArea } from '../flash-area.js';
import type { ImageChecks } from '../image-checks.js';
import { directChecks } from '../image-checks.js';

interface Remembered<Answer> {
  readonly answer: Answer;
  readonly lines: readonly string[];
}

/** Answers kept; beyond that all are forgotten and the cache fills anew. */
const limit = 20_000;

/**
 * Image checks that answer a question about the same contents from memory, log lines included. Thousands of boots over nearly the same flash
 * then hash only what none of them has seen before.
 */
export class CachedChecks implements ImageChecks {
  readonly #answers = new Map<string, Remembered<unknown>>();

  /** @param flash the chip under the areas, with a catalogue; a cipher in front of it changes nothing as long as it depends on address and contents alone */
  constructor(private readonly flash: NorFlash) {}

  validate: ImageChecks['validate'] = (area, options) => {
    const { mode, area: slot, storedCounter, writeUnit, maxAlign, statusEntries, hashReference } = options;
    const reference = hashReference === undefined ? '' : Buffer.from(hashReference).toString('latin1');
    const question = `v ${mode} ${slot} ${storedCounter} ${writeUnit} ${maxAlign} ${statusEntries} ${reference}`;
    return this.#remember(area, question, options.log, (log) => directChecks.validate(area, { ...options, log }));
  };

  loadKey: ImageChecks['loadKey'] = (area, header, options) =>
    this.#remember(area, `k ${header.headerSize} ${header.imageSize} ${header.protectedTlvSize}`, options.log, (log) => directChecks.loadKey(area, header, { ...options, log }));

  #remember<Answer>(area: FlashArea, question: string, log: ((line: string) => void) | undefined, ask: (log: (line: string) => void) => Answer): Answer {
    const key = `${area.name} ${area.size} ${question} ${this.flash.contents(area.chipOffset, area.size).join()}`;
    let known = this.#answers.get(key) as Remembered<Answer> | undefined;
    if (known === undefined) {
      const lines: string[] = [];
      known = { answer: ask((line) => lines.push(line)), lines };
      if (this.#answers.size >= limit) this.#answers.clear();
      this.#answers.set(key, known);
    }
    if (log !== undefined) known.lines.forEach((line) => { log(line); });
    return known.answer;
  }
}
