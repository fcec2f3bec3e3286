import { isHarnessError } from '../../errors/index.js';
import type { BoardSession, BootReport, ConsoleLine, SignedApplication } from '../../session/index.js';
import { startApplication } from './application-start.js';
import type { BoardConsole } from './board-console.js';
import { callText, explain } from './explanation.js';
import type { MatcherResult, ToBeRejectedOptions } from './options.js';

/** What the root of trust prints for an image that it has looked at and refused (stm32-mw-mcuboot, loader.c). */
const refusal = '[ERR] Image in the secondary slot is not valid!';
/** Lines that tell how far its checks came (image_validate.c). */
const telling = /^\[INF\] (verify counter|counter {2}\d|verify sig|checking public key|verifying signature|signature|hash ref|unexpected TLV|data wrong|read failed)/;
const defaultMs = 20_000;

/** The application that was installed first, and starts again after the refusal. */
export interface Twin {
  readonly image: SignedApplication;
  /** Makes sure that it is on the board and runs. */
  install(withinMs: number): Promise<void>;
}

/** `toBeRejected`. */
export async function toBeRejected(session: BoardSession, reader: BoardConsole, image: SignedApplication, twin: Twin, options: ToBeRejectedOptions, isNot: boolean): Promise<MatcherResult> {
  const withinMs = options.withinMs ?? defaultMs;
  const call = callText('image', 'toBeRejected', isNot, options);
  const reason = options.reason === undefined ? '' : ` for ${String(options.reason)}`;
  const expected = `the root of trust ${isNot ? 'not ' : ''}to refuse the image at ${options.stage}${reason}, and the application before to start again`;
  const lines: ConsoleLine[] = [];
  const result = (pass: boolean, found: string, causes: readonly string[]): MatcherResult => ({ pass, message: () => explain({ call, expected, found, lines, causes }) });

  const storedCounter = twin.image.verdict.image?.securityCounter ?? 0;
  const predicted: string[] = [];
  const verdict = session.verify(image, { storedCounter, log: (line) => predicted.push(line.trimEnd()) });
  if (verdict.stage !== options.stage) {
    const found = verdict.verdict === 'valid' ? 'an image that the software verifier accepts' : `an image that fails at ${verdict.stage} first: ${verdict.reason}`;
    return result(false, found, ['the checks are made in this order: trailer, header, decrypt-key, then the TLVs as they stand (hash, key, signature, security-counter)', `stored security counter: 0x${storedCounter.toString(16)}, of version ${twin.image.version}`]);
  }
  const fits = options.reason === undefined || (typeof options.reason === 'string' ? verdict.reason.includes(options.reason) : new RegExp(options.reason.source, options.reason.flags.replace(/[gy]/g, '')).test(verdict.reason));
  if (!fits) return result(false, `an image that is refused for another reason: ${verdict.reason}`, []);

  await twin.install(withinMs);
  await session.install(image);
  const mark = session.mark();
  let report: BootReport;
  try {
    ({ report } = await startApplication(session, withinMs));
  } catch (error) {
    if (!isHarnessError(error) || error.kind !== 'subject') throw error;
    lines.push(...session.linesSince(mark));
    return result(false, `the application before did not start again: ${error.message}`, [error.nextStep]);
  }
  reader.skip(report.from);
  lines.push(...report.lines);
  // Silent where the root of trust sees no image at all: nothing asks for an installation, or the header is none.
  const silent = verdict.verdict === 'not-installed' || verdict.slot === 'kept';
  const end = report.rotLines.indexOf(refusal);
  if (silent ? end >= 0 : end < 0) {
    const installed = report.rotLines.find((line) => /Image upgrade|Swap type: (test|perm)/.test(line));
    return result(false, silent ? 'the root of trust looked at the image and refused it' : `no refusal in the boot log${installed === undefined ? '' : `, but: ${installed}`}`, [
      'the board and the software verifier disagree: rot-hil image verify tells what it would do with the same image',
      ...(installed === undefined ? ['a production build of the root of trust prints no log: use the development build (OEMIROT_DEV_MODE)'] : []),
    ]);
  }
  const told = silent ? [] : report.rotLines.slice(0, end).map((line) => line.trimEnd()).filter((line) => telling.test(line));
  const foreseen = silent ? [] : predicted.filter((line) => telling.test(line));
  if (told.join('\n') !== foreseen.join('\n')) {
    return result(false, `a refusal at another check; its log: ${told.join(' | ') || 'nothing'}`, [`for ${options.stage} it would be: ${foreseen.join(' | ') || 'nothing'}`]);
  }
  return result(true, `refused at ${verdict.stage}: ${verdict.reason}`, []);
}
