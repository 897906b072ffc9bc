import type { ErrorCode } from "../../kernel/error-table.ts";
import { isErrorCode } from "../../kernel/error-table.ts";
import type { ExitRecord, Signals } from "../../model/outcome.ts";

/** The facts that decide whether an attempt did what a success takes. */
export interface SignalFacts {
  readonly exit: ExitRecord;
  readonly turn: "completed" | "failed" | "none";
  /** Read after the process has ended; Codex creates the file empty, so an empty one proves nothing. */
  readonly sidecar: "written" | "empty" | "missing";
  readonly sandbox: "works" | "broken" | "unused";
  /** Differences between the confinement that was asked for and the real one. */
  readonly weaker: readonly string[];
  /** False when Codex worked in another thread than the one that was asked for. */
  readonly expectedThread: boolean;
}

/** The three signals, and the code of what speaks first against a success; null = nothing does. */
export interface SignalVerdict {
  readonly signals: Signals;
  readonly code: ErrorCode | null;
}

/**
 * All three signals or no success. Order of the codes: what was done to the worker (its exit code and last words mean
 * nothing then); what makes the work unacceptable whatever came of it; what the provider said; then the missing signal.
 */
export function judgeSignals(facts: SignalFacts): SignalVerdict {
  const signals: Signals = {
    exit: facts.exit.reason === "completed" && facts.exit.code === 0,
    turn: facts.turn === "completed",
    sidecar: facts.sidecar === "written",
  };
  return { signals, code: codeOf(facts, signals) };
}

/** Endings before which Codex may have said itself what went wrong: going on in another session would only repeat it. */
const LEAVES_WORDS: ReadonlySet<ErrorCode> = new Set([
  "CODEX_KILLED",
  "CODEX_SOFT_LIMIT",
  "WORKER_STUCK",
  "TASK_OVER_ESTIMATE",
]);

function codeOf(facts: SignalFacts, signals: Signals): ErrorCode | null {
  const ended = codeOfExit(facts.exit);
  if (ended === "TASK_CANCELLED" || ended === "CODEX_START_FAILED") return ended;
  if (facts.weaker.length > 0) return "CONFINEMENT_WEAKER";
  if (ended !== null && !LEAVES_WORDS.has(ended)) return ended;
  if (facts.sandbox === "broken") return "SANDBOX_BROKEN";
  if (facts.turn === "failed") return "CODEX_TURN_FAILED";
  if (ended !== null) return ended;
  if (!signals.exit) return "CODEX_BAD_EXIT";
  if (!signals.turn) return "CODEX_NO_TURN";
  if (!signals.sidecar) return "CODEX_NO_SIDECAR";
  return facts.expectedThread ? null : "CODEX_THREAD_MISMATCH";
}

/** The code of an exit that was not the worker's own doing; null when the worker ended by itself. */
function codeOfExit(exit: ExitRecord): ErrorCode | null {
  switch (exit.reason) {
    case "completed":
    case "exit-code":
      return null;
    case "signal":
      return "CODEX_KILLED";
    case "deadline":
      return "CODEX_DEADLINE";
    case "soft-limit":
      return "CODEX_SOFT_LIMIT";
    case "silent":
      return "CODEX_SILENT";
    case "cancelled":
      return "TASK_CANCELLED";
    case "output-flood":
      return "CODEX_OUTPUT_FLOOD";
    case "budget":
      return budgetCode(exit.detail);
    case "stuck":
      return exit.detail.startsWith("TASK_OVER_ESTIMATE") ? "TASK_OVER_ESTIMATE" : "WORKER_STUCK";
    case "spawn-failed":
      return "CODEX_START_FAILED";
    case "lost":
      return "CODEX_LOST";
  }
}

/** Whoever ends an attempt for its budget names the code in the detail. */
function budgetCode(detail: string): ErrorCode {
  const named = /BUDGET_[A-Z_]+/.exec(detail)?.[0] ?? "";
  return isErrorCode(named) ? named : "BUDGET_TOKENS";
}
