import { isHarnessError } from '../../errors/index.js';
import { Programmer } from '../../programmer/index.js';
import type { ProvisioningInputs } from '../inputs.js';
import type { JournalEvent } from '../journal/entries.js';
import { firstHash, hashOfLine, judgeJournal } from '../journal/read-journal.js';
import { provisionBoard, regressBoard } from '../provision-board.js';
import type { MadeInputs } from './inputs.js';
import type { CallFault } from './simulated-device.js';
import { HostKilled, SimulatedDevice, simulatedProbe } from './simulated-device.js';

export type CellOutcome = 'done' | 'refused with reasons' | 'stopped, recoverable' | 'LOST';

export interface CellResult {
  readonly outcome: CellOutcome;
  /** Step at which the plan was when it ended; `-` when it ran to its end. */
  readonly step: string;
  readonly code: string;
  /** Anything that must not be. */
  readonly wrong: readonly string[];
}

const bench = { externalLoader: 'X.stldr', bootLoaderLoader: 'X-SFIx.stldr', bootLoader: { port: 'COM19', baudRate: 921600 } };
const retries = { count: 2, pauseMs: 0 };

/** A journal in memory; it takes nothing more once the harness was killed. */
class MemoryJournal {
  text = '';
  killed = false;
  private seq = 0;
  private previous = firstHash;

  append(event: JournalEvent): void {
    if (this.killed) return;
    const line = JSON.stringify({ seq: (this.seq += 1), previous: this.previous, time: 'now', ...event });
    this.previous = hashOfLine(line);
    this.text += line + '\n';
  }
}

/** How many calls a provisioning without any fault makes. */
export async function countCalls(made: MadeInputs, inputs: ProvisioningInputs): Promise<number> {
  const device = new SimulatedDevice(made.kit);
  await provision(device, inputs, new MemoryJournal());
  return device.calls;
}

function provision(device: SimulatedDevice, inputs: ProvisioningInputs, journal: MemoryJournal, steps: string[] = []): Promise<unknown> {
  const run: typeof device.run = async (path, args) => {
    if (journal.killed) throw new HostKilled();
    try {
      return await device.run(path, args);
    } catch (error) {
      if (error instanceof HostKilled) journal.killed = true;
      throw error;
    }
  };
  return provisionBoard({
    programmer: new Programmer({ path: 'model', sn: simulatedProbe, run, retries }),
    inputs,
    bench,
    permissions: { productStates: ['CLOSED'], locked: true },
    lockedIsForEver: simulatedProbe,
    journal,
    boardArguments: '--board desk',
    proofPauseMs: 0,
    onStep: (step) => void steps.push(step.name),
    port: { release: () => Promise.resolve(), takeBack: () => (device.comLost ? Promise.reject(new Error('the port is gone')) : Promise.resolve()) },
  });
}

/** One cell of the matrix: a provisioning with a fault at one call, and then the way back. */
export async function runCell(made: MadeInputs, inputs: ProvisioningInputs, fault?: { readonly name: CallFault; readonly at: number }): Promise<CellResult> {
  const device = new SimulatedDevice(made.kit);
  device.fault = fault;
  const journal = new MemoryJournal();
  const steps: string[] = [];
  const wrong: string[] = [];
  let code = 'ok';
  let outcome: CellOutcome = 'done';
  try {
    await provision(device, inputs, journal, steps);
  } catch (error) {
    if (!isHarnessError(error)) {
      // The process of a killed harness says nothing any more.
      if (!journal.killed) throw error;
      code = 'host-killed';
    } else {
      code = journal.killed ? 'host-killed' : error.code;
      if (!journal.killed && error.nextStep === '') wrong.push('no next step');
    }
    const refused = code !== 'host-killed' && isHarnessError(error) && error.kind === 'guard';
    if (refused && !((error.fields['reasons'] as readonly string[] | undefined)?.length ?? 0)) wrong.push('refused without a reason');
    outcome = refused ? 'refused with reasons' : 'stopped, recoverable';
  }
  if (outcome === 'done') wrong.push(...notAsPlanned(device, inputs, fault?.name));
  if (device.state === 'LOCKED' && inputs.state !== 'LOCKED') wrong.push('locked without being asked');
  wrong.push(...untrue(journal, device, outcome));
  // LOCKED that was reached on purpose has no way back, and nobody wants one.
  if (!(device.state === 'LOCKED' && inputs.state === 'LOCKED')) {
    if (!device.recoverable) outcome = 'LOST';
    else wrong.push(...(await notBroughtBack(device, made)));
  }
  return { outcome, step: outcome === 'done' ? '-' : (steps.at(-1) ?? 'before the first step'), code, wrong };
}

/** What a board that was reported as provisioned lacks. */
function notAsPlanned(device: SimulatedDevice, inputs: ProvisioningInputs, fault: CallFault | undefined): string[] {
  const wrong: string[] = [];
  if (device.state !== inputs.state) wrong.push(`reported ${inputs.state}, it is ${device.state}`);
  for (const [name, value] of Object.entries(inputs.configuration.path.optionBytes)) if (device.optionBytes.get(name) !== value) wrong.push(`option byte ${name}`);
  // A tool that says it wrote flash or OBKeys and did not, and verifies what it did not write, is believed: nothing reads them back. The board stays recoverable.
  if (fault === 'silent-skip') return wrong;
  const short = (role: keyof typeof inputs.digests): string => (inputs.digests[role] ?? '').slice(0, 16);
  if (device.flash.get('internal') !== short('rot')) wrong.push('the root of trust is not in the flash');
  if (inputs.paths.image !== undefined && device.flash.get(`external ${inputs.paths.image}`) !== short('image')) wrong.push('the image is not in its slot');
  const keys = new Set(device.obkeys.values());
  for (const role of ['da', 'first-config', 'first-data', 'config', 'data'] as const) if (inputs.digests[role] !== undefined && !keys.has(short(role))) wrong.push(`OBKeys: ${role}`);
  return wrong;
}

/** What the journal says against what the board is. */
function untrue(journal: MemoryJournal, device: SimulatedDevice, outcome: CellOutcome): string[] {
  const report = judgeJournal(journal.text);
  const wrong = report.damage.map((damage) => `the journal is damaged: ${damage}`);
  if (outcome === 'done') return report.certain && !report.unfinished ? wrong : [...wrong, 'the journal does not say that it is done'];
  const unsure = report.unknown?.reaches;
  const began = report.done.includes('begin-provisioning');
  const ended = report.done.some((step) => step === 'close' || step === 'lock');
  if (began && device.state === 'OPEN') wrong.push('the journal says PROVISIONING, the board is OPEN');
  if (device.state === 'PROVISIONING' && !began && unsure !== 'PROVISIONING') wrong.push('the board is in PROVISIONING and the journal knows of no step that did it');
  if ((device.state === 'CLOSED' || device.state === 'LOCKED') && !ended && unsure !== 'CLOSED' && unsure !== 'LOCKED') wrong.push(`the board is ${device.state} and the journal knows of no step that did it`);
  return wrong;
}

async function notBroughtBack(device: SimulatedDevice, made: MadeInputs): Promise<string[]> {
  device.fault = undefined;
  device.comLost = false;
  const from = device.state;
  try {
    await regressBoard({
      programmer: new Programmer({ path: 'model', sn: simulatedProbe, run: device.run, retries }),
      journal: new MemoryJournal(),
      credential: made.credentialFiles,
      holds: made.credential,
      boardArguments: '--board desk',
      proofPauseMs: 0,
      daObk: made.recoveryObk,
    });
    return device.state === 'OPEN' ? [] : [`after the regression it is ${device.state}`];
  } catch (error) {
    return [`not brought back from ${from}: ${isHarnessError(error) ? `${error.code}: ${error.message}` : String(error)}`];
  }
}
