import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { describe, expect, it } from '@jest/globals';
import { ruleReference } from './rule-reference.js';
import { rules } from './rules/index.js';

const page = new URL('../../docs/rules.md', import.meta.url);

describe('the reference of rules', () => {
  it('docs/rules.md → what the rules say (UPDATE_DOCS=1 writes it)', () => {
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(page, ruleReference());
    expect(readFileSync(page, 'utf8')).toBe(ruleReference());
  });

  it('every rule → an id of its own, lower-case and dashed, and all that a reader needs', () => {
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    for (const { id, title, why, fix, source } of rules) {
      expect(id).toMatch(/^[a-z0-9]+(-[a-z0-9]+)+$/);
      for (const text of [title, why, fix, source]) expect(text.length).toBeGreaterThan(15);
    }
  });
});
