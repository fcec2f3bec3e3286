export { checkOpenInputs } from './check-inputs.js';
export type { OpenPlanContents } from './check-inputs.js';
export { describePlan, executePlan } from './execute-plan.js';
export type { ExecutePlanOptions } from './execute-plan.js';
export { planOpen } from './plan-open.js';
export type { OpenPlanFiles, OpenPlanOptions } from './plan-open.js';
export type { Plan, PlanStep } from './plan.js';
