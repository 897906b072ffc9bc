import type { Challenge, EvidenceRun, RuledChallenge } from "../model/review.ts";

/** What running a piece of evidence showed; null = it was not run. `output`: bounded stdout + stderr. */
export interface EvidenceShown {
  readonly runs: readonly EvidenceRun[];
  readonly output: string;
}

/** Signs that a test failed for a reason of its own and says nothing about the change. */
const OWN_FAULT =
  /SyntaxError|ERR_MODULE_NOT_FOUND|Cannot find module|ModuleNotFoundError|command not found|not found in PATH/;

/** Rules on a challenge by what was seen; no opinion enters. Not executed evidence is PARTIAL at most. */
export function ruleOn(challenge: Challenge, shown: EvidenceShown | null): RuledChallenge {
  const base = { id: challenge.id, claim: challenge.claim, kind: challenge.evidence.kind };
  if (shown === null || shown.runs.length === 0) {
    const reason = "its evidence cannot be executed here; recorded for a person";
    return { ...base, ruling: "PARTIAL", reason, executed: false, runs: [] };
  }
  const { ruling, reason } =
    challenge.evidence.kind === "counterexample" ? ruleCounterexample(challenge, shown) : ruleTest(shown);
  return { ...base, ruling, reason, executed: true, runs: [...shown.runs] };
}

function ruleTest(shown: EvidenceShown): Pick<RuledChallenge, "ruling" | "reason"> {
  const codes = shown.runs.map((run) => run.exitCode);
  if (codes.every((code) => code === 0)) return { ruling: "NOISE", reason: "its test passes on the change" };
  if (codes.some((code) => code === 0)) return { ruling: "PARTIAL", reason: "its test does not fail every time" };
  if (codes.some((code) => code === null)) return { ruling: "PARTIAL", reason: "its test did not end by itself" };
  if (codes.includes(126) || codes.includes(127) || OWN_FAULT.test(shown.output)) {
    return { ruling: "NOISE", reason: "its test fails for a reason of its own" };
  }
  return {
    ruling: "VALID",
    reason: `its test fails on the change (${shown.runs.length} of ${shown.runs.length} runs)`,
  };
}

function ruleCounterexample(challenge: Challenge, shown: EvidenceShown): Pick<RuledChallenge, "ruling" | "reason"> {
  const { observed, expected } = challenge.evidence;
  if (observed === undefined || observed === "" || observed === expected) {
    return { ruling: "NOISE", reason: "it does not say what wrong output was observed" };
  }
  return shown.output.includes(observed)
    ? { ruling: "VALID", reason: "the command prints the wrong output it names" }
    : { ruling: "NOISE", reason: "the command does not print what it claims" };
}

/** (VALID + PARTIAL) / all, 0 without challenges (mission E3). */
export function substantiveRate(challenges: readonly RuledChallenge[]): number {
  if (challenges.length === 0) return 0;
  return challenges.filter((challenge) => challenge.ruling !== "NOISE").length / challenges.length;
}
