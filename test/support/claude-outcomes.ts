import { findingsSchema } from "../../src/model/review.ts";
import { readAnswer, type AnswerContext, type ReviewerExit } from "../../src/claude/answer.ts";
import type { ReviewFailure } from "../../src/ports/reviewer.ts";

/** When the outcomes below are read. */
export const NOW = Date.UTC(2026, 10, 22, 10, 51);
export const CONTEXT: AnswerContext = {
  task: "add-limiter",
  attempt: 2,
  model: "sonnet",
  timeoutMs: 600_000,
  nowMs: NOW,
  evidence: "/board/answer.json",
};
/** A review with one challenge. */
export const FINDINGS = {
  summary: "read all",
  challenges: [
    {
      id: "C1",
      claim: "the 101st request passes",
      violates: "criterion 1",
      severity: "blocker",
      path: "src/limiter.js",
      line: 12,
      evidence: { kind: "failing-test", path: "test/c1.test.js", content: "x", command: "node --test test/c1.test.js" },
    },
  ],
};
const MODEL_USAGE = {
  "claude-haiku-5-5": {
    inputTokens: 10,
    outputTokens: 1,
    cacheReadInputTokens: 0,
    cacheCreationInputTokens: 0,
    costUSD: 0.0001,
  },
  "claude-sonnet-5-5": {
    inputTokens: 700,
    outputTokens: 50,
    cacheReadInputTokens: 300,
    cacheCreationInputTokens: 20,
    thinkingTokens: 7,
    costUSD: 0.002,
  },
};
/** What Claude Code 2.1.330 prints after a review, without the fields that nobody reads. */
export const SUCCESS = {
  type: "result",
  subtype: "success",
  is_error: false,
  api_error_status: null,
  terminal_reason: "completed",
  stop_reason: "tool_use",
  result: JSON.stringify(FINDINGS),
  structured_output: FINDINGS,
  total_cost_usd: 0.0021,
  modelUsage: MODEL_USAGE,
};

/** An ended process; exit code 1 unless said otherwise. */
export function exit(over: Partial<ReviewerExit>): ReviewerExit {
  return { reason: "completed", code: 1, signal: null, stdout: "", stderr: "", detail: "", ...over };
}

/** A result document over the one of a success without structured output. */
export function document(over: Readonly<Record<string, unknown>>): string {
  const { structured_output: _none, ...rest } = SUCCESS;
  return JSON.stringify({ ...rest, is_error: true, ...over });
}

/** A failure of the API as Claude Code reports it. */
export function api(status: number | null, result: string): string {
  return document({ terminal_reason: "api_error", api_error_status: status, result });
}

/** The failure that an exit is read as. */
export function failureOf(over: Partial<ReviewerExit>): ReviewFailure {
  const answer = readAnswer(exit(over), CONTEXT, findingsSchema);
  if (answer.ok) throw new Error("an answer where none was expected");
  return answer.error;
}
