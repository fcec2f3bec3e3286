import buildJsonResults from 'jest-junit/utils/buildJsonResults.js';
import type { SuiteFailed } from '../record/index.js';
import { noActivity } from './activity.js';
import { consoleText, faultLines } from './activity-text.js';
import { gist } from './message-text.js';
import { fullTitle, objectionOf, type RunSummary, type SuiteRun, type TestRun } from './run-summary.js';
import { attributeText, xmlText } from './xml-text.js';
import { childrenOf, element, fromJson, render, type XmlElement } from './xml-tree.js';

/** One `<testcase>`: a test, or a suite file that failed as a whole. */
interface Case {
  readonly title: string;
  readonly status: 'passed' | 'failed' | 'error' | 'pending';
  readonly messages: readonly string[];
  readonly durationMs: number;
  readonly console: readonly string[];
  /** Explained faults of the core. */
  readonly faults: readonly string[];
}

const statusOf = { passed: 'passed', failed: 'failed', bench: 'error', skipped: 'pending' } as const;

/**
 * JUnit XML of one or more runs, through jest-junit: one `<testsuite>` per suite file, board configuration and repetition.
 * `<failure>` is an assertion or a fault of the board, `<error>` a fault of the bench.
 */
export function junitXml(runs: readonly RunSummary[]): string {
  const root = element('testsuites', { name: 'rot-hil' });
  // No sum of the skipped: the schema of Jenkins' xUnit plugin has none here.
  const totals = { tests: 0, failures: 0, errors: 0, time: 0 };
  for (const run of runs) {
    for (const suite of [...run.suites, ...wholeRun(run)]) {
      const made = testSuite(run, suite);
      root.children.push(made);
      for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += Number(made.attributes[key]);
    }
  }
  for (const [key, value] of Object.entries(totals)) root.attributes[key] = key === 'time' ? value.toFixed(3) : String(value);
  return render(root);
}

/** What is wrong with the run and stands in none of its suites, so that no reader of the file takes it for green: it was not finished, or nothing was tested. */
function wholeRun(run: RunSummary): SuiteRun[] {
  const objection = objectionOf(run);
  // Without its beginning it is no run: a night tells in this way of one that left no record.
  if (objection === undefined || run.started === undefined) return [];
  const time = run.ended?.time ?? run.started.time;
  const at = Date.parse(time) || 0;
  return [{ suite: 'the run', repetition: 1, startedAt: at, endedAt: at, tests: [], around: noActivity(), ended: true, failures: [{ event: 'suite-failed', time, repetition: 1, suite: 'the run', ...objection }] }];
}

function testSuite(run: RunSummary, suite: SuiteRun): XmlElement {
  const cases = [...distinctCases(suite.tests), ...suite.failures.map(caseOfSuite)];
  const count = (status: Case['status']): number => cases.filter((one) => one.status === status).length;
  const name = suite.repetition === 1 ? suite.suite : `${suite.suite} (repetition ${suite.repetition})`;
  const built = fromJson(
    buildJsonResults(
      {
        startTime: suite.startedAt,
        testResults: [
          {
            testFilePath: `/${suite.suite}`,
            numFailingTests: count('failed') + count('error'),
            numPassingTests: count('passed'),
            numPendingTests: count('pending'),
            perfStats: { start: suite.startedAt, end: suite.endedAt },
            testResults: cases.map(({ title, status, messages, durationMs }) => ({
              ancestorTitles: [],
              title,
              duration: durationMs,
              status,
              failureMessages: messages.length > 0 ? [xmlText(messages.join('\n\n'))] : [],
            })),
          },
        ],
      },
      '/',
      {
        suiteName: 'rot-hil',
        suiteNameTemplate: () => attributeText(name),
        classNameTemplate: () => attributeText(suite.suite),
        titleTemplate: ({ title }) => title,
        ancestorSeparator: ' › ',
        filePathPrefix: '',
        addFileAttribute: 'false',
        noStackTrace: 'false',
        reportTestSuiteErrors: 'false',
        includeConsoleOutput: 'false',
        includeShortConsoleOutput: 'false',
        // Files of the user's that jest-junit would load as code; these names exist nowhere.
        testSuitePropertiesDirectory: '/',
        testSuitePropertiesFile: 'rot-hil-has-none',
        testCasePropertiesDirectory: '/',
        testCasePropertiesFile: 'rot-hil-has-none',
      },
      null,
    ),
  );
  const [made] = childrenOf(built, 'testsuite');
  // jest-junit makes no suite of an empty one.
  const result = made ?? element('testsuite', { name: attributeText(name), timestamp: new Date(suite.startedAt).toISOString().slice(0, -5) });
  Object.assign(result.attributes, {
    tests: String(cases.length),
    failures: String(count('failed')),
    errors: String(count('error')),
    skipped: String(count('pending')),
    time: (cases.reduce((sum, one) => sum + one.durationMs, 0) / 1000).toFixed(3),
  });
  result.children.unshift(properties(run, suite));
  childrenOf(result, 'testcase').forEach((testcase, index) => complete(testcase, cases[index]));
  return result;
}

/** What jest-junit leaves out: message and type of a failure, why a test was skipped, the console. */
function complete(testcase: XmlElement, one: Case): void {
  const [first = ''] = one.messages;
  for (const child of testcase.children) {
    if (typeof child === 'string') continue;
    if (child.name === 'failure' || child.name === 'error') {
      child.attributes['message'] = attributeText(gist(first));
      child.attributes['type'] = child.name === 'failure' ? 'failure' : 'bench';
    } else if (child.name === 'skipped') {
      child.attributes['message'] = attributeText(first);
    }
  }
  if (one.console.length > 0) testcase.children.push(element('system-out', {}, [xmlText(one.console.join('\n'))]));
  if (one.faults.length > 0) testcase.children.push(element('system-err', {}, [xmlText(one.faults.join('\n'))]));
}

function distinctCases(tests: readonly TestRun[]): Case[] {
  const seen = new Set<string>();
  return tests.map((test) => ({
    title: unusedTitle(attributeText(fullTitle(test)) || '(no title)', seen),
    status: statusOf[test.verdict],
    messages: test.verdict === 'passed' ? [] : test.messages.length > 0 ? test.messages : ['no message'],
    durationMs: test.durationMs,
    console: test.console.map(consoleText),
    faults: test.faults.flatMap(faultLines),
  }));
}

/** A name stands once per suite, or consumers would merge two tests into one. */
function unusedTitle(title: string, seen: Set<string>): string {
  let name = title;
  for (let number = 2; seen.has(name); number++) name = `${title} (${number})`;
  seen.add(name);
  return name;
}

function caseOfSuite(failure: SuiteFailed, index: number): Case {
  const title = index === 0 ? 'the suite runs to its end' : `the suite runs to its end (${index + 1})`;
  return { title, status: statusOf[failure.kind], messages: [failure.message], durationMs: 0, console: [], faults: [] };
}

function properties(run: RunSummary, suite: SuiteRun): XmlElement {
  const { started, opened } = run;
  const values: Record<string, string> = started
    ? {
        'board.kit': started.board.kit,
        'board.name': started.board.name,
        'probe.sn': started.board.probeSn,
        'boot.path': started.configuration.bootPath,
        'boot.mode': started.configuration.mode,
        'boot.exec': started.configuration.exec,
        ...(started.configuration.mce === undefined ? {} : { 'boot.mce': started.configuration.mce }),
        virtual: String(started.board.virtual),
        'app.sha256': started.application.sha256,
        'app.version': started.application.version,
        'tool.version': `${started.tool.name} ${started.tool.version}`.trim(),
        'harness.version': started.harness.version,
        ...(opened?.probeFirmware ? { 'probe.firmware': opened.probeFirmware } : {}),
        ...(started.seed === null ? {} : { seed: String(started.seed) }),
        run: started.run,
      }
    : {};
  values['repetition'] = String(suite.repetition);
  return element('properties', {}, Object.entries(values).map(([name, value]) => element('property', { name, value: attributeText(value) })));
}
