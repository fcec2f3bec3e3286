import { HarnessError } from '../errors/index.js';
import type { Programmer, TargetState } from '../programmer/index.js';
import { judgeVersion, permitsFullRegression } from '../programmer/index.js';
import type { DaConfiguration, DaCredential } from '../keys/index.js';
import { opensDevice } from '../keys/index.js';
import { Evidence } from './evidence.js';
import type { ExecutePlanOptions } from './execute-plan.js';
import { executeGuardedPlan } from './execute-plan.js';
import type { BoardPermissions, GuardFacts } from './guard/facts.js';
import type { GuardFinding } from './guard/guard.js';
import { judgeAll, refusals, requireAll } from './guard/guard.js';
import type { ProvisioningInputs } from './inputs.js';
import type { Journal } from './journal/journal.js';
import type { PlanBench } from './make-plan.js';
import { makePlan } from './make-plan.js';
import type { Plan } from './plan.js';
import { planRegression } from './plan-regression.js';
import type { RegressionOptions } from './plan-regression.js';
import type { BoardState } from './read-state.js';
import { readBoardState } from './read-state.js';

export interface ProvisionBoardOptions extends Pick<ExecutePlanOptions, 'onStep' | 'pauses' | 'port' | 'proofPauseMs' | 'settled'> {
  readonly programmer: Programmer;
  readonly inputs: ProvisioningInputs;
  readonly bench: PlanBench;
  readonly permissions: BoardPermissions;
  readonly lockedIsForEver?: string;
  readonly journal: Pick<Journal, 'append'>;
  /** `--board desk`: for the commands in a refusal. */
  readonly boardArguments: string;
  /** Told before anything is done. */
  readonly onFindings?: (findings: readonly GuardFinding[]) => void;
}

export interface ProvisionedBoard {
  readonly plan: Plan;
  /** What the brick guard said last. */
  readonly findings: readonly GuardFinding[];
  readonly evidence: Evidence;
}

/**
 * Provisions a board: reads it, asks the brick guard before anything is erased and before each product state, carries the plan out, and sees by the board itself
 * that the state was reached.
 * @throws HarnessError `brick-guard` (guard), and those of `makePlan` and `executeGuardedPlan`
 */
export async function provisionBoard(options: ProvisionBoardOptions): Promise<ProvisionedBoard> {
  const { programmer, inputs, permissions, lockedIsForEver, boardArguments, journal } = options;
  const plan = makePlan(inputs, options.bench);
  const version = await programmer.version();
  const judged = judgeVersion(version);
  const start = await readBoardState(programmer);
  journal.append({ event: 'state-read', productState: start.productState });
  const evidence = evidenceOf(start);
  const facts = (before: 'plan' | TargetState): GuardFacts => ({
    inputs,
    before,
    permissions,
    probeSn: programmer.sn,
    tool: { version, problem: judged.supported ? null : judged.reason },
    startState: start.productState,
    evidence,
    boardArguments,
    ...(lockedIsForEver === undefined ? {} : { lockedIsForEver }),
  });
  options.onFindings?.(judgeAll(facts('plan')));
  let findings = requireJournalled(facts('plan'), journal);
  const files = Object.fromEntries(Object.entries(inputs.digests));
  await executeGuardedPlan(programmer, plan, {
    ...pick(options),
    evidence,
    files,
    journal,
    guard: (step) => {
      if (step.reaches !== undefined && step.reaches !== 'OPEN') findings = requireAll(facts(step.reaches));
    },
  });
  return { plan, findings, evidence };
}

/** The guard before the first call: its refusal stands in the journal, as later ones do. @throws HarnessError `brick-guard` (guard) */
function requireJournalled(facts: GuardFacts, journal: Pick<Journal, 'append'>): readonly GuardFinding[] {
  try {
    return requireAll(facts);
  } catch (error) {
    journal.append({ event: 'refused', before: facts.before, rules: refusals(judgeAll(facts)).map(({ rule }) => rule) });
    throw error;
  }
}

/** What every rule says before anything is done; for showing. Reads the board. */
export async function foreseeProvisioning(options: Pick<ProvisionBoardOptions, 'programmer' | 'inputs' | 'permissions' | 'lockedIsForEver' | 'boardArguments'>): Promise<readonly GuardFinding[]> {
  const { programmer, inputs, permissions, lockedIsForEver, boardArguments } = options;
  const version = await programmer.version();
  const judged = judgeVersion(version);
  const start = await readBoardState(programmer);
  return judgeAll({
    inputs,
    before: 'plan',
    permissions,
    probeSn: programmer.sn,
    tool: { version, problem: judged.supported ? null : judged.reason },
    startState: start.productState,
    evidence: evidenceOf(start),
    boardArguments,
    ...(lockedIsForEver === undefined ? {} : { lockedIsForEver }),
  });
}

function evidenceOf(start: BoardState): Evidence {
  const evidence = new Evidence();
  const { voltage = null, deviceId = null, probeSn = null } = start.connection ?? {};
  if (voltage !== null) evidence.voltages.push(voltage);
  if (deviceId !== null) evidence.deviceIds.add(deviceId);
  if (probeSn !== null) evidence.probeSns.add(probeSn);
  return evidence;
}

export interface RegressBoardOptions extends Pick<ExecutePlanOptions, 'onStep' | 'pauses' | 'proofPauseMs'>, Omit<RegressionOptions, 'state'> {
  readonly programmer: Programmer;
  readonly journal: Pick<Journal, 'append'>;
  /** The credential's contents, judged before it is used. */
  readonly holds: DaCredential;
  /** What the board was provisioned with, where that is known. */
  readonly device?: DaConfiguration;
  readonly boardArguments: string;
}

/**
 * Brings a board back to OPEN; everything on the chip is erased.
 * @returns what it was; OPEN: nothing was done
 * @throws HarnessError `locked`, `credential-refused`, `no-regression` (guard), and those of `executeGuardedPlan`
 */
export async function regressBoard(options: RegressBoardOptions): Promise<BoardState['productState']> {
  const { programmer, journal, holds, device } = options;
  const { productState } = await readBoardState(programmer);
  journal.append({ event: 'state-read', productState });
  if (productState === 'OPEN') return productState;
  if (productState === 'LOCKED') throw refuse('locked', 'the board is LOCKED: nothing opens it again', 'take another board');
  if (productState === 'unknown') throw refuse('state-unknown', 'the board does not tell its product state', 'check the supply and the connection of the probe (rot-hil status)');
  if (device !== undefined) {
    const opening = opensDevice(device, holds);
    if (!opening.opens) throw refuse('credential-refused', `the credential does not belong to that DA_Config.obk: ${opening.reason}`, 'find the key and chain, or the password, that belong to it (rot-hil keys check)');
  }
  const { credential, daObk } = options;
  const plan = planRegression({ state: productState, credential, ...(daObk === undefined ? {} : { daObk }) });
  await executeGuardedPlan(programmer, plan, {
    ...pick(options),
    journal,
    guard: (_step, { discovery }) => {
      if (discovery === undefined || !permitsFullRegression(discovery)) {
        throw refuse('no-regression', `the chip offers no full regression${discovery === undefined ? '' : `: ${discovery.permissions.join(', ') || 'nothing'}`}`, 'in PROVISIONING give the DA_Config.obk that belongs to the credential (--da-obk), then try again');
      }
    },
  });
  return productState;
}

function pick({ onStep, pauses, proofPauseMs, port, settled }: Pick<ExecutePlanOptions, 'onStep' | 'pauses' | 'port' | 'proofPauseMs' | 'settled'>): ExecutePlanOptions {
  return { ...(onStep === undefined ? {} : { onStep }), ...(pauses === undefined ? {} : { pauses }), ...(proofPauseMs === undefined ? {} : { proofPauseMs }), ...(port === undefined ? {} : { port }), ...(settled === undefined ? {} : { settled }) };
}

function refuse(code: string, message: string, nextStep: string): HarnessError {
  return new HarnessError({ code, kind: 'guard', message, nextStep });
}
