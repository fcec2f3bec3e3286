import type { Activity } from '../activity.js';
import { isQuiet } from '../activity.js';
import { durationText, faultLines, sizeText } from '../activity-text.js';
import { gist } from '../message-text.js';
import { counted, type TestRun } from '../run-summary.js';
import { consoleMarkup, shortened } from './console.js';
import { html, Markup } from './markup.js';

export const signs = { passed: '✓', failed: '✗', bench: '!', skipped: '–' } as const;

/** Where the writer of a record keeps files. A record of somebody else's making may name any place: there goes no link. */
const keptPath = /^attachments\/[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

/** A test as one line, which opens to everything that happened in it. @param consoleLines most lines of its console; open whether it is so from the beginning */
export function testEntry(test: TestRun, id: string, suite: string, consoleLines: number, open: boolean): Markup {
  const note = test.verdict === 'passed' ? undefined : gist(test.messages[0] ?? '').slice(0, 300);
  const within = test.ancestors.length > 0 && html`<span class="within">${test.ancestors.join(' › ')} › </span>`;
  return html`<details class="test ${test.verdict}" id="${id}" data-verdict="${test.verdict}" data-entry="${[suite, ...test.ancestors, test.title, note ?? ''].join(' ')}"${open && new Markup(' open')}>
<summary><span class="sign" title="${test.verdict}">${signs[test.verdict]}</span><span>${within}${test.title}${tags(test)}</span><span class="took">${test.verdict === 'skipped' ? '' : durationText(test.durationMs)}</span>${note !== undefined && html`<span class="note">${note}</span>`}</summary>
<div class="body">${test.verdict !== 'passed' && test.messages.map((message) => html`<pre class="message">${message}</pre>`)}${activityMarkup(test, consoleLines)}</div>
</details>
`;
}

/** What happened around the tests of a suite, closed. */
export function aroundEntry(around: Activity, id: string, consoleLines: number): Markup | undefined {
  if (isQuiet(around)) return undefined;
  return html`<details class="test skipped" id="${id}">
<summary><span class="sign">·</span><span class="within">before, between and after the tests${tags(around)}</span><span class="took">${counts(around)}</span></summary>
<div class="body">${activityMarkup(around, consoleLines)}</div>
</details>
`;
}

function counts({ toolCalls, console }: Activity): string {
  return [toolCalls.length > 0 && counted(toolCalls.length, 'tool call'), console.length > 0 && counted(console.length, 'line')].filter(Boolean).join(', ');
}

function tags({ faults, boots, attachments }: Activity): Markup[] {
  return [
    ...faultTags(faults.filter(({ expected }) => expected !== true).length, ' failed', ''),
    ...faultTags(faults.filter(({ expected }) => expected === true).length, '', 'provoked '),
    ...(boots.length > 0 ? [html`<span class="tag">${boots.length === 1 ? 'boot' : `${boots.length} boots`}</span>`] : []),
    ...(attachments.length > 0 ? [html`<span class="tag">${attachments.length === 1 ? 'file' : `${attachments.length} files`}</span>`] : []),
  ];
}

function faultTags(count: number, look: string, how: string): Markup[] {
  return count === 0 ? [] : [html`<span class="tag${look}">${count === 1 ? `${how}fault` : `${count} ${how}faults`}</span>`];
}

function activityMarkup(activity: Activity, consoleLines: number): Markup {
  const { faults, console, attachments } = activity;
  return html`${faults.length > 0 && html`<h3>Faults of the core</h3>${faults.map((fault) => html`<pre class="${fault.expected === true ? '' : 'message failed'}">${faultLines(fault).join('\n')}</pre>`)}`}${
    console.length > 0 && html`<h3>Console <span class="within">seconds since the start of the run</span></h3><pre tabindex="0">${consoleMarkup(shortened(console, consoleLines))}</pre>`
  }${attachments.length > 0 && html`<h3>Files</h3><ul class="plain">${attachments.map((file) => html`<li>${keptPath.test(file.path) ? html`<a href="${file.path}">${file.name}</a>` : file.name} <span class="within">${file.mediaType}, ${sizeText(file.sizeBytes)}, SHA-256 <code>${file.sha256}</code></span></li>`)}</ul>`}${doings(activity)}`;
}

interface Doing {
  readonly time: string;
  readonly what: string;
  readonly detail: Markup | string;
  readonly took: string;
  readonly bad: boolean;
}

/** Steps, calls of the tool and starts, in the order of their ends. */
function doings({ steps, toolCalls, boots }: Activity): Markup | undefined {
  const rows: Doing[] = [
    ...steps.map(({ time, name, detail }) => ({ time, what: name, detail, took: '', bad: false })),
    ...toolCalls.map((call) => ({
      time: call.time,
      what: `tool: ${call.outcome}`,
      detail: html`<code>${call.arguments.join(' ')}</code>${call.exitCode !== null && call.exitCode !== 0 && ` exit status ${call.exitCode}`}`,
      took: durationText(call.durationMs),
      bad: call.outcome !== 'ok',
    })),
    ...boots.map(({ time, version, starts, durationMs }) => ({
      time,
      what: 'boot',
      detail: `${version === null ? 'no version told' : `version ${version}`}${starts === 1 ? '' : `, ${starts} starts`}`,
      took: durationText(durationMs),
      bad: false,
    })),
  ].sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  if (rows.length === 0) return undefined;
  return html`<details class="more"><summary>${rows.length} steps, tool calls and boots</summary><div class="scroll"><table><tr><th>time (UTC)</th><th>what</th><th></th><th class="n">took</th></tr>${rows.map(
    ({ time, what, detail, took, bad }) => html`<tr><td class="mono">${time.slice(11, 23)}</td><td class="${bad && 'err'}">${what}</td><td>${detail}</td><td class="n">${took}</td></tr>`,
  )}</table></div></details>`;
}
