import type { ErrorCode } from "../../kernel/error-table.ts";
import { errorClass } from "../../kernel/errors.ts";
import { isoTime } from "../../kernel/durations.ts";
import { parseJson } from "../../kernel/json.ts";
import { firstLine } from "../../kernel/text.ts";
import { amount, fields, text } from "../attached/fields.ts";
import { classifyStart, classifyTurn } from "../outcome/failure.ts";
import type { CloudCalled } from "./call.ts";

/** What went wrong with a call of `codex cloud`. */
export interface Trouble {
  readonly code: ErrorCode;
  readonly message: string;
  /** ISO 8601; null when nobody said. */
  readonly retryAt: string | null;
  /** True when the same call may work a little later. */
  readonly passes: boolean;
}

/** The sentence of an answer that was no success: `GET https://… failed: 429 Too Many Requests; content-type=…; body=…`. */
const ANSWER = /\b(?:GET|POST) \S*?\/backend-api(\S*) failed: (\d{3})([^;]*);(?: content-type=[^;]*;)? body=([\s\S]*)/;

/** Sentences of `codex cloud` itself, as 0.124 and 0.169 print them. */
const SENTENCES: readonly { readonly says: RegExp; readonly code: ErrorCode }[] = [
  { says: /Not signed in|Not logged in/i, code: "CODEX_NOT_LOGGED_IN" },
  {
    says: /environment '.*' not found|environment label '.*' is ambiguous|no cloud environments are available/,
    code: "CLOUD_ENVIRONMENT",
  },
  { says: /No diff available/, code: "CLOUD_NO_CHANGE" },
  // An answer that Codex cannot read: a page of a proxy, half a document, another form.
  { says: /Decode error|no task id found|metadata missing/, code: "CODEX_UNAVAILABLE" },
  { says: /error sending request|dns error|connection (?:refused|closed|reset)/i, code: "CODEX_NETWORK" },
];

/** Names what went wrong. `what`: the sub-command. */
export function troubleOf(what: string, called: CloudCalled, nowMs: number): Trouble {
  if (called.late) return trouble("CODEX_NETWORK", `codex cloud ${what}: no answer within ${called.limitMs / 1000} s`);
  const answer = ANSWER.exec(called.stderr);
  if (answer !== null) return answered(what, answer, nowMs);
  const said = /^(?:Error: )?(.*\S)/m.exec(called.stderr)?.[1] ?? `it ended with exit code ${called.code ?? "?"}`;
  const code = SENTENCES.find(({ says }) => says.test(called.stderr))?.code ?? classifyStart(called.stderr).code;
  return trouble(code, `codex cloud ${what}: ${firstLine(said, 300)}`);
}

function answered(what: string, answer: RegExpExecArray, nowMs: number): Trouble {
  const [, path = "", status = "", reason = "", body = ""] = answer;
  const words = wordsOf(body);
  const message = `codex cloud ${what}: ${status}${reason}${words === "" ? "" : `: ${words}`}`;
  if (status === "404")
    return trouble(/^\/wham\/tasks\/(?!list)./.test(path) ? "CLOUD_TASK_GONE" : "CODEX_BAD_REQUEST", message);
  const turn = classifyTurn({
    message: `unexpected status ${status}: ${body}`,
    errorInfo: null,
    windows: null,
    request: null,
    endedMs: nowMs,
  });
  return { ...trouble(turn.code, message), retryAt: resetOf(body, nowMs) ?? turn.retryAt };
}

function trouble(code: ErrorCode, message: string): Trouble {
  return { code, message, retryAt: null, passes: errorClass(code) === "transient" && code !== "CODEX_USAGE_LIMIT" };
}

/** The words in the body of an answer; a page has none. */
function wordsOf(body: string): string {
  const given = fields(parseJson(body));
  const error = fields(given["error"]);
  return firstLine(text(error["message"]) || text(given["detail"]) || text(given["message"]), 200);
}

/** When a credit window opens again, where the body says it. */
function resetOf(body: string, nowMs: number): string | null {
  const error = fields(fields(parseJson(body))["error"]);
  const at = amount(error["resets_at"]) * 1000;
  const inMs = amount(error["resets_in_seconds"]) * 1000;
  if (at > nowMs) return isoTime(at);
  return inMs > 0 ? isoTime(nowMs + inMs) : null;
}
