import { expect, it } from "vitest";
import { classifyTurn } from "../../src/codex/outcome/failure.ts";
import { verifies } from "../requirements.ts";

verifies("C1");

const DROP = "stream disconnected before completion: ";

/** The same causes in words that no version in the table was seen to use. */
const OTHER_WORDS: readonly (readonly [string, string])[] = [
  [`${DROP}Our servers are overloaded right now, come back soon`, "CODEX_UNAVAILABLE"],
  [`${DROP}An internal error occurred`, "CODEX_UNAVAILABLE"],
  [`${DROP}it broke in a way that nobody has words for`, "CODEX_UNAVAILABLE"],
  [`${DROP}Too many requests in flight`, "CODEX_RATE_LIMITED"],
  [`${DROP}You have exceeded the rate limit for this key`, "CODEX_RATE_LIMITED"],
  [`${DROP}The usage limit has been reached`, "CODEX_USAGE_LIMIT"],
  ["You've reached your weekly usage limit. Try again in 2 days.", "CODEX_USAGE_LIMIT"],
  ["You hit your limit for Codex", "CODEX_USAGE_LIMIT"],
  [`${DROP}You exceeded your current quota, please check your plan and billing details.`, "CODEX_QUOTA"],
  ["Your credit balance is too low", "CODEX_QUOTA"],
  ["unexpected status 401 Unauthorized: slow down, the rate limit of quota billing is exceeded, url: x", "CODEX_AUTH"],
  ["unexpected status 503 Service Unavailable: You've hit your usage limit, url: x", "CODEX_UNAVAILABLE"],
  [
    "unexpected status 403 Forbidden: Project `p` does not have access to model `gpt-9.9`, url: x",
    "CODEX_MODEL_NOT_FOUND",
  ],
  ["unexpected status 404 Not Found: No such engine, url: x", "CODEX_MODEL_NOT_FOUND"],
  ["unexpected status 404 Not Found: 404 page not found, url: x", "CODEX_BAD_REQUEST"],
  ['unexpected status 404 Not Found: {"detail":"Not Found"}, url: x', "CODEX_BAD_REQUEST"],
  ["unexpected status 404 Not Found: <html>nginx</html>, url: x", "CODEX_BAD_REQUEST"],
  ["unexpected status 429 Too Many Requests: your daily limit is used up, url: x", "CODEX_USAGE_LIMIT"],
  ["unexpected status 429 Too Many Requests: please check billing, url: x", "CODEX_QUOTA"],
  ['{"error":{"message":"Your input exceeds the context window of this model"}}', "CODEX_CONTEXT_OVERFLOW"],
  ['{"error":{"message":"Please reduce the length of the messages or completion."}}', "CODEX_CONTEXT_OVERFLOW"],
  [
    '{"error":{"message":"The input token count (1048577) exceeds the maximum number of tokens allowed (1048576)."}}',
    "CODEX_CONTEXT_OVERFLOW",
  ],
  [
    "unexpected status 413 Payload Too Large: Request body too large for m. Max size: 8000 tokens., url: x",
    "CODEX_CONTEXT_OVERFLOW",
  ],
  ["unexpected status 413 Payload Too Large: <html>413 Request Entity Too Large</html>, url: x", "CODEX_BAD_REQUEST"],
  [
    '{"error":{"message":"The model `m` has been decommissioned and is no longer supported.","code":"model_decommissioned"}}',
    "CODEX_MODEL_NOT_FOUND",
  ],
  [`${DROP}Your prepaid balance is exhausted.`, "CODEX_QUOTA"],
  [`${DROP}Budget has been exceeded! Current cost: 10.1, max budget: 10`, "CODEX_QUOTA"],
  ["You have used all of your weekly allowance.", "CODEX_USAGE_LIMIT"],
  ["rate limit exceeded: Weekly cap reached for this workspace.", "CODEX_USAGE_LIMIT"],
  ["rate limit exceeded: tokens per min (TPM): Limit 30000, Used 29000, Requested 2000.", "CODEX_RATE_LIMITED"],
  ['{"error":{"message":"prompt is too long: 210000 tokens > 200000 maximum"}}', "CODEX_CONTEXT_OVERFLOW"],
  [
    '{"error":{"message":"Invalid prompt: your prompt was flagged as potentially violating our usage policy."}}',
    "CODEX_REFUSED",
  ],
  ['{"error":{"message":"nothing of use","type":"new_policy_violation"}}', "CODEX_REFUSED"],
  ['{"detail":"Unsupported parameter: foo"}', "CODEX_BAD_REQUEST"],
  ["Incomplete response returned, reason: unknown_reason", "CODEX_STREAM_CUT"],
  ["Connection refused (os error 111)", "CODEX_NETWORK"],
];

it.each(OTHER_WORDS)("%s is %s with a class and without one", (message, code) => {
  for (const errorInfo of [null, "other"])
    expect(classifyTurn({ message, errorInfo, windows: null, request: null, endedMs: 0 }).code).toBe(code);
});

it("a window that is used up is one, also where the class calls it a rate limit", () => {
  const quiet = { windows: null, request: null, endedMs: 0 };
  const code = (message: string): string => classifyTurn({ message, errorInfo: "rate_limit_exceeded", ...quiet }).code;
  expect(code("You've reached your weekly usage limit. Try again in 3 days 2 hours.")).toBe("CODEX_USAGE_LIMIT");
  expect(code("rate limit exceeded: the daily limit of requests. Please try again in 2s.")).toBe("CODEX_RATE_LIMITED");
  expect(code("rate limit exceeded: tokens per min (TPM)")).toBe("CODEX_RATE_LIMITED");
});
