import { loadKit, rotConfiguration } from '../board/index.js';
import { HarnessError } from '../errors/index.js';
import { CallLog, Programmer, requireVersion, sameSerialNumber } from '../programmer/index.js';
import type { Milliseconds } from '../units/index.js';
import type { BoardSession } from './board-session.js';
import type { SessionOptions } from './session-options.js';

/**
 * Takes a board: checks that the tool answers and sees the probe, and opens the console. Nothing on the board is changed.
 * @throws HarnessError `tool-missing`, `tool-version`, `probe-missing`, `console-busy`, `console-missing` … (bench); `unknown-kit`, `unsupported-configuration`, key and file errors (usage)
 */
export async function openSession(options: SessionOptions): Promise<BoardSession> {
  const { bench } = options;
  const kit = loadKit(bench.kit);
  const configuration = rotConfiguration(kit, options.configuration);
  const seed = String(options.seed);
  const onEvent = options.onEvent ?? ((): void => undefined);
  const abort = new AbortController();
  if (options.signal?.aborted) abort.abort();
  options.signal?.addEventListener('abort', () => abort.abort(), { once: true });
  const log = options.callLogPath === undefined ? {} : { log: new CallLog(options.callLogPath) };
  const waited = (durationMs: Milliseconds): void => onEvent({ event: 'waited', durationMs });
  const programmer = new Programmer({ path: bench.programmerPath, sn: bench.probe.sn, signal: abort.signal, onCall: (call) => onEvent({ event: 'tool', call }), onPaused: waited, ...log });

  // A board is held meanwhile: what a session is made of is loaded while the tool answers.
  const rest = Promise.all([import('./board-session.js'), import('./fault-watch.js'), import('./session-keys.js'), import('../console/index.js')]);
  const toolVersion = options.toolVersion ?? (await programmer.version());
  requireVersion(toolVersion);
  const probes = await programmer.listProbes();
  const [{ BoardSession }, { FaultWatch }, { readRotKeys }, { boardTimeOf, openConsole }] = await rest;
  const keys = readRotKeys(options.keyFiles ?? {}, seed);
  const probe = probes.find(({ sn }) => sameSerialNumber(sn, bench.probe.sn));
  if (probe === undefined) {
    throw new HarnessError({
      code: 'probe-missing',
      kind: 'bench',
      message: `no ST-LINK with the serial number ${bench.probe.sn} is attached`,
      nextStep: probes.length === 0 ? "connect the board's ST-LINK" : `connect it, or use one of: ${probes.map(({ sn }) => sn).join(', ')}`,
    });
  }
  const faults = new FaultWatch(kit, configuration, options.applications);
  const console = await openConsole({
    ...bench.console,
    ...(bench.timeFile === undefined ? {} : { boardTime: boardTimeOf(bench.timeFile) }),
    // After the boot loader had it, an ST-LINK may have enumerated anew under another name.
    locate: async () => (await import('../lab/index.js')).locatePort(bench.probe.sn),
    onWaited: waited,
    onLine: (line) => {
      onEvent({ event: 'console', line });
      const fault = faults.sawLine(line.text);
      if (fault !== undefined) onEvent({ event: 'fault', ...fault });
    },
  });
  return new BoardSession({
    bench,
    kit,
    configuration,
    keys,
    seed,
    applications: options.applications,
    closing: options.closing,
    workDirectory: options.workDirectory,
    programmer,
    console,
    toolVersion,
    probe,
    abort,
    faults,
    onEvent,
  });
}
