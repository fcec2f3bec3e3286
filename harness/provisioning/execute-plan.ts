import { HarnessError, asHarnessError } from '../errors/index.js';
import type { Programmer } from '../programmer/index.js';
import { parseOptionBytes } from '../programmer/index.js';
import { hex } from '../units/index.js';
import type { Plan, PlanStep } from './plan.js';

export interface ExecutePlanOptions {
  /** Called before each step. */
  readonly onStep?: (step: PlanStep, index: number, count: number) => void;
  /** Apply the pauses of ST's scripts; default false. A board that needs them says so in its lab entry. */
  readonly pauses?: boolean;
}

/**
 * Makes the calls of a plan, one after another, and stops at the first that fails. Nothing is repeated: after an unknown outcome the state must
 * be read back by whoever decides what comes next.
 * @throws HarnessError of the programmer, its message prefixed with the step; `read-back` (bench) when an option byte has another value than written
 */
export async function executePlan(programmer: Programmer, plan: Plan, options: ExecutePlanOptions = {}): Promise<void> {
  for (const [index, step] of plan.steps.entries()) {
    options.onStep?.(step, index, plan.steps.length);
    try {
      if (options.pauses === true && step.pauseBeforeMs !== undefined) await programmer.pause(step.pauseBeforeMs);
      const lines = await programmer.call(step.request);
      if (step.expectOptionBytes !== undefined) checkReadBack(lines, step.expectOptionBytes);
    } catch (thrown) {
      const error = asHarnessError(thrown);
      throw new HarnessError({
        code: error.code,
        kind: error.kind,
        message: `step ${index + 1} of ${plan.steps.length} (${step.name}): ${error.message}`,
        nextStep: error.nextStep,
        fields: { ...error.fields, step: step.name },
        cause: error,
      });
    }
  }
}

/** What each call would be, as a person would type it; secrets redacted. */
export function describePlan(programmer: Programmer, plan: Plan): { name: string; why: string; arguments: string[] }[] {
  return plan.steps.map((step) => ({ name: step.name, why: step.why, arguments: programmer.argumentsOf(step.request) }));
}

function checkReadBack(lines: readonly string[], expected: Readonly<Record<string, number>>): void {
  const found = parseOptionBytes(lines);
  const wrong = Object.entries(expected).flatMap(([name, value]) => {
    const read = found.get(name);
    return read === value ? [] : [`${name} is ${read === undefined ? 'not shown' : hex(read)} instead of ${hex(value)}`];
  });
  if (wrong.length === 0) return;
  throw new HarnessError({
    code: 'read-back',
    kind: 'bench',
    message: `the option bytes are not as written: ${wrong.join(', ')}`,
    nextStep: 'check the version of STM32CubeProgrammer (rot-hil doctor) and the product state of the board (rot-hil status)',
    fields: { wrong },
  });
}
