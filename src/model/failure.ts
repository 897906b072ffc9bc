import { type ErrorCode, errorRow } from "../kernel/error-table.ts";
import type { Failure } from "./outcome.ts";

/** What is known of a failure beyond its code. */
export interface FailureFacts {
  readonly evidence?: string | null;
  readonly attempt?: number | null;
  readonly retryAt?: string | null;
  /** Task id that replaces TASK in the hint. */
  readonly task?: string;
}

/** Builds the failure record of a code: class and next step come from the error table. */
export function makeFailure(code: ErrorCode, message: string, facts: FailureFacts = {}): Failure {
  const row = errorRow(code);
  return {
    class: row.class,
    code,
    message,
    evidence: facts.evidence ?? null,
    attempt: facts.attempt ?? null,
    retryAt: facts.retryAt ?? null,
    next: facts.task === undefined ? row.hint : row.hint.replaceAll("TASK", facts.task),
  };
}
