import { isHarnessError } from '../../errors/index.js';
import { hex32 } from '../../units/index.js';
import type { BoardSession, ConsoleLine } from '../../session/index.js';
import type { BoardConsole } from './board-console.js';
import { callText, explain, lateness } from './explanation.js';
import { cfsrFlags, faultAddress, faultKinds, toldFault, type ToldFault } from '../../session/index.js';
import type { FaultKind, MatcherResult, ToFaultOptions } from './options.js';

const defaultMs = 5000;
/** The registers of one report may stand on several lines. */
const settleMs = 60;

/** `toFault`. @param received a function that provokes the fault, or a fault report or answer of the application */
export async function toFault(session: BoardSession, reader: BoardConsole, received: unknown, options: ToFaultOptions, isNot: boolean): Promise<MatcherResult> {
  const withinMs = options.withinMs ?? defaultMs;
  const wanted = options.address === undefined ? options : { ...options, address: options.address >>> 0 };
  const call = callText(typeof received === 'function' ? '() => …' : 'fault', 'toFault', isNot, wanted);
  const expected = `${isNot ? 'no ' : ''}${options.kind ?? 'fault'}${options.address === undefined ? '' : ` at ${hex32(options.address)}`}${options.pc === undefined ? '' : `, instruction ${hex32(options.pc)}`}${options.flags === undefined ? '' : `, ${options.flags.join(' ')}`}`;
  const mark = session.mark();
  const result = (pass: boolean, found: string, causes: readonly string[]): MatcherResult => {
    const lines = session.linesSince(mark);
    return { pass, message: () => explain({ call, expected, found, lines, causes }) };
  };

  const fault = typeof received === 'function' ? await session.expectingFaults(() => provoked(session, received as () => unknown, mark, withinMs)) : reported(received);
  if (typeof fault === 'string') return result(false, `a fault, ${fault}`, []);
  if (fault === undefined) {
    const said = session.linesSince(mark);
    return result(false, said.length === 0 ? 'no fault: the application printed nothing' : 'no line that tells of a fault', [
      ...(reader.unended === undefined ? [] : [`${JSON.stringify(reader.unended.slice(-40))} was sent without an end of the line, for which the application may wait: console.send(…) sends what it is given, write '…\\r\\n'`]),
      'the access is allowed by the MPU table in force: compare with `rot-hil run mpu`',
      "the application's fault handler prints nothing: a line with `CFSR=0x… PC=0x… MMFAR=0x… BFAR=0x…` is understood",
    ]);
  }
  const wrong = differences(fault, options);
  if (typeof received === 'function') reader.skip();
  return result(wrong.length === 0, describe(fault), wrong);
}

/** Does what the suite wants done, then waits until the application has told of a fault. @returns a text where it came too late */
async function provoked(session: BoardSession, act: () => unknown, mark: number, withinMs: number): Promise<ToldFault | string | undefined> {
  try {
    const report = reported(await act());
    if (report !== undefined) return report;
  } catch (error) {
    // That the access went through is what the matcher is there to tell; a fault of the request shows on the console.
    if (!isHarnessError(error) || error.kind !== 'subject' || !['no-fault', 'application-fault'].includes(error.code)) throw error;
  }
  const seen = (): readonly ConsoleLine[] => session.linesSince(mark);
  try {
    await session.console.waitFor(() => toldFault(seen().map(({ text }) => text)) !== undefined, { from: mark, withinMs, what: 'a fault' });
  } catch (error) {
    if (!isHarnessError(error) || (error.code !== 'console-silent' && error.code !== 'console-unexpected')) throw error;
    return lateness(error);
  }
  await new Promise((done) => setTimeout(done, settleMs));
  return toldFault(seen().map(({ text }) => text));
}

/** A fault report of the session, or an answer that is one. */
function reported(value: unknown): ToldFault | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const report = 'kind' in value && value.kind === 'fault' && 'fault' in value ? (value.fault as object) : value;
  if (!('cfsr' in report) || typeof report.cfsr !== 'number') return undefined;
  const fields = report as Readonly<Record<string, unknown>>;
  const number = (name: string): number | undefined => (typeof fields[name] === 'number' ? fields[name] : undefined);
  return { exception: fields['name'] as FaultKind | undefined, cfsr: report.cfsr, hfsr: number('hfsr'), pc: number('pc'), lr: number('lr'), mmfar: number('mmfar'), bfar: number('bfar') };
}

function differences(fault: ToldFault, { kind, address, pc, flags }: ToFaultOptions): string[] {
  const kinds = faultKinds(fault);
  const at = faultAddress(fault);
  const found = cfsrFlags(fault.cfsr);
  return [
    ...(kind !== undefined && !kinds.includes(kind) ? [`a ${kinds.join(' / ') || 'fault without a cause in CFSR'} is no ${kind}`] : []),
    ...(address !== undefined && at === undefined ? ['neither MMARVALID nor BFARVALID is set: the core kept no address (an instruction fetch, or an imprecise error); leave out the address'] : []),
    ...(address !== undefined && at !== undefined && at >>> 0 !== address >>> 0 ? [`the access was to ${hex32(at)}`] : []),
    ...(pc !== undefined && (fault.pc === undefined || ((fault.pc ^ pc) & ~1) !== 0) ? [`the instruction was ${fault.pc === undefined ? 'not told' : hex32(fault.pc)}`] : []),
    ...(flags ?? []).filter((flag) => !found.includes(flag)).map((flag) => `${flag} is not set in CFSR ${hex32(fault.cfsr)}`),
  ];
}

function describe(fault: ToldFault): string {
  const address = faultAddress(fault);
  return `${fault.exception ?? 'a fault'} (${cfsrFlags(fault.cfsr).join(' ') || 'no cause in CFSR'})${address === undefined ? '' : ` at ${hex32(address)}`}${fault.pc === undefined ? '' : `, instruction ${hex32(fault.pc)}`}`;
}
