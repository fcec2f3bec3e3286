import { rules } from './rules/index.js';

/** docs/rules.md: every rule, from the rules themselves. */
export function ruleReference(): string {
  const rows = rules.map(({ id, severity, title }) => `| [${id}](#${id}) | ${severity} | ${title} |`);
  const sections = rules.map(({ id, title, severity, why, fix, source }) => `## ${id}\n\n${title}. Severity: ${severity}.\n\n- **Why**: ${why}.\n- **Fix**: ${fix}.\n- **Source**: ${source}.\n`);
  return [
    '# Rules of `rot-hil check`',
    '',
    'Generated from `harness/app-check/rules`, and compared with them by a spec. A finding may be milder than its rule: what lies in no region yet, or cannot be derived, is a warning or an info.',
    '',
    '| rule | severity | title |',
    '|---|---|---|',
    ...rows,
    '',
    ...sections,
  ].join('\n');
}
