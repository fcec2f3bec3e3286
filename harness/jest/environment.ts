import { openSession, type SessionEvent } from '../session/index.js';
import { boardEnvironment } from './board-environment.js';
import type { BoardRun, OpenBoard } from './board-run.js';

/** The environment of `rot-hil run`: opens the bench that the run file names. */
export default boardEnvironment(openBench);

async function openBench(run: BoardRun): Promise<OpenBoard> {
  const session = await openSession({ ...run.file.session, onEvent: (event) => note(run, event) });
  const start = session.console.openedAt.getTime() - run.file.startedAt;
  return {
    session,
    mark: () => session.mark(),
    linesSince: (mark) => session.linesSince(mark).map(({ at, text }) => ({ at: Math.round(start + at), text })),
    close: () => session.close(),
  };
}

function note(run: BoardRun, event: SessionEvent): void {
  const time = new Date().toISOString();
  switch (event.event) {
    case 'tool': {
      const { arguments: words, durationMs, exitCode, outcome } = event.call;
      run.record.append({ event: 'tool-called', time, arguments: words, durationMs, exitCode, outcome });
      run.appendToolLog(`${time} ${outcome} ${exitCode ?? '-'} ${Math.round(durationMs)} ms  ${words.join(' ')}\n`);
      return;
    }
    case 'console':
      run.appendConsoleLog(`[${(run.now() / 1000).toFixed(3).padStart(9)}] ${event.line.text}\n`);
      return;
    case 'step':
      run.record.append({ event: 'step', time, name: event.name, detail: event.detail });
      run.appendToolLog(`${time} # ${event.name}: ${event.detail}\n`);
      return;
  }
}
