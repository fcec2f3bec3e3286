import { describe, expect, it } from '@jest/globals';
import { readJestOptions } from './jest-options.js';

describe('options of a Jest configuration', () => {
  it('options of run, and those of Jest itself → the former, words without case', () => {
    expect(readJestOptions({ app: 'a.elf', appVersion: '1.0.0', mode: 'SWAP', seed: 7, allowUnmodelled: ['XSPI1'], customExportConditions: ['node'] })).toEqual({ app: 'a.elf', appVersion: '1.0.0', mode: 'swap', seed: 7, allowUnmodelled: ['XSPI1'] });
  });

  it.each([
    [{ bord: 'desk' }, 'did you mean board'],
    [{ mode: 'swop' }, 'mode is "swop"'],
    [{ bootPath: 'stirotx' }, 'bootPath is "stirotx"'],
    [{ mce: 'none' }, 'mce is "none"'],
    [{ seed: -1 }, 'seed is -1'],
    [{ app: 5 }, 'app is 5'],
    [{ allowUnmodelled: 'XSPI1' }, 'no list of names'],
  ])('%j → a usage error that names it', (given, message) => {
    expect(() => readJestOptions(given)).toThrow(expect.objectContaining({ kind: 'usage', message: expect.stringContaining(message) }));
  });
});
