import type { TestVerdict } from '../../record/index.js';
import { durationText } from '../activity-text.js';
import type { BoardHistory, History, HistoryRun, TestHistory } from '../history.js';
import { worstVerdict } from '../totals.js';
import { html, type Markup } from './markup.js';
import { page } from './page.js';
import { signs } from './test-entry.js';

/** Results shown per test: the newest ones. */
const maxCells = 60;

/** Trends over many runs as one page: boards, what is flaky, every test over the runs, boot times. */
export function historyHtml(history: History): string {
  const { runs, boards } = history;
  const latest = boards.map((board) => runs[board.runs[board.runs.length - 1]].verdict);
  const tests = boards.flatMap((board) => board.tests);
  const flaky = tests.filter((test) => test.flaky).length;
  const verdict = worstVerdict(latest);
  const count = (value: number, noun: string, style = ''): Markup => html`<div class="${style}${value === 0 && ' none'}"><b>${value}</b> ${noun}</div>`;
  return page({
    title: `rot-hil: ${runs.length} runs`,
    verdict,
    heading: runs.length === 0 ? '' : `${runs[0].time.slice(0, 10)} to ${runs[runs.length - 1].time.slice(0, 10)}`,
    footer: 'Flaky: passed and failed with one and the same application. Faults of the bench count for neither.',
    body: html`<div class="card verdict ${verdict}"><div class="head"><span class="badge">${verdict.toUpperCase()}</span><h1>${runs.length} runs on ${boards.length} ${boards.length === 1 ? 'board configuration' : 'board configurations'}</h1></div>
<div class="counts">${count(runs.filter((run) => run.verdict === 'passed').length, 'runs passed', 'passed')}${count(runs.filter((run) => run.verdict === 'failed').length, 'failed', 'failed')}${count(runs.filter((run) => run.verdict === 'bench').length, 'without a result: bench', 'bench')}${count(tests.length, 'tests')}${count(flaky, 'flaky', flaky > 0 ? 'bench' : '')}</div>
<p class="legend">the verdict is that of the latest run on each board</p></div>
${boards.map((board) => boardMarkup(board, runs))}`,
  });
}

function boardMarkup(board: BoardHistory, runs: readonly HistoryRun[]): Markup {
  const { bootPath, mode, exec } = board.configuration;
  const rank = (test: TestHistory): number => (test.last === 'failed' ? 0 : test.flaky ? 1 : test.changes > 0 ? 2 : test.last === 'bench' ? 3 : test.last === 'passed' ? 4 : 5);
  const tests = board.tests.map((test, index) => ({ test, index })).sort((a, b) => rank(a.test) - rank(b.test) || a.index - b.index);
  const telling = tests.filter(({ test }) => rank(test) < 4);
  const quiet = tests.filter(({ test }) => rank(test) >= 4);
  return html`<h2>${board.board} <span class="within">${board.kit}${board.virtual && ', virtual'} · ${bootPath}, ${mode}, ${exec}</span></h2>
<div class="card"><h3>Runs</h3><div class="scroll"><table><tr><th>run</th><th>verdict</th><th class="n">passed</th><th class="n">failed</th><th class="n">bench</th><th class="n">skipped</th><th class="n">took</th><th>application</th></tr>
${[...board.runs].reverse().slice(0, maxCells).map((index) => runRow(runs[index]))}</table></div>
${board.boots && bootsMarkup(board.boots, runs)}</div>
<div class="card">${telling.length > 0 ? html`<h3>Tests that failed, changed or have no result</h3>${testsTable(telling.map(({ test }) => test), runs)}` : html`<p class="within">Every test that ran passed in every run.</p>`}
<details class="more"><summary>${quiet.length} other tests</summary>${testsTable(quiet.map(({ test }) => test), runs)}</details></div>
`;
}

function runRow({ run, page: path, verdict, reason, counts, durationMs, application }: HistoryRun): Markup {
  const number = (one: TestVerdict): Markup => html`<td class="n">${counts[one] === 0 ? html`<span class="within">0</span>` : counts[one]}</td>`;
  return html`<tr><td class="mono">${path === null ? run : html`<a href="${encodeURI(path)}">${run}</a>`}</td><td class="${verdict}" title="${reason}"><span class="sign">${signs[verdict]}</span> ${verdict}</td>${number('passed')}${number('failed')}${number('bench')}${number('skipped')}<td class="n">${durationMs === null ? 'not finished' : durationText(durationMs)}</td><td>${application.version} <code class="within">${application.sha256.slice(0, 10)}</code></td></tr>
`;
}

function testsTable(tests: readonly TestHistory[], runs: readonly HistoryRun[]): Markup {
  return html`<div class="scroll"><table><tr><th>test</th><th>results, oldest first</th><th class="n">passed</th><th class="n">median</th><th class="n">95 %</th></tr>
${tests.map(
  (test) => html`<tr><td><span class="${test.last}"><span class="sign">${signs[test.last]}</span></span> <span class="within">${test.suite} ›</span> ${test.title}${test.flaky && html`<span class="tag failed">flaky</span>`}${(test.last === 'failed' || test.last === 'bench') && html`<br><span class="within">since ${runs[test.since].run}</span>`}</td><td>${cells(test, runs)}</td><td class="n">${test.passRate === null ? '–' : `${Math.round(test.passRate * 100)} %`}</td><td class="n">${test.duration ? durationText(test.duration.median) : '–'}</td><td class="n">${test.duration ? durationText(test.duration.p95) : '–'}</td></tr>
`,
)}</table></div>`;
}

function cells({ results }: TestHistory, runs: readonly HistoryRun[]): Markup {
  return html`<div class="cells">${results.slice(-maxCells).map(({ run, verdict, durationMs }) => {
    const title = `${runs[run].run}: ${verdict}${verdict === 'skipped' ? '' : `, ${durationText(durationMs)}`}`;
    const path = runs[run].page;
    return path === null ? html`<i class="${verdict}" title="${title}"></i>` : html`<a class="${verdict}" href="${encodeURI(path)}" title="${title}" aria-label="${title}"></a>`;
  })}</div>`;
}

const width = 720;
const height = 130;
const left = 60;

/** Median of each run as a mark on the range from its fastest to its slowest boot. */
function bootsMarkup(boots: NonNullable<BoardHistory['boots']>, runs: readonly HistoryRun[]): Markup {
  const shown = boots.perRun.slice(-maxCells);
  const top = Math.max(...shown.map(({ max }) => max), 1) * 1.08;
  const x = (index: number): string => (left + ((index + 0.5) * (width - left - 10)) / shown.length).toFixed(1);
  const y = (ms: number): string => (height - 18 - (ms / top) * (height - 30)).toFixed(1);
  return html`<h3>Boot times</h3><p class="within">${boots.count} boots: median ${durationText(boots.median)}, 95 % within ${durationText(boots.p95)}, ${durationText(boots.min)} to ${durationText(boots.max)}</p>
<div class="scroll"><svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="boot times per run">
${[0, 0.5, 1].map((share) => html`<line class="axis" x1="${left}" x2="${width}" y1="${y((top / 1.08) * share)}" y2="${y((top / 1.08) * share)}"/><text x="${left - 6}" y="${Number(y((top / 1.08) * share)) + 4}" text-anchor="end">${durationText((top / 1.08) * share)}</text>`)}
${shown.map(({ run, min, max, median }, index) => html`<g><title>${runs[run].run}: median ${durationText(median)}, ${durationText(min)} to ${durationText(max)}</title><line class="range" x1="${x(index)}" x2="${x(index)}" y1="${y(min)}" y2="${y(max)}"/><circle class="mark" cx="${x(index)}" cy="${y(median)}" r="3.5"/></g>`)}
<text x="${left}" y="${height - 2}">${runs[shown[0].run].time.slice(0, 16).replace('T', ' ')}</text><text x="${width}" y="${height - 2}" text-anchor="end">${runs[shown[shown.length - 1].run].time.slice(0, 16).replace('T', ' ')}</text>
</svg></div>`;
}
