import type { BreakerOutcome } from "../../model/breaker.ts";
import type { AttemptOutcome, Failure } from "../../model/outcome.ts";

/** Codes of a provider that is down or overloaded (mission C4: 429, 503 and network). */
const TRIPPING: readonly string[] = ["CODEX_RATE_LIMITED", "CODEX_UNAVAILABLE", "CODEX_NETWORK", "CODEX_STREAM_CUT"];

/** The provider answered: the worker's own words, or a credit window, which has a cure of its own. */
const ANSWERED: readonly string[] = ["REPORT_MISSING", "REPORT_FAILED", "REPORT_BLOCKED", "CODEX_USAGE_LIMIT"];

/** Ended by us, by a person or by a crash: that says nothing about the provider. */
const FROM_OUTSIDE: readonly string[] = [
  "CODEX_SOFT_LIMIT",
  "CODEX_KILLED",
  "CODEX_LOST",
  "CODEX_DEADLINE",
  "CODEX_OUTPUT_FLOOD",
  "CODEX_START_FAILED",
  "TASK_CANCELLED",
];

/** What an attempt says about the provider of its account. */
export function outcomeOfAttempt({ failure }: Pick<AttemptOutcome, "failure">): BreakerOutcome {
  if (failure === null || ANSWERED.includes(failure.code)) return { kind: "good" };
  // What became of a task in the cloud, said by the cloud.
  if (failure.code.startsWith("CLOUD_TASK_") || failure.code === "CLOUD_NO_CHANGE") return { kind: "good" };
  if (FROM_OUTSIDE.includes(failure.code) || failure.code.startsWith("BUDGET_")) return { kind: "none" };
  // A sandbox that cannot start or a missing login is a matter of this machine.
  if (failure.class === "environment") return { kind: "none" };
  return { kind: "bad", code: failure.code, signature: signatureOf(failure), trips: TRIPPING.includes(failure.code) };
}

/** What a review says about the provider of the reviewer; null: it came to an end. Every other failure of it has a card at once. */
export function outcomeOfReview(failure: Failure | null): BreakerOutcome {
  if (failure === null) return { kind: "good" };
  if (!isTransientReview(failure)) return { kind: "none" };
  // An answer in another form, or a reviewer that somebody ended, is worth another try and says nothing about the provider.
  const trips = failure.class !== "logic" && failure.class !== "state";
  return { kind: "bad", code: failure.code, signature: signatureOf(failure), trips };
}

/** True when the same review may succeed later by itself: the provider was busy, unreachable or asked to wait, or the answer missed its form. */
export function isTransientReview(failure: Failure): boolean {
  return failure.code === "REVIEW_UNAVAILABLE" && (failure.retryAt !== null || failure.class === "transient");
}

/** Most characters of a signature. */
const SIGNATURE_CHARS = 160;

/** Two errors with the same signature are the same error: ids, numbers and times in the message are left out. */
export function signatureOf({ code, message }: Failure): string {
  const words = message
    .toLowerCase()
    .replaceAll(/[0-9a-f]{8,}(?:-[0-9a-f]+)*/g, "#")
    .replaceAll(/\d+(?:[.:,]\d+)*/g, "#")
    .replaceAll(/\s+/g, " ");
  return `${code}: ${words}`.slice(0, SIGNATURE_CHARS);
}
