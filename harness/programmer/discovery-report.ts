import { parseNumber } from '../units/index.js';

/** Life cycle as the chip's debug authentication names it, without `ST_LIFECYCLE_`. */
export type LifeCycle = 'OPEN' | 'PROVISIONING' | 'PROVISIONED' | 'CLOSED' | 'LOCKED';

/** What a discovery (`debugauth=2`) printed; null = not printed, or in a form that is not known. */
export interface DiscoveryReport {
  readonly targetId: number | null;
  readonly lifeCycle: LifeCycle | null;
  /** 0xeaeaeaea: provisioned and whole · 0xf5f5f5f5: no valid credential. */
  readonly integrity: number | null;
  /** What a successful authentication may be allowed: `Full Regression`, … */
  readonly permissions: readonly string[];
}

export const goodIntegrity = 0xeaeaeaea;

const lifeCycles: Readonly<Record<string, LifeCycle>> = { OPEN: 'OPEN', PROVISIONING: 'PROVISIONING', IROT_PROVISIONED: 'PROVISIONED', PROVISIONED: 'PROVISIONED', CLOSED: 'CLOSED', LOCKED: 'LOCKED' };

/** Reads the rows `discovery: name....:value`. A row that comes twice with different values says nothing. */
export function parseDiscovery(lines: readonly string[]): DiscoveryReport {
  const found = new Map<string, string | null>();
  const permissions = new Set<string>();
  for (const line of lines) {
    const match = /discovery\s*:\s*([A-Za-z0-9 ]{2,60}?)\.*\s*:\s*(.*)$/i.exec(line);
    if (match === null) continue;
    const name = match[1]!.trim().toLowerCase();
    const value = match[2]!.trim();
    if (name === 'permission if authorized') {
      const permission = /==>\s*([A-Za-z][\w /()-]{0,80}?)\s*$/.exec(value);
      if (permission !== null) permissions.add(permission[1]!);
    } else if (found.has(name) && found.get(name) !== value) found.set(name, null);
    else found.set(name, value);
  }
  const row = (name: string): string | undefined => found.get(name) ?? undefined;
  const state = /^ST_LIFECYCLE_([A-Z_]{2,30})$/.exec(row('psa lifecycle') ?? '')?.[1];
  return {
    targetId: parseNumber(row('target id') ?? '') ?? null,
    lifeCycle: state === undefined ? null : (Object.hasOwn(lifeCycles, state) ? lifeCycles[state]! : null),
    integrity: parseNumber(row('st provisioning integrity status') ?? '') ?? null,
    permissions: [...permissions],
  };
}

/** Whether the chip would let itself be brought back to OPEN. */
export function permitsFullRegression(report: DiscoveryReport): boolean {
  return report.permissions.some((name) => /^full regression$/i.test(name));
}
