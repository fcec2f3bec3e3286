import { parseNumber } from '../../../units/index.js';

/** A text with what was changed in it, one sentence each; the changes are empty where it was so already. */
export interface Edited {
  readonly text: string;
  readonly changes: readonly string[];
}

/** Changes one thing of a text; undefined: the text has no such place. */
export type TextEdit = (text: string) => Edited | undefined;

const unchanged = (text: string): Edited => ({ text, changes: [] });
const escaped = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Replaces what a pattern's second group holds (the first stands before it): values that are the same number, or the same text, stay as they are written. */
function replaceValue(text: string, pattern: RegExp, name: string, value: string): Edited | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [, before = '', content = ''] = match;
  const old = content.trimEnd();
  const [was, wanted] = [parseNumber(old), parseNumber(value)];
  if (old === value || (was !== undefined && was === wanted)) return unchanged(text);
  const at = match.index + before.length;
  return { text: text.slice(0, at) + value + text.slice(at + old.length), changes: [`${name} = ${value}, it was ${old === '' ? 'empty' : old}`] };
}

/** `name=value` of a shell script, `set name=value` (or `set /A`) of a batch file; quotes around the value stay. */
export function scriptVariable(name: string, value: string): TextEdit {
  const pattern = new RegExp(String.raw`(^[ \t]*(?:set[ \t]+(?:/A[ \t]+)?)?"?${escaped(name)}[ \t]*=[ \t]*"?)([^"\r\n&|]*)`, 'im');
  return (text) => replaceValue(text, pattern, name, value);
}

/** `-ob … NAME=value` in a call of STM32_Programmer_CLI; comments above it stay. */
export function optionByteArgument(name: string, value: number): TextEdit {
  const pattern = new RegExp(String.raw`(^.*-ob[ \t](?:[^\r\n#]*[ \t])?${escaped(name)}=)([0-9a-fA-FxX]+)`, 'm');
  return (text) => replaceValue(text, pattern, name, String(value));
}

/** `#define NAME value` of a header. */
export function headerValue(name: string, value: string): TextEdit {
  const pattern = new RegExp(String.raw`(^[ \t]*#[ \t]*define[ \t]+${escaped(name)}[ \t]+\(?)(0[xX][0-9a-fA-F]+|[0-9]+)(?=\b)`, 'm');
  return (text) => replaceValue(text, pattern, name, value);
}

/** `#define NAME`, or the same in a comment, which may have another one behind it on its line. */
export function headerSwitch(name: string, on: boolean): TextEdit {
  const active = new RegExp(String.raw`^([ \t]*)(#[ \t]*define[ \t]+${escaped(name)})\b(?![ \t]*\()`, 'm');
  const commented = new RegExp(String.raw`^([ \t]*)(?:/\*[ \t]*(#[ \t]*define[ \t]+${escaped(name)})[ \t]*\*/|//[ \t]*(#[ \t]*define[ \t]+${escaped(name)})\b)`, 'm');
  return (text) => {
    const [defined, hidden] = [active.exec(text), commented.exec(text)];
    if (defined === null && hidden === null) return undefined;
    const found = on ? hidden : defined;
    // Defined somewhere counts as on: a header may say both under a condition.
    if (found === null || (on && defined !== null)) return unchanged(text);
    const directive = found[2] ?? found[3]!;
    const replacement = `${found[1]!}${on ? directive : `/*${directive}*/`}`;
    return { text: text.slice(0, found.index) + replacement + text.slice(found.index + found[0].length), changes: [`${name} ${on ? 'defined' : 'no longer defined'}`] };
  };
}

/** Several edits of one text; what has no place in it is told by `missing`. */
export function edited(text: string, edits: readonly { readonly what: string; readonly edit: TextEdit }[]): Edited & { readonly missing: readonly string[] } {
  const changes: string[] = [];
  const missing: string[] = [];
  let now = text;
  for (const { what, edit } of edits) {
    const result = edit(now);
    if (result === undefined) missing.push(what);
    else {
      now = result.text;
      changes.push(...result.changes);
    }
  }
  return { text: now, changes, missing };
}
