import { describe, expect, it } from "vitest";
import { isErrorCode } from "../../src/kernel/error-table.ts";
import { errorClass, exitCodeOf } from "../../src/kernel/errors.ts";

// Others match on these codes, classes and exit codes. A change here is a decision with a record in docs/decisions/.
const PINNED: readonly (readonly [code: string, errorClass: string, exit: number])[] = [
  ["CODEX_NOT_FOUND", "environment", 7],
  ["CODEX_VERSION_UNSUPPORTED", "environment", 7],
  ["CODEX_NOT_LOGGED_IN", "environment", 7],
  ["CODEX_AUTH", "auth", 1],
  ["CODEX_RATE_LIMITED", "transient", 1],
  ["CODEX_USAGE_LIMIT", "transient", 1],
  ["CODEX_UNAVAILABLE", "transient", 1],
  ["CODEX_NETWORK", "transient", 1],
  ["CODEX_STREAM_CUT", "transient", 1],
  ["CODEX_QUOTA", "auth", 1],
  ["CODEX_BAD_REQUEST", "request", 1],
  ["CODEX_MODEL_NOT_FOUND", "request", 1],
  ["CODEX_CONTEXT_OVERFLOW", "request", 1],
  ["CODEX_TURN_FAILED", "logic", 1],
  ["CODEX_NO_TURN", "logic", 1],
  ["CODEX_NO_SIDECAR", "logic", 1],
  ["CODEX_BAD_EXIT", "logic", 1],
  ["CODEX_KILLED", "state", 1],
  ["CODEX_LOST", "state", 1],
  ["CODEX_SILENT", "transient", 1],
  ["CODEX_SOFT_LIMIT", "state", 1],
  ["CODEX_NO_PROGRESS", "logic", 1],
  ["CODEX_DEADLINE", "logic", 1],
  ["CODEX_OUTPUT_FLOOD", "logic", 1],
  ["BUDGET_TOKENS", "logic", 1],
  ["BUDGET_TOOL_CALLS", "logic", 1],
  ["BUDGET_USD", "logic", 1],
  ["BUDGET_MINUTES", "logic", 1],
  ["SANDBOX_PATH", "logic", 1],
  ["SANDBOX_NETWORK", "logic", 1],
  ["SANDBOX_POLICY", "logic", 1],
  ["SANDBOX_BROKEN", "environment", 7],
  ["REPORT_MISSING", "logic", 1],
  ["REPORT_FAILED", "logic", 1],
  ["REPORT_BLOCKED", "logic", 1],
  ["VERIFY_FAILED", "logic", 1],
  ["VERIFY_CANNOT_RUN", "environment", 1],
  ["VERIFY_NOTHING_CHANGED", "logic", 1],
  ["SCOPE_VIOLATION", "logic", 1],
  ["FORBIDDEN_COMMAND", "logic", 1],
  ["SECRET_FOUND", "logic", 2],
  ["VALIDATION_RETREAT", "logic", 1],
  ["REVIEW_UNAVAILABLE", "environment", 7],
  ["REVIEW_UNRESOLVED", "logic", 1],
  ["MERGE_CONFLICT", "logic", 1],
  ["BASE_RED", "logic", 1],
  ["ENVELOPE_INVALID", "request", 2],
  ["ENVELOPE_NOT_FOUND", "request", 2],
  ["ENVELOPE_CYCLE", "request", 2],
  ["ENVELOPE_UNKNOWN_AFTER", "request", 2],
  ["CONFIG_INVALID", "request", 2],
  ["CONFIG_UNKNOWN_KEY", "request", 2],
  ["BOARD_CORRUPT", "state", 1],
  ["BOARD_VERSION", "state", 2],
  ["BOARD_LOCKED", "state", 1],
  ["USAGE", "request", 2],
  ["TASK_GROWING", "logic", 1],
  ["TASK_SILENT", "catastrophic", 1],
  ["TASK_CANCELLED", "state", 5],
  ["INTERNAL", "catastrophic", 70],
];

describe("error codes", () => {
  it.each(PINNED)("%s is %s and exits with %i", (code, expectedClass, exit) => {
    if (!isErrorCode(code)) throw new Error(`${code} is gone`);
    expect([errorClass(code), exitCodeOf(code)]).toEqual([expectedClass, exit]);
  });
});
