import type { EffectKind } from "../decide/decide.ts";
import { runAttempt, stopAttempt } from "./attempt.ts";
import type { EffectRun } from "./deps.ts";
import { diagnoseStall } from "./review/diagnose.ts";
import { mergeCandidate } from "./merge.ts";
import { reviewCandidate } from "./review/review.ts";
import { sealCandidate } from "./seal.ts";
import { startAttempt } from "./start.ts";
import { verifyCandidate } from "./verify.ts";

/** One program per effect; the kinds come from `decide`. */
export const EFFECT_RUNS: Readonly<Record<EffectKind, EffectRun>> = {
  start: startAttempt,
  attempt: runAttempt,
  stop: stopAttempt,
  seal: sealCandidate,
  verify: verifyCandidate,
  review: reviewCandidate,
  diagnose: diagnoseStall,
  merge: mergeCandidate,
};
