import type { WorkerStep } from "../../rehearsal/script.ts";
import { atOnce, oneMore, OVERFLOW, parked, transient, WRITE, type Drill } from "./drill.ts";

function failed(code: string | null, message?: string): WorkerStep {
  return { fault: { kind: "failed", code, ...(message === undefined ? {} : { message }) } };
}

/** What goes wrong inside an event stream. */
export const STREAM_DRILLS = {
  "stream-cut": {
    fault: "the socket dies mid-stream",
    steps: [{ fault: { kind: "cut" } }],
    expect: transient("CODEX_STREAM_CUT"),
  },
  "stream-cut-after-edit": {
    fault: "the socket dies after an edit was made",
    steps: [WRITE, { fault: { kind: "cut" } }],
    expect: { ...transient("CODEX_STREAM_CUT"), requests: 4 },
  },
  "stream-stalled": {
    fault: "the stream starts and says nothing more",
    steps: [{ fault: { kind: "silent" } }],
    settings: { "worker.silenceSeconds": 2 },
    expect: transient("CODEX_SILENT"),
  },
  "malformed-stream": {
    fault: "an event whose JSON ends in the middle",
    steps: [{ fault: { kind: "malformed" } }],
    expect: transient("CODEX_STREAM_CUT"),
  },
  "html-answer": {
    fault: "200 with a page instead of a stream",
    steps: [{ fault: { kind: "http", status: 200, body: "<html>Sign in to the network</html>" } }],
    expect: transient("CODEX_STREAM_CUT"),
  },
  "response-failed": {
    fault: "response.failed server_error",
    steps: [failed("server_error", "it broke")],
    expect: transient("CODEX_UNAVAILABLE"),
  },
  "response-rate-limited": {
    fault: "response.failed rate_limit_exceeded, try again in 0.2s",
    steps: [failed("rate_limit_exceeded", "Rate limit reached. Please try again in 0.2s.")],
    expect: transient("CODEX_RATE_LIMITED"),
  },
  "response-no-credit": {
    fault: "response.failed insufficient_quota",
    steps: [failed("insufficient_quota", "quota")],
    expect: parked("CODEX_QUOTA"),
  },
  "response-overflow": {
    fault: "response.failed context_length_exceeded",
    steps: [failed("context_length_exceeded", "too long")],
    expect: OVERFLOW,
  },
  "response-refused": {
    fault: "response.failed invalid_prompt",
    steps: [failed("invalid_prompt", "Invalid prompt: flagged as potentially violating our usage policy")],
    expect: atOnce("CODEX_REFUSED"),
  },
  "response-failed-empty": {
    fault: "response.failed without an error",
    steps: [failed(null)],
    expect: oneMore("CODEX_NO_SIDECAR"),
  },
  "answer-cut-by-length": {
    fault: "response.incomplete max_output_tokens",
    steps: [{ fault: { kind: "incomplete", reason: "max_output_tokens" } }],
    expect: OVERFLOW,
  },
  "answer-filtered": {
    fault: "response.incomplete content_filter",
    steps: [{ fault: { kind: "incomplete", reason: "content_filter" } }],
    expect: atOnce("CODEX_REFUSED"),
  },
  "empty-message": {
    fault: 'an assistant message ""',
    steps: [{ fault: { kind: "empty-message" } }],
    expect: oneMore("CODEX_NO_SIDECAR"),
  },
  "no-output": {
    fault: "an answer without any item",
    steps: [{ fault: { kind: "no-output" } }],
    expect: oneMore("CODEX_NO_SIDECAR"),
  },
} as const satisfies Record<string, Drill>;
