import type { Finding, Severity } from './finding.js';
import { rules } from './rules/index.js';

const levels: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', info: 'note' };

/** Findings as SARIF 2.1.0 (OASIS), one run; `artifact` is the path of what was checked. */
export function sarif(subjects: readonly { readonly artifact: string; readonly findings: readonly Finding[] }[]): string {
  const uri = (path: string): string => encodeURI(path.replace(/\\/g, '/'));
  const results = subjects.flatMap(({ artifact, findings }) =>
    findings.map(({ rule, severity, address, expected, found, fix, place }) => ({
      ruleId: rule,
      ruleIndex: rules.findIndex(({ id }) => id === rule),
      level: levels[severity],
      message: { text: `expected ${expected}; found ${found}. Fix: ${fix}` },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: uri(place?.file ?? artifact) },
            ...(place === null ? {} : { region: { startLine: place.line } }),
            ...(address === null ? {} : { address: { absoluteAddress: Number(address) } }),
          },
        },
      ],
    })),
  );
  const driver = {
    name: 'rot-hil check',
    informationUri: 'https://www.npmjs.com/package/rot-hil',
    rules: rules.map(({ id, title, severity, why, fix }) => ({ id, shortDescription: { text: title }, fullDescription: { text: `${why}.` }, help: { text: fix }, defaultConfiguration: { level: levels[severity] } })),
  };
  return JSON.stringify({ $schema: 'https://json.schemastore.org/sarif-2.1.0.json', version: '2.1.0', runs: [{ tool: { driver }, results }] }, null, 2) + '\n';
}
