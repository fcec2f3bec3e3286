import { durationText } from '../activity-text.js';
import { nightHeadline, nightVerdictWords, type NightRow, type NightSummary } from '../night-summary.js';
import { html, type Markup } from './markup.js';
import { page } from './page.js';
import { signs } from './test-entry.js';

type Look = 'passed' | 'failed' | 'bench' | 'skipped';

/** Colour and sign of each way in which a run of a night ends; what says nothing about the firmware looks like the bench. */
const looks: Readonly<Record<NightRow['verdict'], Look>> = { passed: 'passed', failed: 'failed', bench: 'bench', configuration: 'bench', guard: 'bench', 'not-run': 'skipped' };

/**
 * A night as one page: every run in its order, with a way to its own page.
 * @param pageOf where the page of a run's folder is, relative to this one; undefined: it left none
 */
export function nightHtml(night: NightSummary, pageOf: (folder: string) => string | undefined): string {
  const verdict = night.verdict === 'passed' || night.verdict === 'failed' ? night.verdict : 'bench';
  const count = (look: Look, noun: string): Markup => {
    const value = night.rows.filter((row) => looks[row.verdict] === look).length;
    return html`<div class="${look}${value === 0 && ' none'}"><b>${value}</b> ${noun}</div>`;
  };
  return page({
    title: `rot-hil: ${night.night}`,
    verdict,
    heading: night.night,
    footer: 'Shown is the last attempt of each run. A bench fault says nothing about the firmware.',
    body: html`<div class="card verdict ${verdict}"><div class="head"><span class="badge">${night.verdict.toUpperCase()}</span><h1>${nightHeadline(night).replace(/^[^:]*: /, '')}</h1></div>
<div class="counts">${count('failed', 'runs failed')}${count('bench', 'without a result')}${count('passed', 'passed')}${count('skipped', 'not run')}<div class="all"><b>${durationText(night.durationMs)}</b> in all</div></div>
<p class="legend">lab ${night.lab}</p></div>
<h2>Runs</h2>
<div class="card scroll"><table class="runs"><tr><th>board</th><th>configuration</th><th>verdict</th><th class="n">passed</th><th class="n">failed</th><th class="n">skipped</th><th class="n">attempts</th><th class="n">took</th><th>page</th></tr>
${night.rows.map((row) => rowMarkup(row, row.folder === null ? undefined : pageOf(row.folder)))}</table></div>
<h2>Benches</h2>
<div class="card scroll"><table><tr><th>board</th><th class="n">attempts</th><th class="n">without a result</th><th>state</th></tr>
${night.benches.map(({ board, runs, faults, quarantined }) => html`<tr><td>${board}</td><td class="n">${runs}</td><td class="n">${faults}</td><td class="${quarantined !== null && 'bench'}">${quarantined === null ? 'in use' : `quarantined: ${quarantined}`}</td></tr>
`)}</table></div>`,
  });
}

function rowMarkup(row: NightRow, path: string | undefined): Markup {
  const look = looks[row.verdict];
  return html`<tr><td>${row.board} <span class="within">${row.kit}${row.virtual && ', virtual'}</span></td><td class="w">${row.configuration}</td><td class="${look}"><span class="sign">${signs[look]}</span> ${nightVerdictWords[row.verdict]}${row.reason !== '' && html`<br><span class="within">${row.reason}</span>`}</td><td class="n">${row.passed}</td><td class="n">${row.failed}</td><td class="n">${row.skipped}</td><td class="n">${row.attempts}</td><td class="n">${durationText(row.durationMs)}</td><td class="w">${path === undefined ? html`<span class="within">none</span>` : html`<a href="${encodeURI(path)}">report</a>`}</td></tr>
`;
}
