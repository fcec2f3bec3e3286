import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { DiscoveryReport, ToolAction } from '../programmer/index.js';
import { parseConnection, parseDiscovery, parseOptionBytes } from '../programmer/index.js';
import type { PlanStep } from './plan.js';

/** SHA-256 of a file, lower-case hexadecimal; null when it cannot be read. */
export function fileDigest(path: string): string | null {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return null;
  }
}

/** Files that a step hands to the tool. */
export function filesOf(step: PlanStep): string[] {
  const named = (action: ToolAction): string[] => (action.do === 'provision-obk' || action.do === 'download' ? [action.file] : []);
  return step.request.actions.flatMap(named);
}

/**
 * What one run has seen of its board, call by call: what the brick guard judges by. Only what a call with its positive line printed counts; option bytes
 * and discovery lose their worth with the next write.
 */
export class Evidence {
  /** SHA-256 of every OBKey file that was answered with its positive line. */
  readonly provisioned = new Set<string>();
  /** SHA-256 of every file that was downloaded and verified. */
  readonly downloaded = new Set<string>();
  /** Supply of the board in volts, in the order read. */
  readonly voltages: number[] = [];
  readonly deviceIds = new Set<number>();
  readonly probeSns = new Set<string>();
  /** Read after the last write; undefined: not read since. */
  optionBytes: ReadonlyMap<string, number> | undefined;
  discovery: DiscoveryReport | undefined;
  /** Why the console was lost; undefined while it is well. */
  consoleLost: string | undefined;

  /** A call that succeeded. @param digests of its files, taken before it */
  succeeded(step: PlanStep, digests: readonly string[], lines: readonly string[]): void {
    const { probeSn, deviceId, voltage } = parseConnection(lines);
    if (probeSn !== null) this.probeSns.add(probeSn);
    if (deviceId !== null) this.deviceIds.add(deviceId);
    if (voltage !== null) this.voltages.push(voltage);
    for (const action of step.request.actions) {
      switch (action.do) {
        case 'provision-obk':
          for (const digest of digests) this.provisioned.add(digest);
          this.stale();
          break;
        case 'download':
          if (action.verify) for (const digest of digests) this.downloaded.add(digest);
          break;
        case 'erase-all':
          this.downloaded.clear();
          break;
        case 'write-option-bytes':
        case 'write-option-register':
        case 'set-product-state':
        case 'regress':
          this.stale();
          break;
        case 'read-option-bytes':
          this.optionBytes = parseOptionBytes(lines);
          break;
        case 'discover':
          this.discovery = parseDiscovery(lines);
          break;
        default:
      }
    }
  }

  private stale(): void {
    this.optionBytes = undefined;
    this.discovery = undefined;
  }
}
