import { describe, expect, it } from '@jest/globals';
import { checkApplication } from './check-application.js';
import { rules } from './rules/index.js';
import { sarif } from './sarif.js';
import { application, vectors } from './testing/in-memory.js';
import { surroundings } from './testing/surroundings.js';

interface Log {
  readonly version: string;
  readonly runs: readonly { readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } }; readonly results: readonly { readonly ruleId: string; readonly ruleIndex: number; readonly level: string; readonly locations: readonly unknown[] }[] }[];
}
const logOf = (subject = application()): Log => JSON.parse(sarif([{ artifact: 'build dir\\app.elf', findings: checkApplication(subject, surroundings()).findings }])) as Log;

describe('findings as SARIF', () => {
  it('one finding → one result with rule, level, path as a URI and address', () => {
    const { version, runs } = logOf(application({ vectors: vectors({ 1: 0x70000500 }) }));
    expect(version).toBe('2.1.0');
    expect(runs[0]!.results).toHaveLength(1);
    const [result] = runs[0]!.results;
    expect(result).toMatchObject({ ruleId: 'reset-handler', level: 'error', locations: [{ physicalLocation: { artifactLocation: { uri: 'build%20dir/app.elf' }, address: { absoluteAddress: 0x70000500 } } }] });
    expect(runs[0]!.tool.driver.rules[result!.ruleIndex]!.id).toBe('reset-handler');
  });

  it('no finding → a run without results that names every rule', () => {
    const { runs } = logOf();
    expect(runs[0]!.results).toEqual([]);
    expect(runs[0]!.tool.driver.rules.map(({ id }) => id)).toEqual(rules.map(({ id }) => id));
  });
});
