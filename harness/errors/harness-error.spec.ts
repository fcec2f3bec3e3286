import { describe, expect, it } from '@jest/globals';
import { asHarnessError, exitCodeOf, HarnessError } from './index.js';

describe('asHarnessError', () => {
  it('a full disk → trouble of the bench with its remedy; what nobody foresaw → a defect to be reported; one of ours → itself', () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    expect(asHarnessError(full)).toMatchObject({ code: 'machine', kind: 'bench', message: full.message, nextStep: expect.stringContaining('make room') });
    expect(exitCodeOf(full)).toBe(3);
    expect(asHarnessError(new TypeError('x is undefined'))).toMatchObject({ code: 'unexpected', nextStep: expect.stringContaining('report it') });
    for (const odd of [undefined, null, 'text', { code: 'constructor' }, { code: 7 }]) expect(asHarnessError(odd)).toMatchObject({ code: 'unexpected' });
    const own = new HarnessError({ code: 'c', kind: 'usage', message: 'm', nextStep: 'n' });
    expect(asHarnessError(own)).toBe(own);
  });
});
