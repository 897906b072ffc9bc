import type { WorkerStep } from "../../rehearsal/script.ts";
import { accepted, atOnce, DONE, OVERFLOW, parked, transient, WRITE, type Drill } from "./drill.ts";

function http(status: number, body?: unknown, headers?: Record<string, string>): WorkerStep {
  return {
    fault: {
      kind: "http",
      status,
      ...(body === undefined ? {} : { body }),
      ...(headers === undefined ? {} : { headers }),
    },
  };
}

function error(code: string, message: string, more: Readonly<Record<string, unknown>> = {}) {
  return { error: { code, type: code, message, ...more } };
}

/** What a provider answers in place of an event stream. */
export const PROVIDER_DRILLS = {
  "bad-request": {
    fault: "400, a field is wrong",
    steps: [http(400, error("invalid_request_error", "bad request field"))],
    expect: atOnce("CODEX_BAD_REQUEST"),
  },
  "context-overflow": {
    fault: "400 context_length_exceeded",
    steps: [http(400, error("context_length_exceeded", "Your input exceeds the context window of this model."))],
    expect: OVERFLOW,
  },
  "bad-key": {
    fault: "401, the key is wrong",
    steps: [http(401, error("invalid_api_key", "Incorrect API key provided"))],
    expect: parked("CODEX_AUTH"),
  },
  "payment-required": { fault: "402", steps: [http(402)], expect: parked("CODEX_QUOTA") },
  forbidden: {
    fault: "403",
    steps: [http(403, error("forbidden", "You may not use this"))],
    expect: parked("CODEX_AUTH"),
  },
  "unknown-model": {
    fault: "404 model_not_found",
    steps: [http(404, error("model_not_found", "The model `x` does not exist or you do not have access to it."))],
    expect: atOnce("CODEX_MODEL_NOT_FOUND"),
  },
  "rate-limited": {
    fault: "429 without Retry-After",
    steps: [http(429, error("rate_limit_exceeded", "Rate limit reached"))],
    expect: transient("CODEX_RATE_LIMITED"),
  },
  "rate-limited-told": {
    fault: "429 with Retry-After: 1, then it works",
    first: [http(429, error("rate_limit_exceeded", "Rate limit reached"), { "retry-after": "1" })],
    steps: [WRITE, DONE],
    expect: accepted(3, 2),
  },
  "usage-limit": {
    fault: "429 usage_limit_reached, the window opens in 3 s",
    first: (now) => [
      { limits: { primary: { usedPercent: 100, windowMinutes: 300, resetAt: now + 3 } } },
      http(
        429,
        error("usage_limit_reached", "The usage limit has been reached", { plan_type: "plus", resets_at: now + 3 }),
      ),
    ],
    steps: [{ limits: { primary: { usedPercent: 1, windowMinutes: 300 } } }, WRITE, DONE],
    expect: accepted(3, 2),
  },
  "no-plan": {
    fault: "429 usage_not_included",
    steps: [http(429, error("usage_not_included", "not in your plan"))],
    expect: parked("CODEX_QUOTA"),
  },
  "no-credit": {
    fault: "429 insufficient_quota",
    steps: [http(429, error("insufficient_quota", "You exceeded your current quota"))],
    expect: parked("CODEX_QUOTA"),
    // Up to 0.143 the words of a 429 are lost inside Codex.
    upTo: [143, transient("CODEX_RATE_LIMITED")],
  },
  "server-error": { fault: "500", steps: [http(500)], expect: transient("CODEX_UNAVAILABLE") },
  "server-error-once": {
    fault: "500 once, then it works",
    first: [http(500)],
    steps: [WRITE, DONE],
    expect: accepted(3, 2),
  },
  "bad-gateway": {
    fault: "502 with a page of a proxy",
    steps: [http(502, "<html><body>502 Bad Gateway</body></html>")],
    expect: transient("CODEX_UNAVAILABLE"),
  },
  overloaded: {
    fault: "503 server_is_overloaded",
    steps: [http(503, error("server_is_overloaded", "busy"))],
    expect: transient("CODEX_UNAVAILABLE"),
  },
  refused: {
    fault: "nobody listens",
    steps: [DONE],
    provider: "gone",
    expect: { ...transient("CODEX_NETWORK"), requests: 0 },
  },
  reset: {
    fault: "the connection is reset",
    steps: [{ fault: { kind: "reset" } }],
    expect: transient("CODEX_NETWORK"),
  },
  "silent-server": {
    fault: "a request that is never answered",
    steps: [{ fault: { kind: "no-headers" } }],
    settings: { "worker.silenceSeconds": 2 },
    expect: transient("CODEX_SILENT"),
  },
  "not-logged-in": {
    fault: "the variable of the key is not set",
    steps: [DONE],
    provider: "no-key",
    expect: { status: "refused", code: "CODEX_NOT_LOGGED_IN", attempts: 0, requests: 0 },
  },
} as const satisfies Record<string, Drill>;
