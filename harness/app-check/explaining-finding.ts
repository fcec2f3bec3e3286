import type { Address } from '../units/index.js';
import type { Finding } from './finding.js';

/** What is known of a fault. */
export interface FaultSeen {
  readonly cfsr: number;
  /** Address of the access or fetch that faulted. */
  readonly address: Address | undefined;
  readonly pc: Address;
}

const bit = { iaccviol: 1, daccviol: 2, mstkerr: 0x10, stkerr: 0x1000, ibuserr: 0x100, preciserr: 0x200, impreciserr: 0x400, invstate: 0x20000, nocp: 0x80000 } as const;

/** Rules that a kind of fault speaks of, the likeliest first. */
function candidates({ cfsr }: FaultSeen): readonly string[] {
  // A frame that could not be stacked: whatever fault wanted to be taken, the stack is the matter.
  if (cfsr & (bit.mstkerr | bit.stkerr)) return ['initial-stack-pointer', 'stack-guard', 'data-access', 'memory-exists'];
  if (cfsr & bit.nocp) return ['fpu-enabled'];
  if (cfsr & bit.invstate) return ['reset-handler', 'vtor-value'];
  if (cfsr & (bit.iaccviol | bit.ibuserr)) return ['itcm-use', 'code-executable', 'external-flash-off', 'vtor-value', 'reset-handler', 'mpu-write-execute'];
  if (cfsr & (bit.daccviol | bit.preciserr | bit.impreciserr)) return ['data-access', 'ram-over-code', 'external-ram-untouched', 'external-flash-off', 'memory-exists', 'itcm-use', 'data-in-flash', 'initial-stack-pointer', 'clock-pll2'];
  return [];
}

/** The finding of a check that explains where an application stopped; undefined where none does. */
export function explainingFinding(findings: readonly Finding[], fault: FaultSeen | undefined): Finding | undefined {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (fault === undefined) return errors[0];
  const rules = candidates(fault);
  const near = (finding: Finding): boolean => finding.address !== null && fault.address !== undefined && Math.abs(Number(finding.address) - fault.address) < 0x100000;
  for (const id of rules) {
    const found = findings.filter(({ rule }) => rule === id);
    const best = found.find(near) ?? found[0];
    if (best !== undefined) return best;
  }
  return errors.find(near);
}
