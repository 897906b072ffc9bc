import type { ErrorCode } from "../kernel/error-table.ts";

/** One way of Codex to say what went wrong. Where a row names several things, all of them have to match. */
export interface FailureRow {
  readonly code: ErrorCode;
  /** `codex_error_info` of the session file (0.146 and later), as text. */
  readonly info?: RegExp;
  /** Message of `turn.failed`, or a line of stderr for failures before the first event. */
  readonly message?: RegExp;
}

/**
 * Failed turns, first match wins. Messages that say more than their class come first: a used-up window, an account
 * without credit and one without a plan all have the class `usage_limit_exceeded`.
 */
export const TURN_FAILURES: readonly FailureRow[] = [
  { code: "CODEX_USAGE_LIMIT", message: /hit your usage limit|usage limit (?:has been )?reached|usage_limit_reached/i },
  {
    code: "CODEX_QUOTA",
    message: /upgrade to Plus|Quota exceeded|insufficient_quota|exceeded your current quota|status:? 402\b/i,
  },
  { code: "CODEX_CONTEXT_OVERFLOW", message: /ran out of room in the model's context window|context_length_exceeded/i },
  { code: "CODEX_CONTEXT_OVERFLOW", message: /exceeds the maximum length|input_too_large|reason: max_output_tokens/i },
  {
    code: "CODEX_REFUSED",
    message: /reason: content_filter|invalid_prompt|usage policy|flagged (?:as|for)|cyber_policy/i,
  },
  {
    code: "CODEX_MODEL_NOT_FOUND",
    message: /model\b.*\b(?:does not exist|is not supported|not found)|model_not_found/i,
  },
  { code: "CODEX_NOT_LOGGED_IN", message: /Missing environment variable|not logged in|no auth/i },
  { code: "CODEX_AUTH", message: /status:? 40[13]\b|refresh token|sign in again|Incorrect API key/i },
  { code: "CODEX_UNAVAILABLE", message: /at capacity|high demand|status:? 5\d\d\b|status:? 40[89]\b|overloaded/i },
  {
    code: "CODEX_RATE_LIMITED",
    message: /429 Too Many Requests|rate limit|status:? 429\b|try again in [\d.]+ ?m?s\b/i,
  },
  { code: "CODEX_UNAVAILABLE", message: /workspace routing discovery failed/i },
  { code: "CODEX_BAD_REQUEST", message: /status:? 4\d\d\b/i },
  {
    code: "CODEX_NETWORK",
    message: /error sending request|Connection failed|dns error|connection refused|waiting for network/i,
  },
  {
    code: "CODEX_STREAM_CUT",
    message: /stream disconnected before completion|stream closed|idle timeout waiting for SSE/i,
  },
  { code: "CODEX_STREAM_CUT", message: /Transport error|error decoding response body|connection reset/i },
  { code: "CODEX_CONTEXT_OVERFLOW", info: /context_window_exceeded/ },
  { code: "CODEX_MODEL_NOT_FOUND", info: /model_not_found/ },
  { code: "CODEX_REFUSED", info: /invalid_prompt|cyber_policy/ },
  { code: "CODEX_UNAVAILABLE", info: /server_overloaded|internal_server_error/ },
  { code: "CODEX_RATE_LIMITED", info: /rate_limit_exceeded|response_too_many_failed_attempts/ },
  { code: "CODEX_USAGE_LIMIT", info: /usage_limit_exceeded/ },
  { code: "CODEX_AUTH", info: /unauthorized|:40[13]\b/ },
  { code: "CODEX_NETWORK", info: /http_connection_failed|response_stream_connection_failed/ },
  { code: "CODEX_STREAM_CUT", info: /response_stream_disconnected/ },
  { code: "CODEX_UNAVAILABLE", message: /Error running remote compact task/i },
  // The body of a 400 is passed on as it came.
  { code: "CODEX_BAD_REQUEST", message: /^\s*\{/, info: /bad_request|other/ },
  { code: "CODEX_BAD_REQUEST", message: /^\s*\{[\s\S]*(?:error|detail)/ },
];

/** Failures before the first event, where stderr is all there is. First match wins. */
export const START_FAILURES: readonly FailureRow[] = [
  {
    code: "CODEX_CONFIG",
    message: /Error loading config\.toml|unknown configuration field|Model provider `.*` not found/,
  },
  { code: "CODEX_CONFIG", message: /is no longer supported; remove this setting|did not match any variant/ },
  {
    code: "CODEX_CONFIG",
    message: /required MCP servers failed to initialize|default_permissions requires|Error parsing -c/,
  },
  { code: "CODEX_CONTEXT_OVERFLOW", message: /Input exceeds the maximum length|input_too_large/ },
  { code: "CODEX_NOT_LOGGED_IN", message: /Not logged in|Missing environment variable/i },
  { code: "CODEX_VERSION_UNSUPPORTED", message: /unexpected argument|Unknown feature flag|unrecognized subcommand/ },
  { code: "CODEX_START_FAILED", message: /Error finding codex home|Failed to create session|No space left on device/ },
  { code: "CODEX_START_FAILED", message: /Read-only file system \(os error 30\)|in-process app-server client/ },
  {
    code: "CODEX_START_FAILED",
    message: /last message file|Not inside a trusted directory|Failed to read output schema/,
  },
  { code: "CODEX_START_FAILED", message: /No such file or directory \(os error 2\)|Permission denied \(os error 13\)/ },
  { code: "CODEX_START_FAILED", message: /read prompt from stdin|No prompt provided|stdin is not a terminal/ },
];
