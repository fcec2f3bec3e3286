/** Text of boards and tools in summaries. */

/** Characters of one piece of foreign text. */
const longest = 500;

/** One line without control sequences, control characters and changes of direction. */
export function oneLine(text: string): string {
  return text.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ').trim().slice(0, longest);
}

/** In Markdown: no markup of it takes effect, a mention notifies nobody, and a table row stays one. */
export function plain(text: string): string {
  return oneLine(text)
    .replace(/[\\`*_{}[\]()#+!|~<>&]/g, (character) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;' })[character] ?? `\\${character}`)
    .replace(/@/g, '&#64;');
}

/** Inside of backticks, in a table cell too. */
export function code(text: string): string {
  return oneLine(text).replace(/[`|]/g, '?');
}

/** `12.3 s`, `2:05 min` */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} min`;
}
