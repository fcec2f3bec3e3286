/** Of a list of durations in milliseconds. */
export interface Statistics {
  readonly count: number;
  readonly min: number;
  readonly median: number;
  /** The smallest value that is not below 95 % of them. */
  readonly p95: number;
  readonly max: number;
}

/** undefined for an empty list. */
export function statistics(values: readonly number[]): Statistics | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { count: sorted.length, min: sorted[0], median, p95: rank(0.95), max: sorted[sorted.length - 1] };
}
