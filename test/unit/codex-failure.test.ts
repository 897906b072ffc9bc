import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { classifyStart, classifyTurn } from "../../src/codex/outcome/failure.ts";
import { lastRequest } from "../../src/codex/session/request-log.ts";
import { toldTime } from "../../src/codex/outcome/told-time.ts";
import { verifies } from "../requirements.ts";

verifies("C1");

const recordedSchema = z.strictObject({
  codex: z.string(),
  fault: z.string(),
  message: z.string(),
  info: z.string().nullable(),
  /** Line of stderr about the last request. */
  log: z.string(),
  code: z.string(),
  retryAt: z.string().nullable(),
});

const DROP = "stream disconnected before completion: ";
const LATER = "If you think this is wrong … or try again at 9:22 AM.";

/** Messages of turn.failed as Codex 0.124 and 0.169 print them, the class of 0.169 where there is one, and the code. */
const TURNS: readonly (readonly [string, string | null, string])[] = [
  ['{"error":{"message":"bad request field","type":"invalid_request_error"}}', "other", "CODEX_BAD_REQUEST"],
  ['{"error":{"message":"bad request field","type":"invalid_request_error"}}', null, "CODEX_BAD_REQUEST"],
  [
    '{"detail":"The \'gpt-9\' model is not supported when using Codex with a ChatGPT account."}',
    "other",
    "CODEX_MODEL_NOT_FOUND",
  ],
  ['{"error":{"message":"too long","code":"context_length_exceeded"}}', null, "CODEX_CONTEXT_OVERFLOW"],
  [
    "Codex ran out of room in the model's context window. Start a new thread or clear earlier history before retrying.",
    "context_window_exceeded",
    "CODEX_CONTEXT_OVERFLOW",
  ],
  [
    "unexpected status 401 Unauthorized: Incorrect API key provided, url: http://127.0.0.1:1/v1/responses",
    '{"http_connection_failed":{"http_status_code":401}}',
    "CODEX_AUTH",
  ],
  ["unexpected status 401 Unauthorized: no, url: x", null, "CODEX_AUTH"],
  ["unexpected status 402 Payment Required: no, url: x", null, "CODEX_QUOTA"],
  ["unexpected status 403 Forbidden: no, url: x", '{"http_connection_failed":{"http_status_code":403}}', "CODEX_AUTH"],
  [
    "unexpected status 404 Not Found: The model `x` does not exist or you do not have access to it., url: x",
    null,
    "CODEX_MODEL_NOT_FOUND",
  ],
  ["The model `x` does not exist or you do not have access to it.", "model_not_found", "CODEX_MODEL_NOT_FOUND"],
  ["unexpected status 404 Not Found: Not Found, url: x", null, "CODEX_BAD_REQUEST"],
  ["unexpected status 408 Request Timeout: slow, url: x", null, "CODEX_UNAVAILABLE"],
  ["unexpected status 409 Conflict: again, url: x", null, "CODEX_UNAVAILABLE"],
  ["unexpected status 413 Payload Too Large: big, url: x", null, "CODEX_BAD_REQUEST"],
  [
    "unexpected status 422 Unprocessable Entity: no, url: x",
    '{"http_connection_failed":{"http_status_code":422}}',
    "CODEX_BAD_REQUEST",
  ],
  [
    "exceeded retry limit, last status: 429 Too Many Requests",
    '{"response_too_many_failed_attempts":{"http_status_code":429}}',
    "CODEX_RATE_LIMITED",
  ],
  ["exceeded retry limit, last status: 429 Too Many Requests, request id: abc", null, "CODEX_RATE_LIMITED"],
  ["exceeded retry limit, last status: 503 Service Unavailable", null, "CODEX_UNAVAILABLE"],
  [`You’ve hit your usage limit. Upgrade to Pro (https://x) … ${LATER}`, "usage_limit_exceeded", "CODEX_USAGE_LIMIT"],
  [`You've hit your usage limit. Upgrade to Pro (https://x), … ${LATER}`, null, "CODEX_USAGE_LIMIT"],
  [
    "To use Codex with your ChatGPT plan, upgrade to Plus: https://chatgpt.com/explore/plus.",
    "usage_limit_exceeded",
    "CODEX_QUOTA",
  ],
  ["Quota exceeded. Check your plan and billing details.", "usage_limit_exceeded", "CODEX_QUOTA"],
  [
    "We’re currently experiencing high demand, which may cause temporary errors.",
    "internal_server_error",
    "CODEX_UNAVAILABLE",
  ],
  ["We're currently experiencing high demand, which may cause temporary errors.", null, "CODEX_UNAVAILABLE"],
  [
    "unexpected status 502 Bad Gateway: <html>nginx</html>, url: x",
    '{"http_connection_failed":{"http_status_code":502}}',
    "CODEX_UNAVAILABLE",
  ],
  ["Selected model is at capacity. Please try a different model.", "server_overloaded", "CODEX_UNAVAILABLE"],
  ["rate limit exceeded: slow", "rate_limit_exceeded", "CODEX_RATE_LIMITED"],
  [`${DROP}Rate limit reached for x. Please try again in 1.5s.`, null, "CODEX_RATE_LIMITED"],
  ["the prompt was rejected", "invalid_prompt", "CODEX_REFUSED"],
  ["this request was stopped", "cyber_policy", "CODEX_REFUSED"],
  [`${DROP}it broke`, "other", "CODEX_UNAVAILABLE"],
  [`${DROP}stream closed before response.completed`, "other", "CODEX_STREAM_CUT"],
  [`${DROP}Transport error: network error: error decoding response body`, "other", "CODEX_STREAM_CUT"],
  [`${DROP}idle timeout waiting for SSE`, null, "CODEX_STREAM_CUT"],
  [`${DROP}error sending request for url (http://127.0.0.1:1/v1/responses)`, null, "CODEX_NETWORK"],
  [`${DROP}error sending request`, "other", "CODEX_NETWORK"],
  ["Connection failed: error sending request", "other", "CODEX_NETWORK"],
  [`${DROP}Incomplete response returned, reason: content_filter`, "other", "CODEX_REFUSED"],
  ["Incomplete response returned, reason: max_output_tokens", "other", "CODEX_CONTEXT_OVERFLOW"],
  [`${DROP}Incomplete response returned, reason: max_output_tokens`, null, "CODEX_CONTEXT_OVERFLOW"],
  ["Missing environment variable: `KEY`.", null, "CODEX_NOT_LOGGED_IN"],
  ["turn/start failed: Input exceeds the maximum length of 1048576 characters.", null, "CODEX_CONTEXT_OVERFLOW"],
  ["workspace routing discovery failed", null, "CODEX_UNAVAILABLE"],
  [
    "Your access token could not be refreshed because your refresh token was revoked. Please log out and sign in again.",
    null,
    "CODEX_AUTH",
  ],
  [
    "Error running remote compact task: remote compaction v2 expected exactly one compaction output item, got 0",
    "other",
    "CODEX_UNAVAILABLE",
  ],
  ["something that nobody has seen", null, "CODEX_TURN_FAILED"],
  ["something that nobody has seen", "other", "CODEX_TURN_FAILED"],
  ["", null, "CODEX_TURN_FAILED"],
];

/** Stderr of a Codex that ended before its first event. */
const STARTS: readonly (readonly [string, string])[] = [
  ['Error loading config.toml: invalid type: string "x", expected a map\nin `projects`\n', "CODEX_CONFIG"],
  ["Error: Model provider `nope` not found", "CODEX_CONFIG"],
  ['Error: approval_policy = "untrusted" is no longer supported; remove this setting', "CODEX_CONFIG"],
  [
    "Error: thread/start: thread/start failed: required MCP servers failed to initialize: bad: No such file or directory",
    "CODEX_CONFIG",
  ],
  ["error: unexpected argument '--x' found\n\nUsage: codex exec", "CODEX_VERSION_UNSUPPORTED"],
  ["Error: Unknown feature flag: hooks", "CODEX_VERSION_UNSUPPORTED"],
  [
    'Reading prompt from stdin...\nError: Failed to open last message file "/x/y": No such file or directory (os error 2)',
    "CODEX_NO_SIDECAR",
  ],
  ["Error: Read-only file system (os error 30)", "CODEX_START_FAILED"],
  ["Error: failed to initialize in-process app-server client: No space left on device", "CODEX_START_FAILED"],
  ["Error finding codex home: No such file or directory", "CODEX_START_FAILED"],
  ["Not inside a trusted directory and --skip-git-repo-check was not specified.", "CODEX_START_FAILED"],
  ["Failed to read prompt from stdin: input is not valid UTF-8 (invalid byte at offset 1)", "CODEX_START_FAILED"],
  ["thread 'main' panicked at std/src/io/stdio.rs:1165:9:\nfailed printing to stdout: Broken pipe", "CODEX_BAD_EXIT"],
  ["", "CODEX_BAD_EXIT"],
];

const QUIET = { windows: null, request: null, endedMs: 0 };

/** What the two versions print for every fault of the scripted model, recorded: one run per line. */
const RECORDED = readFileSync(new URL("../fixtures/codex-turns.jsonl", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => recordedSchema.parse(JSON.parse(line)));

describe("recorded failures of codex", () => {
  beforeAll(() => {
    // Codex names times in the zone of its machine.
    vi.stubEnv("TZ", "UTC");
  });
  afterAll(() => vi.unstubAllEnvs());

  it.each(RECORDED.map((row) => [row.codex, row.fault, row] as const))("%s: %s", (_codex, _fault, row) => {
    const request = lastRequest(row.log);
    expect(request).not.toBeNull();
    const endedMs = request?.atMs ?? Number.NaN;
    const found = classifyTurn({ message: row.message, errorInfo: row.info, windows: null, request, endedMs });
    expect(found.code).toBe(row.code);
    expect(found.message).not.toBe("");
    expect(found.retryAt === null).toBe(row.retryAt === null);
    if (row.retryAt !== null && found.retryAt !== null)
      expect(Math.abs(Date.parse(found.retryAt) - Date.parse(row.retryAt))).toBeLessThan(3000);
  });

  it("are known in both versions, but for a refusal whose words 0.124 passes on without their class", () => {
    const unknown = RECORDED.filter((row) => row.code === "CODEX_TURN_FAILED");
    expect(unknown.map((row) => `${row.codex} ${row.fault}`)).toEqual([
      "0.124.0 failed cyber",
      "0.124.0 failed invalid_prompt",
    ]);
  });
});

describe("failures", () => {
  it.each(TURNS)("%s (%s) is %s", (message, errorInfo, code) => {
    expect(classifyTurn({ message, errorInfo, ...QUIET }).code).toBe(code);
  });

  it.each(STARTS)("%j is %s", (stderr, code) => {
    const found = classifyStart(stderr);
    expect(found.code).toBe(code);
    expect(found.message).not.toBe("");
    expect(found.message).not.toMatch(/^Reading/);
  });

  it("name the line of stderr that tells them, past the log of requests", () => {
    const log = "2026-11-22T13:51:37.446830Z DEBUG codex_client::default_client: Request completed config.toml";
    expect(classifyStart(`Reading prompt from stdin...\n${log}\nError: zork\n`)).toMatchObject({
      code: "CODEX_BAD_EXIT",
      message: "Error: zork",
      line: 3,
    });
    expect(classifyStart(log)).toMatchObject({ code: "CODEX_BAD_EXIT", line: null });
  });

  it("are never retryable by class when a person has to act", () => {
    const kinds = TURNS.map(([message, info]) => classifyTurn({ message, errorInfo: info, ...QUIET }));
    const transient = kinds.filter((kind) => kind.class === "transient").map((kind) => kind.code);
    expect(new Set(transient)).toEqual(
      new Set(["CODEX_UNAVAILABLE", "CODEX_RATE_LIMITED", "CODEX_USAGE_LIMIT", "CODEX_STREAM_CUT", "CODEX_NETWORK"]),
    );
  });

  it("take the status of the last answer only when it was an error, and trust a class before it", () => {
    const request = (status: number | null) => ({ status, atMs: 0, retryAtMs: null, windows: null });
    const code = (status: number | null, errorInfo: string | null = null) =>
      classifyTurn({ message: "zork", errorInfo, windows: null, request: request(status), endedMs: 0 }).code;
    expect(code(400)).toBe("CODEX_BAD_REQUEST");
    expect(code(503)).toBe("CODEX_UNAVAILABLE");
    expect(code(200)).toBe("CODEX_TURN_FAILED");
    expect(code(null)).toBe("CODEX_TURN_FAILED");
    expect(code(503, "model_not_found")).toBe("CODEX_MODEL_NOT_FOUND");
    expect(code(200, '{"http_connection_failed":{"http_status_code":401}}')).toBe("CODEX_AUTH");
    expect(code(200, '{"response_stream_disconnected":{"http_status_code":null}}')).toBe("CODEX_STREAM_CUT");
    expect(code(200, "brand_new_class")).toBe("CODEX_TURN_FAILED");
  });

  it("take the reset from the window that is used up, the later one when both are", () => {
    const window = (usedPercent: number, resetsAt: number) => ({ usedPercent, windowMinutes: 300, resetsAt });
    const at = (
      primary: ReturnType<typeof window> | null,
      secondary: ReturnType<typeof window> | null,
      message = "You've hit your usage limit.",
    ) => classifyTurn({ ...QUIET, message, errorInfo: null, windows: { primary, secondary } });
    expect(at(window(100, 1000), window(40, 9000)).retryAt).toBe("1970-01-01T00:16:40.000Z");
    expect(at(window(100, 1000), window(100, 9000)).retryAt).toBe("1970-01-01T02:30:00.000Z");
    expect(at(window(50, 1000), window(99, 9000)).retryAt).toBe("1970-01-01T02:30:00.000Z");
    expect(at(null, null).retryAt).toBeNull();
    expect(at(window(100, 9e15), null).retryAt).toBeNull();
    // A 429 whose body is lost: the window tells what it was.
    expect(at(window(100, 1), null, "rate limit exceeded: x").code).toBe("CODEX_USAGE_LIMIT");
    expect(at(window(99, 1), null, "rate limit exceeded: x")).toMatchObject({
      code: "CODEX_RATE_LIMITED",
      retryAt: null,
    });
  });

  it("never throw, whatever Codex says", () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string()), fc.string(), (message, errorInfo, stderr) => {
        const turn = classifyTurn({ message, errorInfo, windows: null, request: lastRequest(stderr), endedMs: 0 });
        expect(turn.message).not.toBe("");
        expect(classifyStart(stderr).message).not.toBe("");
        toldTime(message, 0);
      }),
    );
  });
});
