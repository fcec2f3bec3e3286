import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findSuites } from './find-suites.js';

describe('findSuites', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rot-hil-suites-'));
    writeFileSync(join(folder, 'pump.hil.ts'), '');
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const refused = (word: string): string => {
    try {
      findSuites([word]);
    } catch (error) {
      return (error as Error).message;
    }
    return 'found';
  };

  it('a shipped suite by name or file name, a file of the user → found', () => {
    expect(findSuites(['mpu', 'suites/boot.hil.ts']).map(({ name }) => name)).toEqual(['suites/mpu.hil.ts', 'suites/boot.hil.ts']);
    expect(findSuites([join(folder, 'pump.hil.ts')])).toHaveLength(1);
  });

  it('a file without its ending, or misspelt → the file is named; another word → the shipped suite that is like it', () => {
    expect(refused(join(folder, 'pump'))).toContain(`did you mean ${join(folder, 'pump.hil.ts')}?`);
    expect(refused(join(folder, 'pmup.hil.ts'))).toContain(`there is no file`);
    expect(refused(join(folder, 'pmup.hil.ts'))).toContain(`did you mean ${join(folder, 'pump.hil.ts')}?`);
    expect(refused('mpuu')).toContain('there is no suite "mpuu"; did you mean mpu?');
  });
});
