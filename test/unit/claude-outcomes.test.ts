import { describe, expect, test } from "vitest";
import type { ReviewerExit } from "../../src/claude/answer.ts";
import { api, document, failureOf, NOW, SUCCESS } from "../support/claude-outcomes.ts";

const later = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString();

/** Outcome of Claude Code 2.1.330 → words that the message has to hold, and when to ask again. */
const OUTCOMES: readonly [name: string, over: Partial<ReviewerExit>, words: string, retryAt: string | null][] = [
  [
    "no structured output, rc 0",
    { code: 0, stdout: document({ is_error: false, result: "prose" }) },
    "without a structured answer",
    later(0),
  ],
  [
    "structured output of another form",
    { code: 0, stdout: JSON.stringify({ ...SUCCESS, structured_output: { summary: "x" } }) },
    "not what was asked for: challenges",
    later(0),
  ],
  ["success that ends with rc 1", { stdout: JSON.stringify(SUCCESS) }, "exit code 1", null],
  [
    "error that ends with rc 0",
    {
      code: 0,
      stdout: JSON.stringify({
        ...SUCCESS,
        is_error: true,
        subtype: "error_during_execution",
        terminal_reason: "aborted_streaming",
        errors: ["[ede_diagnostic] x"],
      }),
    },
    "interrupted",
    later(0),
  ],
  ["not logged in", { stdout: api(null, "Not logged in · Please run /login") }, "not logged in", null],
  ["401", { stdout: api(401, "Failed to authenticate. API Error: 401 x") }, "not valid (401)", null],
  [
    "403",
    { stdout: api(403, "Failed to authenticate. API Error: 403 forbidden") },
    "not allowed to do this (403)",
    null,
  ],
  ["404", { stdout: api(404, "There's an issue with the selected model (nope).") }, "model was not found (404)", null],
  ["429", { stdout: api(429, "API Error: Request rejected (429) · slow down") }, "slow down (429)", later(0)],
  [
    "usage limit with a time",
    { stdout: api(429, "You've hit your 5-hour limit · resets 12:51pm (UTC)") },
    "usage limit",
    later(7200),
  ],
  ["usage limit without a time", { stdout: api(429, "You've hit your weekly limit") }, "usage limit", later(1800)],
  ["no credit", { stdout: api(400, "Credit balance is too low") }, "no credit", null],
  ["400", { stdout: api(400, "API Error: 400 bad") }, "rejected the request", null],
  ["500", { stdout: api(500, "API Error: 500 internal") }, "error of its own", later(0)],
  ["529", { stdout: api(529, "API Error: 529 Overloaded") }, "overloaded (529)", later(0)],
  [
    "stream cut",
    { stdout: api(null, "API Error: Connection to the API was lost (ECONNRESET). This is usually temporary") },
    "cut off",
    later(0),
  ],
  ["socket destroyed", { stdout: api(null, "Connection dropped (ECONNRESET)...") }, "cut off", later(0)],
  [
    "no message_stop",
    { stdout: api(null, "Connection lost mid-response. The response above may be incomplete.") },
    "cut off",
    later(0),
  ],
  [
    "malformed",
    { stdout: api(null, "API Error: API returned an empty or malformed response (HTTP 200)") },
    "cut off",
    later(0),
  ],
  [
    "connection refused",
    { stdout: api(null, "API Error: Connection refused — a firewall (ECONNREFUSED)") },
    "cannot be reached",
    later(0),
  ],
  ["API silent", { stdout: api(null, "Request timed out...") }, "did not answer in time", later(0)],
  [
    "refusal",
    {
      stdout: document({
        terminal_reason: "api_error",
        stop_reason: "refusal",
        result: "API Error: x's safeguards flagged this message",
      }),
    },
    "refused to review",
    null,
  ],
  [
    "max tokens",
    { stdout: api(null, "API Error: Claude's response exceeded the 128000 output token maximum") },
    "longer than an answer",
    null,
  ],
  [
    "budget",
    {
      stdout: document({
        subtype: "error_max_budget_usd",
        terminal_reason: "budget_exhausted",
        result: undefined,
        errors: ["Reached maximum budget ($2)"],
      }),
    },
    "money limit: Reached maximum budget ($2)",
    null,
  ],
  [
    "max turns",
    {
      stdout: document({
        subtype: "error_max_turns",
        terminal_reason: "max_turns",
        result: undefined,
        errors: ["Reached maximum number of turns (30)"],
      }),
    },
    "used up its turns",
    null,
  ],
  [
    "schema never satisfied",
    {
      stdout: document({
        subtype: "error_max_structured_output_retries",
        terminal_reason: "structured_output_retry_exhausted",
        result: undefined,
        errors: ["Failed to provide valid structured output after 5 attempts"],
      }),
    },
    "satisfied the schema",
    later(0),
  ],
  [
    "prompt too long, seen locally",
    { stdout: document({ terminal_reason: "blocking_limit", result: "Prompt is too long" }) },
    "context window",
    null,
  ],
  [
    "prompt too long, said by the API",
    {
      stdout: document({
        terminal_reason: "prompt_too_long",
        api_error_status: 400,
        result: "Prompt is too long · the request is ~250000 tokens",
      }),
    },
    "context window",
    null,
  ],
  ["unknown error", { stdout: api(null, "Something new happened") }, "reported an error: Something new happened", null],
  ["old version", { stderr: "error: unknown option '--restricted'" }, "too old to be confined", null],
  [
    "schema refused",
    { stderr: "Error: --json-schema is not a valid JSON Schema: no schema with key" },
    "schema of a review",
    null,
  ],
  ["stdin too large", { stderr: "Error: piped stdin input exceeds 10MB" }, "too large", null],
  ["placeholder", { stderr: "Error: claude native binary not installed." }, "not completely installed", null],
  [
    "a complaint behind a remark on the schema",
    { stderr: "strict mode: use allowUnionTypes\n\nError: broken" },
    "(exit code 1): Error: broken",
    null,
  ],
  ["silence", { code: 3 }, "no result (exit code 3)", null],
  ["garbage on stdout", { code: 0, stdout: '{"type":"result"' }, "no result (exit code 0)", null],
  ["our timeout", { reason: "timed-out", code: 143 }, "no answer after 10m 00s", later(0)],
  ["cancelled", { reason: "cancelled", code: null }, "cancelled", null],
  ["killed", { reason: "signal", code: null, signal: "SIGKILL" }, "ended from outside (SIGKILL)", later(0)],
  ["terminated, which it turns into a code", { code: 143 }, "ended from outside (SIGTERM)", later(0)],
  ["does not start", { reason: "spawn-failed", code: null, detail: "ENOENT" }, "could not be started: ENOENT", null],
];

/** Classes of the outcomes; of all others environment: something is wrong with what is installed, or nobody knows. */
const CLASSES: Readonly<Record<string, string>> = {
  "no structured output, rc 0": "logic",
  "structured output of another form": "logic",
  "error that ends with rc 0": "state",
  "401": "auth",
  "403": "auth",
  "404": "request",
  "429": "transient",
  "usage limit with a time": "transient",
  "usage limit without a time": "transient",
  "no credit": "auth",
  "400": "request",
  "500": "transient",
  "529": "transient",
  "stream cut": "transient",
  "socket destroyed": "transient",
  "no message_stop": "transient",
  malformed: "transient",
  "connection refused": "transient",
  "API silent": "transient",
  refusal: "request",
  "max tokens": "request",
  budget: "request",
  "max turns": "request",
  "schema never satisfied": "logic",
  "prompt too long, seen locally": "request",
  "prompt too long, said by the API": "request",
  cancelled: "state",
  killed: "state",
  "terminated, which it turns into a code": "state",
  "our timeout": "transient",
};

describe("a review that did not come back", () => {
  test.each(OUTCOMES)("%s", (name, over, words, retryAt) => {
    const failure = failureOf(over);
    expect(failure).toMatchObject({
      code: "REVIEW_UNAVAILABLE",
      class: CLASSES[name] ?? "environment",
      attempt: 2,
      evidence: "/board/answer.json",
    });
    expect(failure.message).toContain("no review: ");
    expect(failure.message).toContain(words);
    expect(failure.retryAt).toBe(retryAt);
    expect(failure.next).not.toBe("");
    expect(failure.next).not.toContain("TASK");
  });

  test("still says what it cost", () => {
    const stdout = document({
      subtype: "error_max_budget_usd",
      terminal_reason: "budget_exhausted",
      errors: ["Reached"],
    });
    expect(failureOf({ stdout })).toMatchObject({
      model: "claude-sonnet-5-5",
      usage: { usd: 0.0021, outputTokens: 51 },
    });
    expect(failureOf({ reason: "timed-out" })).toMatchObject({ model: "sonnet", usage: { usd: 0, inputTokens: 0 } });
  });

  test("survives a result with fields of other types", () => {
    const stdout = document({
      errors: "no list",
      modelUsage: [],
      total_cost_usd: "much",
      result: 7,
      terminal_reason: 5,
    });
    expect(failureOf({ stdout }).message).toContain("no review: Claude Code reported an error");
  });
});
