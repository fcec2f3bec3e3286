import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseDiscovery, permitsFullRegression } from './discovery-report.js';

const rows = (lifeCycle: string, integrity = '0xeaeaeaea'): string[] => [
  'discovery: target ID.......................:0x485',
  'discovery: SoC ID..........................:0x00000000_00000000_00000000_00000000',
  `discovery: PSA lifecycle...................:${lifeCycle}`,
  `discovery: ST provisioning integrity status:${integrity}`,
  'discovery: ST HDPL1 status: 0x1',
  'discovery: permission if authorized...........:(a/14) ==> Full Regression',
  'discovery: permission if authorized...........:(b/12) ==> To less trusted Partial Regression',
];

describe('what a discovery printed', () => {
  it.each([
    ['ST_LIFECYCLE_OPEN', 'OPEN'],
    ['ST_LIFECYCLE_PROVISIONING', 'PROVISIONING'],
    ['ST_LIFECYCLE_IROT_PROVISIONED', 'PROVISIONED'],
    ['ST_LIFECYCLE_CLOSED', 'CLOSED'],
    ['ST_LIFECYCLE_LOCKED', 'LOCKED'],
    ['ST_LIFECYCLE_TOSTRING', null],
    ['', null],
  ])('life cycle %s → %s', (text, lifeCycle) => expect(parseDiscovery(rows(text))).toMatchObject({ targetId: 0x485, lifeCycle, integrity: 0xeaeaeaea }));

  it('permissions → by name; a regression that is only partial is no full one', () => {
    expect(permitsFullRegression(parseDiscovery(rows('ST_LIFECYCLE_CLOSED')))).toBe(true);
    expect(permitsFullRegression(parseDiscovery(rows('ST_LIFECYCLE_CLOSED').filter((row) => !row.includes('Full'))))).toBe(false);
  });

  it('two different values of one row → that row says nothing', () => {
    expect(parseDiscovery([...rows('ST_LIFECYCLE_OPEN'), ...rows('ST_LIFECYCLE_CLOSED', '0xf5f5f5f5')])).toMatchObject({ lifeCycle: null, integrity: null, targetId: 0x485 });
  });

  it('anything → never a life cycle or an integrity that was not printed, never an exception', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('discovery: PSA lifecycle', 'discovery: x...:y', 'discovery:')), { maxLength: 30 }), (lines) => {
        fc.pre(!lines.some((line) => /ST_LIFECYCLE|integrity/.test(line)));
        expect(parseDiscovery(lines)).toMatchObject({ lifeCycle: null, integrity: null });
      }),
      { numRuns: 300 },
    );
  });
});
