import { HarnessError, asHarnessError } from '../errors/index.js';
import { actionChangesState, parseDiscovery, parseOptionBytes, usesBootLoader } from '../programmer/index.js';
import type { Programmer, ToolRequest } from '../programmer/index.js';
import { StateChangePermit, changesProductState, noGuard } from '../programmer/state-change.js';
import { hex } from '../units/index.js';
import type { Milliseconds } from '../units/index.js';
import { Evidence, fileDigest, filesOf } from './evidence.js';
import type { Journal } from './journal/journal.js';
import type { Plan, PlanStep, Proof } from './plan.js';
import { readBoardState } from './read-state.js';

/** The serial port that the boot loader needs and the console holds. */
export interface PortHandOver {
  /** Frees the port. */
  release(): Promise<void>;
  /** Takes it back. Throws when it is gone. */
  takeBack(): Promise<void>;
  /** Its name now: it changes when the ST-LINK enumerates anew, and the plan was made with the one before. */
  name?(): string;
}

export interface ExecutePlanOptions {
  /** Called before each step. */
  readonly onStep?: (step: PlanStep, index: number, count: number) => void;
  /** Apply the pauses of ST's scripts; default false. A board that needs them says so in its lab entry. */
  readonly pauses?: boolean;
  /** Every step is written here before and after. */
  readonly journal?: Pick<Journal, 'append'>;
  /** SHA-256 of every file of the plan, by role, for the journal. */
  readonly files?: Readonly<Record<string, string>>;
  readonly port?: PortHandOver;
  /** Waits until the start of a board that was closed is over: a discovery, which proves that, resets it, and would cut it short at whatever it prints. */
  readonly settled?: () => Promise<void>;
  /** What was seen already, for the guard. */
  readonly evidence?: Evidence;
  /** Between two tries of a read-back that does not reach the board; default 2000. */
  readonly proofPauseMs?: Milliseconds;
}

export interface GuardedPlanOptions extends ExecutePlanOptions {
  /** Asked before a call that changes the product state; it throws to stop the plan. */
  readonly guard: (step: PlanStep, evidence: Evidence) => void;
}

/** Errors after which a state-changing call may have been done or not. */
const ambiguous = new Set(['unknown-outcome', 'tool-unclear', 'target-unreachable', 'probe-lost']);
const proofTries = 5;

/**
 * Executes a plan that leaves the product state as it is.
 * @throws HarnessError `no-guard` (guard) for one that does not, and those of `executeGuardedPlan`
 */
export async function executePlan(programmer: Programmer, plan: Plan, options: ExecutePlanOptions = {}): Promise<Evidence> {
  const change = plan.steps.find((step) => step.reaches !== undefined || step.request.actions.some(changesProductState));
  if (change !== undefined) throw noGuard(`"${plan.name}" changes the product state (${change.name})`);
  return execute(programmer, plan, options);
}

/**
 * Makes the calls of a plan, one after another, and stops at the first that fails. Nothing that writes is repeated: where the tool's words prove nothing, or
 * did not come, the board is read, and the plan goes on only when it shows what the call was to do.
 * @returns what was seen
 * @throws HarnessError of the programmer, its message prefixed with the step; `read-back` (bench) when the board shows another value than written;
 *   `brick-guard` (guard); `unknown-outcome` (bench) when the board cannot be read after a call whose outcome is not known
 */
export function executeGuardedPlan(programmer: Programmer, plan: Plan, options: GuardedPlanOptions): Promise<Evidence> {
  return execute(programmer, plan, options);
}

async function execute(programmer: Programmer, plan: Plan, options: ExecutePlanOptions & Partial<GuardedPlanOptions>): Promise<Evidence> {
  const evidence = options.evidence ?? new Evidence();
  options.journal?.append({ event: 'plan-begin', plan: plan.name, steps: plan.steps.length, files: options.files ?? {} });
  try {
    for (const [index, step] of plan.steps.entries()) {
      options.onStep?.(step, index, plan.steps.length);
      try {
        await executeStep(programmer, step, index + 1, evidence, options, permitFor(step, evidence, options.guard));
      } catch (thrown) {
        throw inStep(asHarnessError(thrown), step, index, plan);
      }
    }
  } catch (error) {
    const { code, fields } = asHarnessError(error);
    if (code === 'brick-guard') options.journal?.append({ event: 'refused', before: String(fields['before']), rules: (fields['rules'] as readonly string[] | undefined) ?? [] });
    options.journal?.append({ event: 'plan-end', outcome: 'stopped' });
    throw error;
  }
  options.journal?.append({ event: 'plan-end', outcome: 'done' });
  return evidence;
}

/** What each call would be, as a person would type it; secrets redacted. */
export function describePlan(programmer: Programmer, plan: Plan): { name: string; why: string; arguments: string[] }[] {
  return plan.steps.map((step) => ({ name: step.name, why: step.why, arguments: programmer.argumentsOf(step.request) }));
}

/** The permit of a step that says where it brings the board, given after the guard has let it through. */
function permitFor(step: PlanStep, evidence: Evidence, guard: GuardedPlanOptions['guard'] | undefined): StateChangePermit | undefined {
  if (step.reaches === undefined || guard === undefined) return undefined;
  guard(step, evidence);
  return new StateChangePermit();
}

async function executeStep(programmer: Programmer, step: PlanStep, number: number, evidence: Evidence, options: ExecutePlanOptions, permit: StateChangePermit | undefined): Promise<void> {
  if (options.pauses === true && step.pauseBeforeMs !== undefined) await programmer.pause(step.pauseBeforeMs);
  const digests = filesOf(step).map((file) => fileDigest(file) ?? 'unreadable');
  const changesState = step.request.actions.some(actionChangesState);
  options.journal?.append({
    event: 'step-begin',
    number,
    step: step.name,
    arguments: programmer.argumentsOf(step.request),
    files: digests,
    changesState,
    ...(step.reaches === undefined ? {} : { reaches: step.reaches }),
  });
  const ended = (outcome: 'done' | 'failed' | 'unknown', more: { error?: string; proof?: string } = {}): void =>
    options.journal?.append({ event: 'step-end', number, step: step.name, outcome, ...more });
  let lines: readonly string[] = [];
  let failure: HarnessError | undefined;
  try {
    lines = await withPort(step, evidence, options, () => programmer.call(atPort(step.request, options.port), permit));
  } catch (thrown) {
    failure = asHarnessError(thrown);
  }
  if (failure !== undefined && step.mayFail !== undefined && failure.code !== 'interrupted' && !ambiguous.has(failure.code)) {
    ended('failed', { error: failure.code });
    return;
  }
  const { proof } = step;
  const unsure = failure === undefined ? needsProof(step) : proof !== undefined && mayHaveLanded(step, failure);
  if (failure !== undefined && !unsure) {
    ended(changesState && (ambiguous.has(failure.code) || failure.code === 'interrupted') ? 'unknown' : 'failed', { error: failure.code });
    throw failure;
  }
  if (failure === undefined) evidence.succeeded(step, digests, lines);
  if (unsure && proof !== undefined) {
    const shown = await readProof(programmer, proof, evidence, options).catch((thrown: unknown) => {
      const cause = asHarnessError(thrown);
      ended('unknown', { error: failure?.code ?? cause.code });
      throw new HarnessError({
        code: cause.code === 'interrupted' ? 'interrupted' : 'unknown-outcome',
        kind: 'bench',
        message: `${failure?.message ?? 'what the tool said proves nothing'}; and the board could not be read afterwards: ${cause.message}`,
        nextStep: 'check the supply and the connection, then read the state back (rot-hil status) before anything is written again',
        cause,
      });
    });
    if (shown !== undefined) {
      ended('failed', { error: failure?.code ?? 'read-back', proof: shown });
      throw failure ?? notAsWritten(shown);
    }
    ended('done', { proof: proof.by, ...(failure === undefined ? {} : { error: failure.code }) });
    return;
  }
  try {
    if (step.expectOptionBytes !== undefined) checkReadBack(lines, step.expectOptionBytes);
    if (step.expectLifeCycle !== undefined) checkLifeCycle(lines, step.expectLifeCycle);
  } catch (thrown) {
    ended('failed', { error: asHarnessError(thrown).code });
    throw thrown;
  }
  ended('done');
}

/** Calls of which nothing that is printed proves success. */
function needsProof({ request, proof }: PlanStep): boolean {
  return proof !== undefined && request.actions.some((action) => action.do === 'write-option-register' || action.do === 'set-product-state' || action.do === 'regress');
}

/** A product state may have been reached whatever the tool says afterwards: deeper states close the door in its face. */
function mayHaveLanded({ reaches }: PlanStep, { code }: HarnessError): boolean {
  if (code === 'interrupted' || code === 'tool-missing' || code === 'probe-missing' || code === 'authentication-refused') return false;
  return ambiguous.has(code) || reaches !== undefined;
}

/** Gives the port to the boot loader for one call. Its loss afterwards stops nothing by itself: the guard asks for it. */
async function withPort<T>(step: PlanStep, evidence: Evidence, { port }: ExecutePlanOptions, body: () => Promise<T>): Promise<T> {
  if (port === undefined || !usesBootLoader(step.request)) return body();
  await port.release();
  try {
    return await body();
  } finally {
    await port.takeBack().catch((thrown: unknown) => {
      evidence.consoleLost = asHarnessError(thrown).message;
    });
  }
}

function atPort(request: ToolRequest, port: PortHandOver | undefined): ToolRequest {
  const name = port?.name?.();
  const { mode } = request;
  return name === undefined || typeof mode !== 'object' ? request : { ...request, mode: { ...mode, port: name } };
}

/** Reads whether a call landed: undefined when it did, else what is there instead. A board that restarts is given time. */
async function readProof(programmer: Programmer, proof: Proof, evidence: Evidence, options: ExecutePlanOptions): Promise<string | undefined> {
  for (let left = proofTries; ; left--) {
    try {
      return await readProofOnce(programmer, proof, evidence, options);
    } catch (thrown) {
      const { code } = asHarnessError(thrown);
      if (left <= 1 || !(code === 'target-unreachable' || code === 'probe-lost' || code === 'tool-timeout')) throw thrown;
      await programmer.pause(options.proofPauseMs ?? 2000);
    }
  }
}

async function readProofOnce(programmer: Programmer, proof: Proof, evidence: Evidence, { settled }: ExecutePlanOptions): Promise<string | undefined> {
  if (proof.by === 'discovery') {
    await settled?.();
    const found = await programmer.discover();
    evidence.discovery = found;
    return found.lifeCycle === proof.lifeCycle ? undefined : `the product state is ${found.lifeCycle ?? 'not told'} instead of ${proof.lifeCycle}`;
  }
  if (proof.by === 'product-state') {
    const { productState, optionBytes, refusal } = await readBoardState(programmer);
    evidence.optionBytes = optionBytes;
    if (productState === 'unknown') throw new HarnessError({ code: 'target-unreachable', kind: 'bench', message: refusal ?? 'the board does not tell its product state', nextStep: 'check the supply and the connection' });
    return productState === proof.state ? undefined : `the product state is ${productState} instead of ${proof.state}`;
  }
  const read = await programmer.readOptionBytes();
  evidence.optionBytes = read;
  const wrong = differences(read, proof.values);
  return wrong.length === 0 ? undefined : wrong.join(', ');
}

function inStep(error: HarnessError, step: PlanStep, index: number, plan: Plan): HarnessError {
  return new HarnessError({
    code: error.code,
    kind: error.kind,
    message: `step ${index + 1} of ${plan.steps.length} (${step.name}): ${error.message}`,
    nextStep: error.nextStep,
    fields: { ...error.fields, step: step.name },
    cause: error,
  });
}

function differences(found: ReadonlyMap<string, number>, expected: Readonly<Record<string, number>>): string[] {
  return Object.entries(expected).flatMap(([name, value]) => {
    const read = found.get(name);
    return read === value ? [] : [`${name} is ${read === undefined ? 'not shown' : hex(read)} instead of ${hex(value)}`];
  });
}

function checkReadBack(lines: readonly string[], expected: Readonly<Record<string, number>>): void {
  const wrong = differences(parseOptionBytes(lines), expected);
  if (wrong.length === 0) return;
  throw new HarnessError({
    code: 'read-back',
    kind: 'bench',
    message: `the option bytes are not as written: ${wrong.join(', ')}`,
    nextStep: 'check the version of STM32CubeProgrammer (rot-hil doctor) and the product state of the board (rot-hil status)',
    fields: { wrong },
  });
}

function checkLifeCycle(lines: readonly string[], expected: string): void {
  const { lifeCycle } = parseDiscovery(lines);
  if (lifeCycle !== expected) throw notAsWritten(`the product state is ${lifeCycle ?? 'not told'} instead of ${expected}`);
}

function notAsWritten(shown: string): HarnessError {
  return new HarnessError({ code: 'read-back', kind: 'bench', message: `the board is not as written: ${shown}`, nextStep: 'read the state back (rot-hil status), then bring the board back to OPEN (rot-hil regress) and provision it again', fields: { wrong: [shown] } });
}
