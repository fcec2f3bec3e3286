import { lineEnd, lineStart } from '../edit.js';
import type { Edited, TextEdit } from './text-edits.js';

interface Element {
  /** From `<Param>` to behind `</Param>`. */
  readonly from: number;
  readonly to: number;
  readonly body: string;
}

/** The `<Param>` and `<Output>` elements of one of ST's image files, in their order; none lies in another. */
function elements(text: string): readonly Element[] {
  const found: Element[] = [];
  const open = /<(Param|Output)>/g;
  for (let match = open.exec(text); match !== null; match = open.exec(text)) {
    const close = `</${match[1]!}>`;
    const end = text.indexOf(close, open.lastIndex);
    if (end < 0) break;
    found.push({ from: match.index, to: end + close.length, body: text.slice(match.index, end) });
    open.lastIndex = end + close.length;
  }
  return found;
}

/** Content of a child element; undefined where there is none. */
function child({ body, from }: Element, tag: string): { readonly from: number; readonly to: number; readonly text: string } | undefined {
  const [open, close] = [`<${tag}>`, `</${tag}>`];
  const start = body.indexOf(open);
  const end = start < 0 ? -1 : body.indexOf(close, start);
  if (end < 0) return undefined;
  const content = start + open.length;
  return { from: from + content, to: from + end, text: body.slice(content, end) };
}

const escaped = (value: string): string => value.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
const named = (tag: 'Name' | 'Command', content: string) => (element: Element): boolean => child(element, tag)?.text.trim() === content;

/** The `<Value>` of the parameter whose `<Name>` or `<Command>` is given; one without a value gets it. */
export function xmlValue(tag: 'Name' | 'Command', content: string, value: string): TextEdit {
  return (text) => {
    const element = elements(text).find(named(tag, content));
    if (element === undefined) return undefined;
    const old = child(element, 'Value');
    const shown = content.startsWith('-') ? content : `"${content}"`;
    if (old !== undefined) {
      if (old.text === escaped(value)) return { text, changes: [] };
      return { text: text.slice(0, old.from) + escaped(value) + text.slice(old.to), changes: [`${shown} ${value}, it was ${old.text === '' ? 'empty' : old.text}`] };
    }
    const name = child(element, 'Name');
    if (name === undefined) return undefined;
    const at = name.to + '</Name>'.length;
    const indent = /^[ \t]*/.exec(text.slice(lineStart(text, name.to)))![0];
    return { text: `${text.slice(0, at)}${lineEnd(text)}${indent}<Value>${escaped(value)}</Value>${text.slice(at)}`, changes: [`${shown} ${value}`] };
  };
}

/** The parameter `--overwrite-only`: there or not. A new one stands behind the first parameter, as ST's AppliCfg puts it. */
export function overwriteOption(on: boolean): TextEdit {
  const command = '--overwrite-only';
  return (text): Edited | undefined => {
    const all = elements(text);
    const found = all.find(named('Command', command));
    if ((found !== undefined) === on) return { text, changes: [] };
    if (found !== undefined) {
      const end = text.indexOf('\n', found.to);
      return { text: text.slice(0, lineStart(text, found.from)) + (end < 0 ? '' : text.slice(end + 1)), changes: [`${command} removed`] };
    }
    const first = all[0];
    if (first === undefined) return undefined;
    const eol = lineEnd(text);
    const indent = /^[ \t]*/.exec(text.slice(lineStart(text, first.from)))![0];
    const inner = `${indent}${indent.includes('\t') ? '\t' : '  '}`;
    const lines = [`${indent}<Param>`, `${inner}<Name>Write Option</Name>`, `${inner}<Type>Data</Type>`, `${inner}<Command>${command}</Command>`, `${inner}<Hidden>1</Hidden>`, `${inner}<Default></Default>`, `${indent}</Param>`];
    return { text: text.slice(0, first.to) + lines.map((line) => eol + line).join('') + text.slice(first.to), changes: [`${command} added`] };
  };
}
