import { isHarnessError } from '../../errors/index.js';
import type { BoardSession, ConsoleLine, ConsoleMark, SignedApplication } from '../../session/index.js';
import { msBetween, startApplication, versionTeller, type StartedApplication, type TellsVersion } from './application-start.js';
import type { BoardConsole } from './board-console.js';
import { callText, explain } from './explanation.js';
import type { MatcherResult, ToBootOptions } from './options.js';

const defaultMs = 20_000;

/** `toBoot`. @param image undefined: what is on the board */
export async function toBoot(session: BoardSession, reader: BoardConsole, image: SignedApplication | undefined, options: ToBootOptions, isNot: boolean): Promise<MatcherResult> {
  const withinMs = options.withinMs ?? defaultMs;
  const call = callText(image === undefined ? 'board' : 'image', 'toBoot', isNot, options);
  const expected = `${isNot ? 'not ' : ''}${options.version === undefined ? 'an application' : `version ${options.version}`} to start within ${withinMs} ms`;
  const result = (pass: boolean, found: string, lines: readonly ConsoleLine[], causes: readonly string[]): MatcherResult => ({ pass, message: () => explain({ call, expected, found, lines, causes }) });

  if (image !== undefined) {
    if (options.asUpdate) await session.install(image);
    else await session.provision({ image });
  }
  const mark = session.mark();
  let start: StartedApplication;
  try {
    start = await startApplication(session, withinMs);
  } catch (error) {
    // Where the bench failed, nothing is known about the image.
    if (!isHarnessError(error) || error.kind !== 'subject') throw error;
    return result(false, error.message, session.linesSince(mark), [...verifierSays(session, image), error.nextStep]);
  }
  const { report, from, spentMs } = start;
  reader.skip(report.from);
  const told = await tellOf(session, from, versionTeller(options.version, options.banner), spentMs < withinMs ? withinMs - spentMs : withinMs);
  const lines = session.linesSince(report.from);
  if (told === undefined) {
    const said = lines.filter(({ number }) => number >= from);
    return result(false, `the root of trust started an application, which ${said.length === 0 ? 'printed nothing' : `printed ${said.length} lines, none of which tells its version`}`, said.length === 0 ? lines : said.slice(0, 12), [
      said.length === 0 ? `the application does not set up the console UART (${uartOf(session)}), or at another speed, or faults before it does: \`rot-hil try <elf>\` shows what it sends, and explains a fault with symbols` : "describe the application's first line with { banner: /^my-app v(\\S+)/ }",
      ...(image !== undefined && options.asUpdate ? ['the root of trust did not install the update: look for its reason above'] : []),
    ]);
  }
  reader.skip(told.line.number + 1);
  const starts = told.version === undefined ? 'an application' : `version ${told.version}`;
  // Where the root of trust needed all of it, the application has as much again, as it was waited for.
  const tookMs = msBetween(report.lines[0], told.line) - (spentMs < withinMs ? 0 : spentMs);
  if (tookMs > withinMs) return result(false, `${starts} started, but only after ${tookMs.toFixed(1)} ms: ${told.line.text}`, lines, []);
  const pass = options.version === undefined || told.version === options.version;
  return result(pass, `${starts} started: ${told.line.text}`, lines, pass ? [] : wrongVersion(session, image, options));
}

async function tellOf(session: BoardSession, from: ConsoleMark, tells: (line: ConsoleLine) => TellsVersion | undefined, withinMs: number): Promise<TellsVersion | undefined> {
  try {
    return tells(await session.console.waitFor((line) => tells(line) !== undefined, { from, withinMs: Math.max(1, withinMs) }));
  } catch (error) {
    if (!isHarnessError(error) || (error.code !== 'console-silent' && error.code !== 'console-unexpected')) throw error;
    // It may have come too late.
    const line = session.linesSince(from).find((one) => tells(one) !== undefined);
    return line && tells(line);
  }
}

/** `UART4, 115200 baud, PD1 and PD0`: the application and the root of trust share it. */
function uartOf({ kit, bench }: BoardSession): string {
  const { uart, tx, rx } = kit.console;
  return `${uart}, ${bench.console.baudRate} baud, ${tx} and ${rx}`;
}

function verifierSays(session: BoardSession, image: SignedApplication | undefined): string[] {
  if (image === undefined) return [];
  const { verdict, stage, reason } = session.verify(image);
  return verdict === 'valid' ? ['the software verifier accepts the image: compare the keys on the board with those of this run (a board that was provisioned by somebody else?)'] : [`the image itself is refused at ${stage}: ${reason}`];
}

function wrongVersion(session: BoardSession, image: SignedApplication | undefined, options: ToBootOptions): string[] {
  if (image === undefined) return ['another suite or another test left this application on the board: provision first'];
  if (image.version !== options.version) return [`the image was signed as version ${image.version}: the version inside an ELF file is its own, that of an image is given when it is signed`];
  return [
    ...(options.asUpdate ? ['the root of trust refused or did not look at the update and started what was there'] : []),
    ...verifierSays(session, image),
    'the application prints a version of its own that is not the one it was signed with',
  ];
}
