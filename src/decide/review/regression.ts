/** One pair of measurements, taken one after the other. */
export interface Pair {
  readonly base: number;
  readonly candidate: number;
}

/** Fewest pairs that a verdict rests on, and the most that are measured. */
const MIN_PAIRS = 5;
export const MAX_PAIRS = 15;

/** What pairs of measurements say about a claim; `more`: they do not say it yet. */
export type RegressionVerdict = {
  readonly ruling: "VALID" | "PARTIAL" | "NOISE" | "more";
  readonly reason: string;
};

/**
 * The number that a command measured: its last line that is not empty, as a whole. Null when that is no number, or a
 * negative one, which has no ratio.
 */
export function measuredNumber(output: string): number | null {
  const line = output.trimEnd().split("\n").at(-1)?.trim() ?? "";
  if (!/^\+?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(line)) return null;
  const value = Number(line);
  return Number.isFinite(value) ? value : null;
}

/**
 * Whether the candidate is worse than `allowed` times the base, beyond the noise of the measurements. It is, or is not,
 * when every measurement says so; otherwise the medians have to differ by more than their spread and nearly all pairs agree.
 */
export function judgePairs(pairs: readonly Pair[], allowed: number): RegressionVerdict {
  const base = pairs.map((pair) => pair.base * allowed);
  const candidate = pairs.map((pair) => pair.candidate);
  const ratio = median(pairs.map((pair) => pair.base)) === 0 ? null : ratioOf(pairs);
  const shown = ratio === null ? "the base measures 0" : `${round(ratio)} times the base, ${round(allowed)} is allowed`;
  const about = `${shown}, ${pairs.length} pairs`;
  if (pairs.length < MIN_PAIRS) return { ruling: "more", reason: about };
  if (ratio === null) {
    const both = candidate.every((value) => value === 0);
    return both ? { ruling: "NOISE", reason: about } : { ruling: "PARTIAL", reason: `${about}: there is no ratio` };
  }
  if (Math.min(...candidate) > Math.max(...base)) return { ruling: "VALID", reason: about };
  if (Math.max(...candidate) <= Math.min(...base)) return { ruling: "NOISE", reason: about };
  if (pairs.length < MAX_PAIRS) return { ruling: "more", reason: about };
  const gap = median(candidate) - median(base);
  const noise = spread(candidate) + spread(base);
  const worse = pairs.filter((pair) => pair.candidate > pair.base * allowed).length;
  if (gap > noise && worse >= pairs.length - 2) return { ruling: "VALID", reason: about };
  if (gap <= 0) return { ruling: "NOISE", reason: about };
  return { ruling: "PARTIAL", reason: `${about}: too close to tell from noise` };
}

function ratioOf(pairs: readonly Pair[]): number {
  return median(pairs.map((pair) => pair.candidate)) / median(pairs.map((pair) => pair.base));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? 0) + high) / 2;
}

/** Median distance from the median: one run that was disturbed does not widen it. */
function spread(values: readonly number[]): number {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle)));
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
