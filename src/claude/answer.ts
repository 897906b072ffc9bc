import type * as z from "zod";
import { formatDuration, isoTime } from "../kernel/durations.ts";
import { fail, succeed, type Result } from "../kernel/result.ts";
import { makeFailure } from "../model/failure.ts";
import { NO_USAGE } from "../model/outcome.ts";
import type { Answer, ReviewFailure } from "../ports/reviewer.ts";
import type { BoundedResult } from "../process/run.ts";
import { causeOfResult, causeWithoutResult, type Cause } from "./causes.ts";
import { mainModelOf, readCliResult, usageOf, wordsOf, type CliResult } from "./cli-result.ts";
import { resetTimeOf } from "./reset-time.ts";

/** What is known of a review besides how its process ended. */
export interface AnswerContext {
  readonly task: string;
  readonly attempt: number;
  /** Model that was asked for. */
  readonly model: string;
  readonly timeoutMs: number;
  readonly nowMs: number;
  /** File with the raw answer. */
  readonly evidence: string | null;
}

/** How the reviewer's process ended. */
export type ReviewerExit = Omit<BoundedResult, "ms">;

/**
 * The answer of a reviewer that ended. It counts only with exit code 0, `is_error: false` and a structured output that
 * fits the schema: exit code 0 without a structured output is possible and is no review. Everything else is
 * REVIEW_UNAVAILABLE with its cause in the message.
 */
export function readAnswer<T>(
  exit: ReviewerExit,
  context: AnswerContext,
  schema: z.ZodType<T>,
): Result<Answer<T>, ReviewFailure> {
  const result = readCliResult(exit.stdout);
  const cause = causeOf(exit, result, context);
  if (cause !== null) return fail(reviewFailure(cause, context, result));
  const value = schema.safeParse(result?.structured_output);
  if (result !== null && value.success) {
    return succeed({ value: value.data, usage: usageOf(result), model: mainModelOf(result) ?? context.model });
  }
  const issue = value.error?.issues[0];
  const place = issue === undefined ? "" : `: ${issue.path.join(".")}: ${issue.message}`;
  return fail(
    reviewFailure(
      { ...AGAIN_AT_ONCE, what: `the structured output is not what was asked for${place}` },
      context,
      result,
    ),
  );
}

const AGAIN_AT_ONCE = { next: "cco retry TASK, or set another review.model", retryMs: 0, class: "logic" } as const;

/** Why there is no answer; null when there is one. The reason of the process comes first: it says who ended it. */
function causeOf(exit: ReviewerExit, result: CliResult | null, context: AnswerContext): Cause | null {
  switch (exit.reason) {
    case "spawn-failed":
      return { what: `Claude Code could not be started: ${exit.detail}`, next: "cco doctor", retryMs: null };
    case "timed-out": {
      const limit = formatDuration(context.timeoutMs);
      return {
        what: `the reviewer had no answer after ${limit}`,
        next: "raise review.minutes, then cco retry TASK",
        retryMs: 0,
      };
    }
    case "cancelled":
      return { what: "the review was cancelled", next: "cco retry TASK", retryMs: null, class: "state" };
    case "signal":
      return {
        what: `the reviewer was ended from outside (${exit.signal ?? "signal"})`,
        next: "cco retry TASK",
        retryMs: 0,
        class: "state",
      };
    case "completed":
      return result === null ? withoutResult(exit) : withResult(exit, result);
  }
}

function withoutResult(exit: ReviewerExit): Cause {
  // Claude Code turns a signal into such an exit code and prints nothing.
  const signal = { 129: "SIGHUP", 137: "SIGKILL", 143: "SIGTERM" }[exit.code ?? 0];
  if (signal !== undefined)
    return {
      what: `the reviewer was ended from outside (${signal})`,
      next: "cco retry TASK",
      retryMs: 0,
      class: "state",
    };
  return causeWithoutResult(exit.stderr, `exit code ${String(exit.code)}`);
}

function withResult(exit: ReviewerExit, result: CliResult): Cause | null {
  if (result.is_error) return causeOfResult(result);
  if (exit.code !== 0) {
    return {
      what: `Claude Code ended with exit code ${String(exit.code)} and a result that says success`,
      next: "cco doctor",
      retryMs: null,
    };
  }
  if (result.structured_output === undefined || result.structured_output === null) {
    return { ...AGAIN_AT_ONCE, what: "the reviewer ended without a structured answer" };
  }
  return null;
}

/** The failure of a review that never ran or yielded nothing. */
export function reviewFailure(
  cause: Cause,
  context: Omit<AnswerContext, "timeoutMs">,
  result: CliResult | null = null,
): ReviewFailure {
  const { task, attempt, evidence, nowMs } = context;
  const reset = result === null ? null : resetTimeOf(wordsOf(result), nowMs);
  const retryAt = cause.retryMs === null ? null : isoTime(reset ?? nowMs + cause.retryMs);
  const failure = makeFailure("REVIEW_UNAVAILABLE", `no review: ${cause.what}`, { task, attempt, evidence, retryAt });
  return {
    ...failure,
    class: cause.class ?? (retryAt === null ? failure.class : "transient"),
    next: cause.next.replaceAll("TASK", task),
    usage: result === null ? NO_USAGE : usageOf(result),
    model: (result === null ? null : mainModelOf(result)) ?? context.model,
  };
}
