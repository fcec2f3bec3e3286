import { readFileSync, statSync } from 'node:fs';
import { HarnessError } from '../errors/index.js';

const limit = 0x40000;
const comment = /^\s*(?:#|::|rem\b)/i;

/**
 * The lines of one of ST's scripts that are no comments: `.sh` and `.bat`. Nothing is executed.
 * @throws HarnessError `st-environment` (usage)
 */
export function readStLines(path: string): string[] {
  try {
    if (statSync(path).size > limit) throw new Error('too long');
    return readFileSync(path, 'utf8').split(/\r?\n/).filter((line) => !comment.test(line));
  } catch (cause) {
    throw new HarnessError({ code: 'st-environment', kind: 'usage', message: `cannot read ${path}`, nextStep: "give ST's folder ROT_Provisioning with its scripts", cause });
  }
}

/** What the lines assign: `name=value` (.sh), `set name=value` and `set /A "name=value"` (.bat); the last line of a name counts. Names in lower case; variables inside values are left alone. */
export function stVariables(lines: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of lines) {
    const match = /^\s*(?:set\s+(?:\/a\s+)?)?"?([A-Za-z_][A-Za-z0-9_]{0,63})=(.*?)"?\s*$/i.exec(line);
    if (match !== null) values.set(match[1]!.toLowerCase(), match[2]!.replace(/^(["'])(.*)\1$/, '$2').replace(/^"|"$/g, ''));
  }
  return values;
}
