import type { ErrorClass } from "../../kernel/error-row.ts";
import type { ErrorCode } from "../../kernel/error-table.ts";
import { errorClass } from "../../kernel/errors.ts";
import { isoTime } from "../../kernel/durations.ts";
import { parseJson } from "../../kernel/json.ts";
import { firstLine } from "../../kernel/text.ts";
import { API_CODES, isFirm, POLICY_CLASS, START_FAILURES, STATUSES, TYPED, USAGE, WORDS } from "./failure-table.ts";
import type { LastRequest } from "../session/request-log.ts";
import type { CreditWindow, CreditWindows } from "../session/rollout.ts";
import { toldTime } from "./told-time.ts";

/** What a failure is, as far as Codex lets it be known. `retryAt`: ISO 8601, when it makes sense to try again, where that was told. */
export interface FailureKind {
  readonly code: ErrorCode;
  readonly class: ErrorClass;
  readonly retryAt: string | null;
  readonly message: string;
}

/** Evidence of a failed turn. */
export interface TurnEvidence {
  /** Message of `turn.failed`. */
  readonly message: string;
  /** `codex_error_info` of the session file as text; null up to 0.143. */
  readonly errorInfo: string | null;
  readonly windows: CreditWindows | null;
  readonly request: LastRequest | null;
  /** Unix ms of the end. */
  readonly endedMs: number;
}

/**
 * Classifies a failed turn: by the class that Codex gives it, then by error codes in the text, then by the HTTP status, then by
 * the words. What none of them knows is CODEX_TURN_FAILED, an unknown pattern.
 */
export function classifyTurn(evidence: TurnEvidence): FailureKind {
  const { message, errorInfo } = evidence;
  const status = statusOf(evidence);
  const code =
    typedCode(errorInfo, message) ??
    (status !== null && isFirm(status) ? null : apiCode(message)) ??
    statusCode(status, message) ??
    WORDS.find((row) => row.says.test(message))?.code ??
    "CODEX_TURN_FAILED";
  const spent = throttled(code) && (isUsedUp(windowsIn(evidence)) || saysUsedUp(evidence));
  const exact = spent ? "CODEX_USAGE_LIMIT" : code;
  return kind(exact, wordsOf(message, status), retryTime(exact, evidence));
}

/** Classifies a Codex that ended without a turn, from stderr; CODEX_BAD_EXIT when no row knows it. `line` counts from 1. */
export function classifyStart(stderr: string): FailureKind & { readonly line: number | null } {
  const { text, line } = errorLine(stderr);
  // The line that names the error goes first: around it there may be warnings in the words of other rows.
  const code = startCode(text) ?? startCode(withoutLog(stderr)) ?? "CODEX_BAD_EXIT";
  return { ...kind(code, text || "Codex ended without a word", null), line };
}

function startCode(text: string): ErrorCode | undefined {
  return START_FAILURES.find((row) => row.says.test(text))?.code;
}

function kind(code: ErrorCode, message: string, retryAt: string | null): FailureKind {
  return { code, class: errorClass(code), retryAt, message };
}

/** A class is a word, or an object with one key that holds an HTTP status, or null in place of it. */
function typedCode(info: string | null, message: string): ErrorCode | null {
  if (info === null) return null;
  const name = /^\{?"?([a-z_]+)/.exec(info)?.[1] ?? "";
  if (POLICY_CLASS.test(name)) return "CODEX_REFUSED";
  if (infoStatus(info) !== null) return null;
  const code = Object.hasOwn(TYPED, name) ? TYPED[name] : undefined;
  // The class is the same for a window that is used up, an account without credit and one without a plan.
  if (code === "CODEX_USAGE_LIMIT") return quotaOrLimit(message);
  return code ?? null;
}

function quotaOrLimit(message: string): ErrorCode {
  const worded = WORDS.find((row) => row.says.test(message))?.code;
  return worded === "CODEX_QUOTA" ? worded : "CODEX_USAGE_LIMIT";
}

/** Codes are snake case; of several in one text the first known one counts. */
function apiCode(message: string): ErrorCode | null {
  for (const [word] of message.matchAll(/\b[a-z0-9]+(?:_[a-z0-9]+)+\b/g)) {
    if (Object.hasOwn(API_CODES, word)) return API_CODES[word] ?? null;
    if (POLICY_CLASS.test(word)) return "CODEX_REFUSED";
  }
  return null;
}

function statusCode(status: number | null, message: string): ErrorCode | null {
  if (status === null) return null;
  const row = STATUSES.find(
    (each) => status >= each.from && status <= each.to && (each.says === undefined || each.says.test(message)),
  );
  return row?.code ?? null;
}

/** The HTTP status of what failed: of the class, of the sentence, else of the last answer if that was an error. */
function statusOf({ errorInfo, message, request }: TurnEvidence): number | null {
  const told = /(?:unexpected|last) status:? (\d{3})\b/i.exec(message)?.[1];
  const logged = request?.status ?? null;
  return (
    infoStatus(errorInfo ?? "") ?? (told === undefined ? null : Number(told)) ?? ((logged ?? 0) >= 400 ? logged : null)
  );
}

function infoStatus(info: string): number | null {
  const found = /"http_status_code":(\d{3})/.exec(info)?.[1];
  return found === undefined ? null : Number(found);
}

function windowsIn(evidence: TurnEvidence): CreditWindows | null {
  return evidence.windows ?? evidence.request?.windows ?? null;
}

/** The two codes behind which a window may have run out: up to 0.169 the body of a 429 is lost. */
function throttled(code: ErrorCode): boolean {
  return code === "CODEX_RATE_LIMITED" || code === "CODEX_USAGE_LIMIT";
}

/** No window of an account opens again within this time, in ms: what does is a rate limit, whatever it is called. */
const SHORTEST_WINDOW_MS = 60_000;

function saysUsedUp({ message, endedMs }: TurnEvidence): boolean {
  return USAGE.says.test(message) && !((toldTime(message, endedMs) ?? Infinity) - endedMs < SHORTEST_WINDOW_MS);
}

function isUsedUp(windows: CreditWindows | null): boolean {
  return windowList(windows).some((window) => window.usedPercent >= 100);
}

function windowList(windows: CreditWindows | null): CreditWindow[] {
  return [windows?.primary, windows?.secondary].filter((window) => window !== null && window !== undefined);
}

/** When work may go on: a window's reset for a usage limit, else what the provider asked for, else what the message says. */
function retryTime(code: ErrorCode, evidence: TurnEvidence): string | null {
  if (errorClass(code) !== "transient") return null;
  const { request, message, endedMs } = evidence;
  const asked = (request?.status ?? 0) >= 400 ? (request?.retryAtMs ?? null) : null;
  const at =
    (code === "CODEX_USAGE_LIMIT" ? windowReset(windowsIn(evidence)) : null) ?? asked ?? toldTime(message, endedMs);
  return at === null || !(at - endedMs < LONGEST_WAIT_MS) ? null : isoTime(at);
}

/** What lies further ahead is no time to wait for but a mistake in a unit. */
const LONGEST_WAIT_MS = 400 * 24 * 3600 * 1000;

/** The last reset of the windows that are used up, or of the fullest one when none says so. Unix ms. */
function windowReset(windows: CreditWindows | null): number | null {
  const timed = windowList(windows).filter((window) => window.resetsAt !== null);
  const full = timed.filter((window) => window.usedPercent >= 100);
  const fullest = timed.toSorted((a, b) => b.usedPercent - a.usedPercent).slice(0, 1);
  const seconds = (full.length > 0 ? full : fullest).map((window) => window.resetsAt ?? 0);
  return seconds.length === 0 ? null : Math.max(...seconds) * 1000;
}

/** What the provider said, out of the JSON around it. */
function wordsOf(message: string, status: number | null): string {
  const body = parseJson(message);
  const error = isRecord(body) && isRecord(body["error"]) ? body["error"] : body;
  const words = isRecord(error) ? (error["message"] ?? error["detail"]) : undefined;
  const code = isRecord(error) && typeof error["code"] === "string" ? ` (${error["code"]})` : "";
  const text = typeof words === "string" && words !== "" ? `${words}${code}` : message;
  return firstLine(text, 500) || `the turn failed without a message${status === null ? "" : ` (HTTP ${status})`}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Lines of Codex's log begin with a time; they tell what happened on the way, not why it ended. */
const LOG_LINE = /^\S{0,12}\d{4}-\d\d-\d\dT[\d:.]+Z/;

function withoutLog(stderr: string): string {
  return stderr
    .split("\n")
    .filter((line) => !LOG_LINE.test(line))
    .join("\n");
}

/** The line that names the error: Codex prints notices and log lines around it. */
function errorLine(stderr: string): { readonly text: string; readonly line: number | null } {
  const lines = stderr.split("\n").map((text, at) => ({ text: text.trim(), line: at + 1 }));
  const told = lines.filter(
    ({ text }) => text !== "" && !LOG_LINE.test(text) && !/^Reading (?:additional input|prompt) from stdin/.test(text),
  );
  const named =
    told.find(({ text }) => /^(?:error|Error)\b/.test(text)) ??
    told.find(({ text }) => /panicked at/.test(text)) ??
    told.at(-1);
  return named === undefined ? { text: "", line: null } : { text: firstLine(named.text, 500), line: named.line };
}
