import type { ErrorCode } from "../../kernel/error-table.ts";

/**
 * What Codex and the providers behind it say when something goes wrong, as data. `failure.ts` asks the tables in the order in
 * which they stand here: what is typed before what is numbered before what is worded, because only words change.
 */

/** `codex_error_info` of the session file (0.146 and later). What holds an HTTP status is read as that status. */
export const TYPED: Readonly<Record<string, ErrorCode>> = {
  context_window_exceeded: "CODEX_CONTEXT_OVERFLOW",
  usage_limit_exceeded: "CODEX_USAGE_LIMIT",
  rate_limit_exceeded: "CODEX_RATE_LIMITED",
  server_overloaded: "CODEX_UNAVAILABLE",
  internal_server_error: "CODEX_UNAVAILABLE",
  model_not_found: "CODEX_MODEL_NOT_FOUND",
  invalid_prompt: "CODEX_REFUSED",
  unauthorized: "CODEX_AUTH",
  bad_request: "CODEX_BAD_REQUEST",
  http_connection_failed: "CODEX_NETWORK",
  response_stream_connection_failed: "CODEX_NETWORK",
  response_stream_disconnected: "CODEX_STREAM_CUT",
  response_too_many_failed_attempts: "CODEX_UNAVAILABLE",
  request_timeout: "CODEX_UNAVAILABLE",
  policy_capacity_unavailable: "CODEX_UNAVAILABLE",
  invalid_request: "CODEX_BAD_REQUEST",
  inference_hook_denied: "CODEX_REFUSED",
  workspace_access_denied: "CODEX_AUTH",
  access_program_not_enabled: "CODEX_AUTH",
  sandbox_error: "SANDBOX_BROKEN",
};

/** Every class of this form is a refusal: `cyber_policy`, `bio_policy` … */
export const POLICY_CLASS = /_policy(?:_violation)?$/;

/** Error codes and types that stand in the bodies of providers; they come through in a 400 and in some sentences. */
export const API_CODES: Readonly<Record<string, ErrorCode>> = {
  usage_limit_reached: "CODEX_USAGE_LIMIT",
  usage_limit_exceeded: "CODEX_USAGE_LIMIT",
  organization_usage_limit_exceeded: "CODEX_USAGE_LIMIT",
  insufficient_quota: "CODEX_QUOTA",
  usage_not_included: "CODEX_QUOTA",
  billing_hard_limit_reached: "CODEX_QUOTA",
  billing_not_active: "CODEX_QUOTA",
  payment_required: "CODEX_QUOTA",
  budget_exceeded: "CODEX_QUOTA",
  context_length_exceeded: "CODEX_CONTEXT_OVERFLOW",
  string_above_max_length: "CODEX_CONTEXT_OVERFLOW",
  input_too_large: "CODEX_CONTEXT_OVERFLOW",
  max_output_tokens: "CODEX_CONTEXT_OVERFLOW",
  model_not_found: "CODEX_MODEL_NOT_FOUND",
  model_not_available: "CODEX_MODEL_NOT_FOUND",
  invalid_model: "CODEX_MODEL_NOT_FOUND",
  unsupported_model: "CODEX_MODEL_NOT_FOUND",
  model_deprecated: "CODEX_MODEL_NOT_FOUND",
  model_decommissioned: "CODEX_MODEL_NOT_FOUND",
  invalid_prompt: "CODEX_REFUSED",
  content_filter: "CODEX_REFUSED",
  content_policy_violation: "CODEX_REFUSED",
  invalid_api_key: "CODEX_AUTH",
  authentication_error: "CODEX_AUTH",
  permission_error: "CODEX_AUTH",
  token_expired: "CODEX_AUTH",
  account_deactivated: "CODEX_AUTH",
  rate_limit_exceeded: "CODEX_RATE_LIMITED",
  rate_limit_error: "CODEX_RATE_LIMITED",
  slow_down: "CODEX_RATE_LIMITED",
  server_is_overloaded: "CODEX_UNAVAILABLE",
  overloaded_error: "CODEX_UNAVAILABLE",
  server_error: "CODEX_UNAVAILABLE",
  internal_server_error: "CODEX_UNAVAILABLE",
  api_error: "CODEX_UNAVAILABLE",
};

/** What a text has to say for a row to count. */
interface WordRow {
  readonly code: ErrorCode;
  readonly says: RegExp;
}

/** Another protocol than the one that cco speaks with `codex app-server`; what cco itself finds missing in an answer ends in `not …` or `no …`. */
const PROTOCOL: WordRow = {
  code: "CODEX_VERSION_UNSUPPORTED",
  says: /^codex app-server (?:initialize|thread\/start|turn\/start): .*(?:method not found|unknown (?:variant|field|method)|missing field|invalid (?:type|value|params|request)|, not (?:on-request|user)$|names no thread)/i,
};
/** Also asked where a provider calls a window that is used up a rate limit. */
export const USAGE: WordRow = {
  code: "CODEX_USAGE_LIMIT",
  says: /hit your limit|(?:hit|reached|exceeded|used up) (?:your|the) (?:[\w-]+ ){0,3}?(?:usage|weekly|daily|monthly|plan|message|session|credit)[\w -]{0,20}limit|usage limit (?:has been |was |is )?(?:reached|hit|exceeded)|(?:5-hour|five-hour|hourly|weekly|daily|monthly)[\w -]{0,20} (?:limit|cap|allowance)/i,
};
const QUOTA: WordRow = {
  code: "CODEX_QUOTA",
  says: /quota|billing|insufficient (?:funds|credits?|balance)|out of credits?|credit balance|(?:balance|funds|credits?) (?:(?:is|are|was|were|has been|have been) )?(?:exhausted|depleted|used up|spent|empty|too low)|(?:add|buy) (?:more )?(?:funds|credits)|top up\b|spend(?:ing)? (?:limit|cap)|budget (?:has been |was |is )?exceeded|upgrade to plus|plan does not include/i,
};
const OVERFLOW: WordRow = {
  code: "CODEX_CONTEXT_OVERFLOW",
  says: /context (?:window|length)|maximum (?:context|prompt|input)|exceeds the maximum length|(?:input|prompt|conversation|request) (?:is|was|are) too (?:long|large)|(?:input|prompt|request)(?: body)? too (?:long|large)|too many (?:input |prompt )?tokens|exceeds? the (?:maximum|max|allowed)(?: allowed)? (?:number of )?(?:\w+ )?tokens|exceed\w* (?:[\w']+ ){0,4}token limit|reduce (?:the|your) (?:length|size|number of)|reason: max_output_tokens/i,
};
const REFUSED: WordRow = {
  code: "CODEX_REFUSED",
  says: /reason: content_filter|(?:usage|content|safety|acceptable use) polic|content (?:filter|management)|flagged (?:as|for|by)|safety (?:system|check|reason)|moderation|(?:model|request) (?:was )?refused/i,
};
/** What is wrong for the moment is not wrong with the model. */
const BUSY: WordRow = {
  code: "CODEX_UNAVAILABLE",
  says: /at capacity|high demand|overload|temporar(?:y|ily)|maintenance|try again later/i,
};
const MODEL: WordRow = {
  code: "CODEX_MODEL_NOT_FOUND",
  says: /\b(?:model|engine|deployment)\b.{0,160}\b(?:does(?: not|n't) exist|not (?:be )?(?:found|supported|available|allowed|enabled)|no longer (?:supported|available)|unavailable|unknown|deprecated|decommissioned|discontinued|retired|(?:no|not have) access)|(?:unknown|invalid|unsupported|no such) (?:model|engine|deployment)|access to (?:the )?(?:model|engine)/i,
};
const LOGIN: WordRow = {
  code: "CODEX_NOT_LOGGED_IN",
  says: /missing environment variable|not logged in|please (?:log|sign) in\b|no (?:auth|api key|credentials)\b/i,
};
const AUTH: WordRow = {
  code: "CODEX_AUTH",
  says: /(?:invalid|incorrect|expired|revoked|wrong|bad) (?:api |access |auth\w* |bearer |refresh )?(?:key|token|credential)|refresh token|(?:log|sign) in again|unauthori[sz]ed|unauthenticated|authentication (?:failed|error|required)|forbidden/i,
};
const RATE: WordRow = {
  code: "CODEX_RATE_LIMITED",
  says: /rate.?limit|too many requests|slow down|throttl|try again in [\d.]+ ?(?:ms|s|m|h)/i,
};
const SERVER: WordRow = {
  code: "CODEX_UNAVAILABLE",
  says: /(?:internal|server)[\w ]{0,20} error|bad gateway|service unavailable|gateway time-?out|routing discovery failed/i,
};
const INCOMPLETE: WordRow = { code: "CODEX_STREAM_CUT", says: /incomplete response returned/i };

/** Codex's own sentences about the connection. */
const CONNECTION: readonly WordRow[] = [
  {
    code: "CODEX_NETWORK",
    says: /error sending request|connection failed|dns error|connection refused|waiting for network|network is unreachable|no route to host/i,
  },
  {
    code: "CODEX_STREAM_CUT",
    says: /stream closed|idle timeout waiting|transport error|error decoding response body|connection (?:was )?(?:reset|closed|lost)|unexpected eof|timeout waiting for/i,
  },
];

/** HTTP statuses; `says`: the row counts only for these words. First match wins; a status without a row says nothing. */
export const STATUSES: readonly {
  readonly from: number;
  readonly to: number;
  readonly code: ErrorCode;
  readonly says?: RegExp;
}[] = [
  ...[OVERFLOW, USAGE, QUOTA, MODEL, REFUSED].map((row) => ({ from: 400, to: 400, ...row })),
  { from: 401, to: 401, code: "CODEX_AUTH" },
  { from: 402, to: 402, code: "CODEX_QUOTA" },
  { from: 403, to: 403, ...MODEL },
  { from: 403, to: 403, code: "CODEX_AUTH" },
  // Of a path that nobody serves the answer is a page or a stock phrase; words of an API are about what the request names: the model.
  {
    from: 404,
    to: 404,
    code: "CODEX_BAD_REQUEST",
    says: /: ?(?:<|,|not found|unknown error|404|no route|cannot \w+ \/|\{"\w+": ?"not found")/i,
  },
  { from: 404, to: 404, code: "CODEX_MODEL_NOT_FOUND" },
  { from: 408, to: 409, code: "CODEX_UNAVAILABLE" },
  { from: 413, to: 413, ...OVERFLOW },
  { from: 425, to: 425, code: "CODEX_UNAVAILABLE" },
  { from: 429, to: 429, ...USAGE },
  { from: 429, to: 429, ...QUOTA },
  { from: 429, to: 429, code: "CODEX_RATE_LIMITED" },
  { from: 499, to: 499, code: "CODEX_UNAVAILABLE" },
  { from: 400, to: 499, code: "CODEX_BAD_REQUEST" },
  { from: 500, to: 599, code: "CODEX_UNAVAILABLE" },
];

/** Statuses that mean the same whatever the body says. */
export function isFirm(status: number): boolean {
  return status === 401 || status === 402 || status >= 500;
}

/** Words of a failed turn that has neither class nor status. First match wins. */
export const WORDS: readonly WordRow[] = [
  PROTOCOL,
  USAGE,
  QUOTA,
  OVERFLOW,
  REFUSED,
  ...CONNECTION,
  BUSY,
  MODEL,
  LOGIN,
  AUTH,
  RATE,
  SERVER,
  INCOMPLETE,
  // The provider ended the answer with words of its own; Codex itself takes them for something that passes.
  { code: "CODEX_UNAVAILABLE", says: /stream disconnected before completion: \S|error running remote compact task/i },
  { code: "CODEX_STREAM_CUT", says: /stream disconnected before completion/i },
  // The body of a 400 is passed on as it came.
  { code: "CODEX_BAD_REQUEST", says: /^\s*\{[\s\S]*"(?:error|detail|message)"/ },
];

/** Failures that only stderr tells of, most of them before the first event. First match wins. */
export const START_FAILURES: readonly WordRow[] = [
  { code: "CODEX_NO_SIDECAR", says: /last message file/i },
  {
    code: "CODEX_VERSION_UNSUPPORTED",
    says: /unexpected argument|unknown feature flag|unrecognized subcommand|invalid value '.*' for '/i,
  },
  {
    code: "CODEX_CONFIG",
    says: /error loading (?:config|rules|.*\.toml)|config\.toml|unknown configuration field|model provider `.*` not found|TOML parse error|unknown variant|did not match any variant|invalid (?:type|value|configuration)|config(?:uration)? profile/i,
  },
  {
    code: "CODEX_CONFIG",
    says: /is no longer supported; remove this setting|required MCP servers failed to initialize|default_permissions requires|error parsing (?:-c|.*override)/i,
  },
  { code: "CODEX_CONTEXT_OVERFLOW", says: /input exceeds the maximum length|input_too_large/i },
  LOGIN,
  {
    code: "CODEX_START_FAILED",
    says: /error finding codex home|failed to create session|no space left on device|in-process app-server client|not inside a trusted directory|failed to read output schema|output schema file|\(os error \d+\)|read prompt from stdin|no prompt provided|stdin is not a terminal/i,
  },
];
