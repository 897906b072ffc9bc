import type { ErrorClass } from "../kernel/error-row.ts";
import type { ErrorCode } from "../kernel/error-table.ts";
import { errorClass } from "../kernel/errors.ts";
import { firstLine } from "../kernel/text.ts";
import { START_FAILURES, TURN_FAILURES, type FailureRow } from "./failure-table.ts";
import type { CreditWindows } from "./rollout.ts";

/** What a failure is, as far as Codex lets it be known. `resetsAt`: ISO 8601, when a credit window opens again. */
export interface FailureKind {
  readonly code: ErrorCode;
  readonly class: ErrorClass;
  /** True when the same attempt may succeed later without any change. */
  readonly retryable: boolean;
  readonly resetsAt: string | null;
  readonly message: string;
}

/** Evidence of a failed turn. */
export interface TurnEvidence {
  readonly message: string;
  readonly errorInfo: string | null;
  readonly windows: CreditWindows | null;
}

/** Classifies a failed turn; what no row knows is CODEX_TURN_FAILED. */
export function classifyTurn(evidence: TurnEvidence): FailureKind {
  const code = match(TURN_FAILURES, evidence.message, evidence.errorInfo) ?? "CODEX_TURN_FAILED";
  const message = firstLine(evidence.message, 500) || "the turn failed without a message";
  return kind(code, message, code === "CODEX_USAGE_LIMIT" ? windowReset(evidence.windows) : null);
}

/** Classifies a Codex that ended before its first event, from stderr; CODEX_BAD_EXIT when no row knows it. */
export function classifyStart(stderr: string): FailureKind {
  const code = match(START_FAILURES, stderr, null) ?? "CODEX_BAD_EXIT";
  return kind(code, errorLine(stderr) || "Codex ended without a word", null);
}

function kind(code: ErrorCode, message: string, resetsAt: string | null): FailureKind {
  const family = errorClass(code);
  return { code, class: family, retryable: family === "transient", resetsAt, message };
}

function match(rows: readonly FailureRow[], message: string, info: string | null): ErrorCode | null {
  const found = rows.find(
    (row) => (row.message?.test(message) ?? true) && (row.info === undefined || (info !== null && row.info.test(info))),
  );
  return found?.code ?? null;
}

/** When work may go on: the last reset of the windows that are used up, or of the fullest one when none says so. */
function windowReset(windows: CreditWindows | null): string | null {
  const known = [windows?.primary, windows?.secondary].filter((window) => window !== null && window !== undefined);
  const timed = known.filter((window) => window.resetsAt !== null);
  const full = timed.filter((window) => window.usedPercent >= 100);
  const fullest = timed.toSorted((a, b) => b.usedPercent - a.usedPercent).slice(0, 1);
  const seconds = (full.length > 0 ? full : fullest).map((window) => window.resetsAt ?? 0);
  return seconds.length === 0 ? null : new Date(Math.max(...seconds) * 1000).toISOString();
}

/** The line that names the error: Codex prints notices and log lines around it. */
function errorLine(stderr: string): string {
  const lines = stderr.split("\n").map((line) => line.trim());
  const named = lines.find((line) => /^(?:error|Error)\b/.test(line)) ?? lines.find((line) => /panicked at/.test(line));
  const told = lines.filter((line) => line !== "" && !/^Reading (?:additional input|prompt) from stdin/.test(line));
  return firstLine(named ?? told.at(-1) ?? "", 500);
}
