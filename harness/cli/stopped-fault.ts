import type { Kit, RotConfiguration } from '../board/index.js';
import type { FaultSeen } from '../record/index.js';
import type { BoardCondition } from './resolve-board.js';
import type { RunApplications } from './run-applications.js';

/** What the record tells of a core that stopped for good: nobody told it over the console. Undefined where it did not. */
export async function stoppedFault(condition: BoardCondition | undefined, kit: Kit, configuration: RotConfiguration, applications: RunApplications): Promise<FaultSeen | undefined> {
  if (condition?.fault === undefined) return undefined;
  const [{ faultText }, { FaultExplainer }] = await Promise.all([import('../elf/index.js'), import('../session/fault-explainer.js')]);
  const { facts, branches, version } = condition.fault;
  const given = [applications.application, applications.update];
  const path = (given.find((one) => one.version === version) ?? given[0])?.path;
  const explanation = new FaultExplainer(kit, configuration).explain(facts, path, branches);
  const report = faultText(explanation);
  return { event: 'fault', time: new Date().toISOString(), source: 'board', expected: false, summary: report[0] ?? explanation.summary, report, explanation };
}
