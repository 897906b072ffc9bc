import type { ErrorClass } from "../kernel/error-row.ts";
import { firstLine } from "../kernel/text.ts";
import { type CliResult, wordsOf } from "./cli-result.ts";

/** Why there is no review. `retryMs`: wait after which the same order may succeed, null = a person has to act. */
export interface Cause {
  readonly what: string;
  readonly next: string;
  readonly retryMs: number | null;
  /** Absent: transient where waiting helps, else environment, the class of the code. */
  readonly class?: ErrorClass;
}

const SECOND = 1000;
/** It passes by itself and nobody said when: how long to wait is the policy's to say (`decide`, scaled by `retry.baseSeconds`). */
const LATER = 0;
/** For a usage limit that does not say when it ends. */
const AFTER_USAGE_LIMIT = 30 * 60 * SECOND;

const LOGIN = "claude /login or set ANTHROPIC_API_KEY, then cco doctor";
const AGAIN = "wait, then cco retry TASK";
const SPLIT = "split the envelope, or dispatch with --no-review";
const UPDATE = "npm install -g @anthropic-ai/claude-code@latest, then cco doctor";
const MODEL = "set review.model to a model of your account, then cco retry TASK";

interface Row {
  readonly when: (seen: Seen) => boolean;
  readonly what: string;
  readonly next: string;
  readonly retryMs?: number;
  readonly class?: ErrorClass;
}

interface Seen {
  readonly words: string;
  readonly status: number | null;
  readonly ended: string;
  readonly stop: string | null;
}

const says = (pattern: RegExp) => (seen: Seen) => pattern.test(seen.words);
const status = (code: number) => (seen: Seen) => seen.status === code;

/** Outcomes of Claude Code 2.1.330, measured one by one; the first row that fits counts. */
const RESULT_ROWS: readonly Row[] = [
  {
    when: (seen) => seen.ended === "budget_exhausted",
    what: "the review used up its money limit",
    class: "request",
    next: "raise review.usd, then cco retry TASK",
  },
  { when: (seen) => seen.ended === "max_turns", what: "the review used up its turns", class: "request", next: SPLIT },
  {
    when: (seen) => seen.ended === "structured_output_retry_exhausted",
    what: "no answer of the reviewer satisfied the schema",
    class: "logic",
    next: "cco retry TASK, or set another review.model",
    retryMs: 0,
  },
  {
    when: says(/^Prompt is too long/),
    what: "the change is too large for the reviewer's context window",
    class: "request",
    next: SPLIT,
  },
  { when: says(/Not logged in/), what: "Claude Code is not logged in", next: LOGIN },
  {
    when: says(/You've hit your .*limit|usage limit reached/i),
    what: "a usage limit of the Claude account is reached",
    next: AGAIN,
    retryMs: AFTER_USAGE_LIMIT,
  },
  {
    when: says(/credit balance is too low/i),
    what: "the Claude account has no credit",
    class: "auth",
    next: "add credit to the account, then cco retry TASK",
  },
  { when: status(401), what: "the Claude login or key is not valid (401)", class: "auth", next: LOGIN },
  { when: status(403), what: "the Claude account is not allowed to do this (403)", class: "auth", next: LOGIN },
  { when: status(404), what: "the reviewer's model was not found (404)", class: "request", next: MODEL },
  { when: status(413), what: "the change is too large for one request (413)", class: "request", next: SPLIT },
  { when: status(429), what: "the Claude API asked to slow down (429)", next: AGAIN, retryMs: LATER },
  { when: status(529), what: "the Claude API is overloaded (529)", next: AGAIN, retryMs: LATER },
  {
    when: (seen) => (seen.status ?? 0) >= 500,
    what: "the Claude API had an error of its own",
    next: AGAIN,
    retryMs: LATER,
  },
  {
    when: (seen) => (seen.status ?? 0) >= 400,
    what: "the Claude API rejected the request",
    class: "request",
    next: MODEL,
  },
  {
    when: (seen) => seen.stop === "refusal" || /safeguards flagged/.test(seen.words),
    what: "the model refused to review this change",
    class: "request",
    next: "set another review.model, or dispatch with --no-review",
  },
  {
    when: says(/output token maximum/),
    what: "the review was longer than an answer may be",
    class: "request",
    next: SPLIT,
  },
  {
    when: says(/ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH/),
    what: "the Claude API cannot be reached",
    next: "check the network and ANTHROPIC_BASE_URL, then cco retry TASK",
    retryMs: LATER,
  },
  {
    when: says(/Request timed out|ETIMEDOUT/),
    what: "the Claude API did not answer in time",
    next: AGAIN,
    retryMs: LATER,
  },
  {
    when: says(
      /ECONNRESET|[Cc]onnection (?:was |to the API was )?(?:lost|dropped|closed|reset)|empty or malformed response/,
    ),
    what: "the answer of the Claude API was cut off",
    next: AGAIN,
    retryMs: LATER,
  },
  {
    when: (seen) => seen.ended.startsWith("aborted"),
    what: "the review was interrupted",
    class: "state",
    next: "cco retry TASK",
    retryMs: 0,
  },
];

/** The cause of a result that says it is an error. */
export function causeOfResult(result: CliResult): Cause {
  const words = wordsOf(result);
  const ended = result.terminal_reason ?? "";
  const seen = { words, status: result.api_error_status, ended, stop: result.stop_reason };
  const row = RESULT_ROWS.find((each) => each.when(seen));
  const detail = firstLine(words === "" ? `${result.subtype} ${ended}`.trim() : words);
  if (row === undefined)
    return { what: `Claude Code reported an error: ${detail}`, next: "cco doctor, then cco retry TASK", retryMs: null };
  const { what, next, retryMs = null } = row;
  return { what: `${what}: ${detail}`, next, retryMs, ...(row.class === undefined ? {} : { class: row.class }) };
}

/** Complaints on stderr of a Claude Code that printed no result. */
const STDERR_ROWS: readonly { readonly says: RegExp; readonly what: string; readonly next: string }[] = [
  { says: /unknown option/, what: "this Claude Code is too old to be confined to reading", next: UPDATE },
  { says: /native binary not installed/, what: "Claude Code is not completely installed", next: UPDATE },
  { says: /--json-schema/, what: "this Claude Code does not accept the schema of a review", next: UPDATE },
  { says: /stdin input exceeds/, what: "the change is too large for the reviewer", next: SPLIT },
];

/** The cause when there is no result on stdout. `exit` says how the process ended. */
export function causeWithoutResult(stderr: string, exit: string): Cause {
  // The schema check of Claude Code remarks on schemas that it accepts.
  const complaints = stderr.split("\n").filter((text) => text.trim() !== "" && !text.startsWith("strict mode:"));
  const line = firstLine(complaints[0] ?? "");
  const row = STDERR_ROWS.find((each) => each.says.test(stderr));
  if (row !== undefined) return { what: `${row.what}: ${line}`, next: row.next, retryMs: null };
  const detail = line === "" ? "" : `: ${line}`;
  return {
    what: `Claude Code printed no result (${exit})${detail}`,
    next: "cco doctor, then cco retry TASK",
    retryMs: null,
  };
}
