import type { ConsoleLine } from '../../record/index.js';
import { consoleText } from '../activity-text.js';
import { escapeHtml, Markup } from './markup.js';

/** How lines are marked: errors and faults, warnings, what an application says of itself. */
const marks: readonly (readonly [RegExp, string])[] = [
  [/^(\[ERR\]|!fault |@\d+ error )/, 'err'],
  [/^(\[WRN\]|… \d+ lines left out)/, 'wrn'],
  [/^\$rot-hil /, 'say'],
];

/** A console as the content of a `<pre>`: one text, spans only around lines that matter. */
export function consoleMarkup(lines: readonly ConsoleLine[]): Markup {
  const parts = lines.map((line) => {
    const text = escapeHtml(consoleText(line));
    const mark = marks.find(([pattern]) => pattern.test(line.text));
    return mark ? `<span class="${mark[1]}">${text}</span>` : text;
  });
  return new Markup(parts.join('\n'));
}

/** Shortens a console to its first and last lines. @param most lines kept */
export function shortened(lines: readonly ConsoleLine[], most: number): readonly ConsoleLine[] {
  if (lines.length <= most) return lines;
  const half = Math.max(1, Math.floor(most / 2));
  const left = lines.length - 2 * half;
  return [...lines.slice(0, half), { at: lines[half].at, text: `… ${left} lines left out … (all of them: console.log)` }, ...lines.slice(-half)];
}
