/** HTML that is safe to stand in a page: made only by `html`, which escapes whatever is not markup itself. */
export class Markup {
  constructor(readonly text: string) {}
}

type Part = Markup | string | number | undefined | null | false | readonly Part[];

/** A template whose values are escaped unless they are markup themselves; lists are joined, nothing stands for undefined, null and false. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Markup {
  let text = strings[0];
  values.forEach((value, index) => (text += partText(value) + strings[index + 1]));
  return new Markup(text);
}

function partText(part: Part): string {
  if (part === undefined || part === null || part === false) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'string' || typeof part === 'number') return escapeHtml(String(part));
  return part.map(partText).join('');
}

/**
 * Characters that a page must not be given as they are: controls other than tab and line feed, what turns the direction of
 * text around (a title could pretend to be another), lone surrogates, and those of HTML's own.
 */
const special = /[&<>"'`\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;', '`': '&#96;' };

/** Text for any place in a page, attributes in quotes included. What cannot be shown is spelt out as `\xNN` or `\u{N}`. */
export function escapeHtml(text: string): string {
  return text.replace(special, (character) => entities[character] ?? spelt(character.charCodeAt(0)));
}

function spelt(code: number): string {
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}
