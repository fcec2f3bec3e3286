import type { SessionEvent } from '../session/index.js';
import { faultText, openSession } from '../session/opening.js';
import { boardEnvironment } from './board-environment.js';
import type { BoardRun, OpenBoard } from './board-run.js';
import { BoardMatchers } from './matchers/board-matchers.js';

/** The environment of `rot-hil run`: opens the bench that the run file names. */
export default boardEnvironment(openBench);

async function openBench(run: BoardRun): Promise<OpenBoard> {
  // Lines are stamped by the console's own clock; the first may come before its start is known here.
  const start: { ms?: number } = {};
  let writes = 0;
  const session = await openSession({
    ...run.file.session,
    onEvent: (event) => {
      if (event.event === 'tool' && event.call.arguments.some((word) => changing.has(word))) writes++;
      note(run, event, start.ms);
    },
  });
  start.ms = run.now() - session.console.now();
  const { probeSn, probeFirmware, probeBoard, toolVersion } = session.identity;
  run.record.append({ event: 'board-opened', time: new Date().toISOString(), repetition: run.file.repetition, probeSn, probeFirmware, probeBoard, toolVersion, consolePath: session.console.path });
  return { session, matchers: new BoardMatchers(session, () => writes), boardNow: () => session.console.boardNow(), close: () => session.close() };
}

/** Commands of the tool that write to the board (UM2237). */
const changing = new Set(['-d', '-w', '-e', '-sdp', '-w8', '-w16', '-w32', '-obrss', '-psrss', '-ob']);

/** @param consoleStart when the console's clock began, milliseconds since the start of the run */
function note(run: BoardRun, event: SessionEvent, consoleStart: number | undefined): void {
  const time = new Date().toISOString();
  switch (event.event) {
    case 'waited':
      run.waits.ended(event.durationMs);
      return;
    case 'tool': {
      run.waits.ended(event.call.durationMs);
      const { arguments: words, durationMs, exitCode, outcome } = event.call;
      run.record.append({ event: 'tool-called', time, arguments: words, durationMs, exitCode, outcome });
      run.appendToolLog(`${time} ${outcome} ${exitCode ?? '-'} ${Math.round(durationMs)} ms  ${words.join(' ')}\n`);
      return;
    }
    case 'console': {
      const at = consoleStart === undefined ? run.now() : Math.round(consoleStart + event.line.at);
      run.record.printed({ at, text: event.line.text });
      run.appendConsoleLog(`[${(at / 1000).toFixed(3).padStart(9)}] ${event.line.text}\n`);
      return;
    }
    case 'booted':
      run.record.append({ event: 'booted', time, durationMs: Math.round(event.durationMs), version: event.version, starts: event.starts, jumped: event.jumped });
      return;
    case 'fault': {
      const { source, expected, explanation } = event;
      const report = faultText(explanation);
      run.record.append({ event: 'fault', time, source, expected, summary: report[0] ?? explanation.summary, report, explanation });
      return;
    }
    case 'step':
      run.record.append({ event: 'step', time, name: event.name, detail: event.detail });
      run.appendToolLog(`${time} # ${event.name}: ${event.detail}\n`);
      return;
  }
}
