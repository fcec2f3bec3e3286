import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { instructionTable } from './instruction-table.js';

const file = new URL('../../../docs/instructions.md', import.meta.url);

describe('docs/instructions.md', () => {
  it('is what the decoder says; every row is compared with something', () => {
    const table = instructionTable();
    if (process.env['ROT_HIL_WRITE_DOCS'] === '1') writeFileSync(file, table);
    expect(readFileSync(file, 'utf8')).toBe(table);
    expect(table).not.toContain('| nothing |');
  });
});
