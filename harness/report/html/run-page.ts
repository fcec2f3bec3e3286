import type { TestVerdict } from '../../record/index.js';
import { durationText } from '../activity-text.js';
import { overhead } from '../overhead.js';
import { counted, fullTitle, objectionOf, verdictOf, type RunSummary, type SuiteRun, type TestRun } from '../run-summary.js';
import { brief, faultKey } from '../message-text.js';
import { statistics } from '../statistics.js';
import { html, type Markup } from './markup.js';
import { page } from './page.js';
import { aroundEntry, signs, testEntry } from './test-entry.js';

/** Console lines that one page shows in full; beyond, those of tests that passed are shortened. */
const pageLines = 200_000;
const shortLines = 60;
/** Failures named at the top, and as many as this open from the beginning. */
const maxProblems = 50;
const maxOpen = 5;
const order: readonly TestVerdict[] = ['failed', 'bench', 'passed', 'skipped'];

/** One run as a page of its own: verdict, configuration, suites, tests with everything that happened in them. */
export function runHtml(run: RunSummary): string {
  const { started } = run;
  const { verdict, reason } = verdictOf(run);
  const tests = run.suites.flatMap((suite, s) => suite.tests.map((test, t) => ({ test, suite, id: `t${s}-${t}` })));
  const ran = tests.filter(({ test }) => test.verdict !== 'skipped');
  const board = started ? `${started.board.name} · ${started.configuration.bootPath}, ${started.configuration.mode}, ${started.configuration.exec}` : 'a run whose record has no beginning';
  return page({
    title: `${verdict.toUpperCase()} ${board}`,
    verdict,
    heading: started?.run ?? '',
    footer: html`Drawn from the record of the run by rot-hil${started && ` ${started.harness.version}`}. Times are those of the host.`,
    body: html`<div class="card verdict ${verdict}">
<div class="head"><span class="badge">${verdict.toUpperCase()}</span><h1>${board}</h1></div>
${reason !== '' && html`<p class="reason">${reason}</p>`}
<div class="counts">${order.map((one) => html`<div class="${one}${run.counts[one] === 0 && ' none'}"><b>${run.counts[one]}</b> ${one}</div>`)}<div class="all"><b>${run.ended ? durationText(run.ended.durationMs) : '…'}</b> ${run.ended ? 'in all' : 'not finished'}</div></div>
${ran.length > 0 && html`<div class="strip">${ran.map(({ test, id }) => strip(test, id))}</div>
<p class="legend">every test in its order, as wide as it took long</p>`}
</div>
${facts(run)}${problems(run, tests)}${skips(run)}
<div class="tools" id="tools" hidden><input id="search" type="search" placeholder="filter tests, suites, messages  ( / )" aria-label="filter">${order.filter((one) => run.counts[one] > 0).map((one) => html`<button type="button" class="${one}" data-only="${one}" aria-pressed="false">${signs[one]} ${one}</button>`)}</div>
${suitesMarkup(run)}${times(run, tests)}`,
  });
}

interface Placed {
  readonly test: TestRun;
  readonly suite: SuiteRun;
  readonly id: string;
}

function strip(test: TestRun, id: string): Markup {
  const title = `${fullTitle(test)}: ${test.verdict}, ${durationText(test.durationMs)}`;
  return html`<a class="${test.verdict}" href="#${id}" title="${title}" aria-label="${title}" style="flex-grow:${Math.max(1, Math.round(test.durationMs))}"></a>`;
}

function facts({ started, opened, suites }: RunSummary): Markup | undefined {
  if (!started) return undefined;
  const { board, configuration, application, update, tool, harness } = started;
  const fact = (name: string, value: Markup | string | undefined): Markup | undefined => (value === undefined ? undefined : html`<div><dt>${name}</dt><dd>${value}</dd></div>`);
  const app = ({ version, sha256, path }: typeof application): Markup => html`${version} <small class="mono">${path}</small><br><small>SHA-256 <code title="${sha256}">${sha256.slice(0, 16)}…</code></small>`;
  const repetitions = Math.max(1, ...suites.map(({ repetition }) => repetition));
  return html`<div class="card"><dl class="facts">
${fact('Board', html`${board.name} <small>${board.kit}${board.virtual ? ', virtual' : ', real'}</small>`)}
${fact('Probe', html`<span class="mono">${board.probeSn}</span> <small>${[opened?.probeFirmware, opened?.probeBoard].filter(Boolean).join(', ')}</small>`)}
${fact('Boot path', `${configuration.bootPath}, ${configuration.mode}, ${configuration.exec}${configuration.mce === 'off' ? ', memory cipher engine off' : ''}`)}
${fact('Application', app(application))}
${update && fact('Update', app(update))}
${fact('Tool', `${tool.name} ${tool.version}`)}
${fact('Harness', html`rot-hil ${harness.version} <small>Node ${harness.node}${harness.platform && `, ${harness.platform}`}</small>`)}
${fact('Seed', started.seed === null ? 'none: not reproducible' : String(started.seed))}
${repetitions > 1 && fact('Repetitions', String(repetitions))}
${fact('Started', html`<span class="mono">${started.time.replace('T', ' ').slice(0, 19)} UTC</span>`)}
${opened && fact('Console', html`<span class="mono">${opened.consolePath}</span>`)}
</dl></div>
`;
}

function problems(run: RunSummary, tests: readonly Placed[]): Markup | undefined {
  const whole = run.unread.length > 0 ? objectionOf(run) : undefined;
  const found = [
    ...(whole === undefined ? [] : [{ verdict: whole.kind, title: 'the run', href: '', message: [whole.message, ...run.unread.map(({ line, message }) => `line ${line}: ${message}`)].join('\n') }]),
    ...run.suites.flatMap((suite, s) => suite.failures.map((failure) => ({ verdict: failure.kind, title: suite.suite, href: `s${s}`, message: failure.message }))),
    ...tests.filter(({ test }) => test.verdict === 'failed' || test.verdict === 'bench').map(({ test, suite, id }) => ({ verdict: test.verdict, title: `${suite.suite} › ${fullTitle(test)}`, href: id, message: test.messages.join('\n') })),
  ];
  if (found.length === 0) return undefined;
  // What follows a bench fault repeats its message: told once, the rest is counted.
  const told = new Set<string>();
  const distinct = found.filter(({ verdict, message }) => {
    const key = faultKey(message);
    const again = told.has(key);
    told.add(key);
    return verdict === 'failed' || !again;
  });
  const shown = distinct.slice(0, maxProblems);
  return html`<h2>${found.length === 1 ? 'What went wrong' : `What went wrong: ${counted(found.length, 'problem')}`}</h2>
<div class="card"><ul class="plain">${shown.map(({ verdict, title, href, message }) => html`<li class="problem ${verdict}"><span class="sign">${signs[verdict]}</span>${href === '' ? html`<b>${title}</b>` : html`<a href="#${href}">${title}</a>`}<span class="why">${firstLines(message, 5)}</span></li>`)}${
    found.length > shown.length && html`<li class="within">and ${found.length - shown.length} more, below</li>`
  }</ul></div>
`;
}

function firstLines(message: string, most: number): string {
  const { lines, left } = brief(message, most);
  return lines.join('\n').slice(0, 800) + (left > 0 ? '\n…' : '');
}

function skips(run: RunSummary): Markup | undefined {
  const reasons = new Map<string, number>();
  for (const test of run.suites.flatMap((suite) => suite.tests)) {
    if (test.verdict === 'skipped') reasons.set(test.messages[0] ?? '', (reasons.get(test.messages[0] ?? '') ?? 0) + 1);
  }
  if (reasons.size === 0) return undefined;
  return html`<h2>Skipped</h2><div class="card scroll"><table class="reasons">${[...reasons].map(([reason, count]) => html`<tr><td class="n">${count}</td><td>${reason}</td></tr>`)}</table></div>
`;
}

function suitesMarkup(run: RunSummary): Markup[] {
  const lines = run.suites.reduce((sum, { tests, around }) => sum + around.console.length + tests.reduce((all, { console }) => all + console.length, 0), 0);
  const most = (verdict: TestVerdict): number => (lines <= pageLines || verdict === 'failed' || verdict === 'bench' ? Infinity : shortLines);
  const bad = run.counts.failed + run.counts.bench;
  const opens = ({ verdict }: TestRun): boolean => bad <= maxOpen && (verdict === 'failed' || verdict === 'bench');
  return run.suites.map((suite, s) => {
    const counts = order.map((verdict) => ({ verdict, count: suite.tests.filter((test) => test.verdict === verdict).length })).filter(({ count }) => count > 0);
    const took = suite.tests.reduce((sum, { durationMs }) => sum + durationMs, 0);
    return html`<section class="suite" id="s${s}"><header><h2>${suite.suite}</h2>${suite.repetition > 1 && html`<span>repetition ${suite.repetition}</span>`}<span>${counts.map(({ verdict, count }) => `${count} ${verdict}`).join(', ')}${counts.length > 0 && ' · '}${durationText(took)}</span></header>
${suite.failures.map(({ kind, message }) => html`<pre class="message ${kind}">${message}</pre>`)}
<div class="list">${aroundEntry(suite.around, `s${s}-around`, most('passed'))}${suite.tests.map((test, t) => testEntry(test, `t${s}-${t}`, suite.suite, most(test.verdict), opens(test)))}</div></section>
`;
  });
}

/** Where the time of the run went. */
function times(run: RunSummary, tests: readonly Placed[]): Markup | undefined {
  if (tests.length < 2) return undefined;
  const activities = run.suites.flatMap(({ around, tests: own }) => [around, ...own]);
  const calls = activities.flatMap(({ toolCalls }) => toolCalls);
  const boots = activities.flatMap((one) => one.boots);
  const sum = (list: readonly { durationMs: number }[]): number => list.reduce((all, { durationMs }) => all + durationMs, 0);
  const slowest = [...tests].sort((a, b) => b.test.durationMs - a.test.durationMs).slice(0, 10);
  const own = overhead(run);
  const starts = statistics(boots.map(({ durationMs }) => durationMs));
  return html`<h2>Where the time went</h2>
<div class="card scroll"><table>
<tr><td>in tests</td><td class="n">${tests.length}</td><td class="n">${durationText(sum(tests.map(({ test }) => test)))}</td></tr>
${own && html`<tr><td>of that beyond the board and its tool <span class="within">median ${durationText(own.median)} a test, 95 % within ${durationText(own.p95)}, at most ${durationText(own.max)}</span></td><td class="n">${own.count}</td><td class="n">${durationText(tests.reduce((all, { test }) => all + (test.verdict === 'passed' && test.waitedMs !== undefined ? test.durationMs - test.waitedMs : 0), 0))}</td></tr>`}
<tr><td>calls of the tool</td><td class="n">${calls.length}</td><td class="n">${durationText(sum(calls))}</td></tr>
${starts && html`<tr><td>boots, from the first line to the one that decided <span class="within">median ${durationText(starts.median)}, ${durationText(starts.min)} to ${durationText(starts.max)}</span></td><td class="n">${boots.length}</td><td class="n">${durationText(sum(boots))}</td></tr>`}
</table>
<details class="more"><summary>the slowest tests</summary><table>${slowest.map(({ test, suite, id }) => html`<tr><td class="n">${durationText(test.durationMs)}</td><td><a href="#${id}">${suite.suite} › ${fullTitle(test)}</a></td></tr>`)}</table></details></div>
`;
}
