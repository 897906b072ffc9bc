import { type Pair, judgePairs, MAX_PAIRS, measuredNumber } from "../../decide/review/regression.ts";
import { cannotStart, executed, type Sighting, type Verdict } from "../../decide/review/rulings.ts";
import { isObeyed } from "../../decide/review/screening.ts";
import type { RuledChallenge } from "../../model/review.ts";
import { type Bench, type Copy, openCopy, sight } from "./evidence-bench.ts";

/** Longest time that one regression is measured, in runs of the longest length. */
const LONGEST_RUNS = 6;

const CANDIDATE: Copy = { of: "candidate", number: 1 };
const BASE: Copy = { of: "base", number: 2 };

/** Measures a command on base and candidate in turn, until it is clear which is better or that it cannot be told. */
export async function measure(bench: Bench): Promise<RuledChallenge> {
  await openCopy(bench, CANDIDATE);
  await openCopy(bench, BASE);
  const verdict = await measurePairs(bench);
  return executed(bench.challenge, verdict, bench.runs);
}

async function measurePairs(bench: Bench): Promise<Verdict> {
  const { challenge, limits, tools } = bench;
  const allowed = Number(challenge.evidence.expected);
  const end = tools.clock.now() + limits.runMs * LONGEST_RUNS;
  const pairs: Pair[] = [];
  // The first pair warms caches up and counts for nothing.
  for (let n = 0; n <= MAX_PAIRS; n += 1) {
    // The order changes from pair to pair, so that a machine that gets slower favours neither.
    const order = n % 2 === 0 ? [BASE, CANDIDATE] : [CANDIDATE, BASE];
    const values = new Map<Copy, number>();
    for (const copy of order) {
      const seen = await sight(bench, copy, `${copy.of}-${n}`);
      const value = valueOf(seen);
      if (value === null) return notMeasured(copy, seen);
      values.set(copy, value);
    }
    if (n > 0) pairs.push({ base: values.get(BASE) ?? 0, candidate: values.get(CANDIDATE) ?? 0 });
    const { ruling, reason } = judgePairs(pairs, allowed);
    if (ruling === "VALID") return validated(bench, pairs, reason);
    if (ruling !== "more") return { ruling, reason };
    if (tools.clock.now() > end) break;
  }
  return { ruling: "PARTIAL", reason: `${judgePairs(pairs, allowed).reason}: no time to tell` };
}

/** What measures the same without the project does not measure the project. */
async function validated(bench: Bench, pairs: readonly Pair[], reason: string): Promise<Verdict> {
  const copy: Copy = { of: "candidate", number: 1, thin: (path) => !isObeyed(path) };
  await openCopy(bench, copy);
  const hollow = valueOf(await sight(bench, copy, "without-the-project"));
  const least = Math.min(...pairs.map(({ candidate }) => candidate));
  if (hollow !== null && hollow >= least * 0.9)
    return { ruling: "NOISE", reason: "it does not measure the project: the same is measured without it" };
  return { ruling: "VALID", reason };
}

function valueOf(seen: Sighting): number | null {
  return seen.kind === "exited" && seen.exitCode === 0 ? measuredNumber(seen.output) : null;
}

function notMeasured({ of }: Copy, seen: Sighting): Verdict {
  if (seen.kind === "cannot-start") return cannotStart(seen);
  if (seen.kind === "timed-out")
    return { ruling: "PARTIAL", reason: `it did not end within its time limit on the ${of}` };
  const why = seen.exitCode === 0 ? "its last line is no number" : `it ends with exit code ${seen.exitCode}`;
  return { ruling: "NOISE", reason: `nothing was measured on the ${of}: ${why}` };
}
