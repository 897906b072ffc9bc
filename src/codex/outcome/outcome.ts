import type { ErrorCode } from "../../kernel/error-table.ts";
import { firstLine } from "../../kernel/text.ts";
import { makeFailure } from "../../model/failure.ts";
import type { AttemptOutcome, ExitRecord, Failure, Report } from "../../model/outcome.ts";
import type { AttemptOrder } from "../../ports/worker.ts";
import type { Activity } from "../session/activity.ts";
import { attemptFiles, type Asked } from "../attempt-files.ts";
import { classifyStart, classifyTurn } from "./failure.ts";
import { readReport } from "./report.ts";
import type { LastRequest } from "../session/request-log.ts";
import type { Rollout } from "../session/rollout.ts";
import type { AttemptTriage } from "./attempt-triage.ts";
import { judgeSignals, type SignalFacts } from "./signals.ts";
import type { Denial } from "../triage/denial.ts";
import { SANDBOX_CODES } from "../triage/triage.ts";
import { compareConfinement } from "../session/turn-context.ts";

/** A call as the model made it, with what it saw. */
export interface EvidenceCall {
  readonly commands: readonly string[];
  readonly exitCode: number | null;
  readonly output: string;
}

/** Everything an attempt left behind. `lastMessage` null: there is no sidecar. */
export interface Evidence {
  readonly order: AttemptOrder;
  readonly exit: ExitRecord;
  readonly asked: Asked | null;
  readonly activity: Activity;
  readonly rollout: Rollout | null;
  readonly rolloutPath: string | null;
  /** The last answer of the provider, where the log tells of one. */
  readonly request: LastRequest | null;
  readonly calls: readonly EvidenceCall[];
  readonly triage: AttemptTriage;
  readonly lastMessage: string | null;
  /** Last part of stderr. */
  readonly stderr: string;
}

const MAX_NOTES = 30;
const NOTE = 300;

/** Signals, report, failure and notes of an attempt. The failure is null when the signals stand and the worker says COMPLETED. */
export function judgeOutcome(evidence: Evidence): Pick<AttemptOutcome, "signals" | "report" | "failure" | "notes"> {
  const { activity, asked, lastMessage } = evidence;
  const weaker = asked === null ? [] : weakerThan(asked, evidence);
  const { signals, code } = judgeSignals({
    exit: evidence.exit,
    turn: turnOf(activity),
    sidecar: sidecarOf(lastMessage),
    sandbox: evidence.triage.cause?.kind === "broken" ? "broken" : "works",
    weaker,
    expectedThread: true,
  });
  const report = readReport(lastMessage ?? "");
  const failure = code === null ? reportFailure(evidence, report) : signalFailure(evidence, code, weaker);
  return { signals, report, failure, notes: notesOf(evidence) };
}

/** In what the run had less confinement than it was asked to have. In a completed turn what cannot be read back counts as not in force. */
function weakerThan(asked: Asked, { activity, rollout }: Evidence): string[] {
  const context = rollout?.context ?? null;
  if (context !== null) return compareConfinement(asked.confinement, context);
  if (!activity.turnCompleted) return [];
  const unread = rollout === null ? "there is no session file" : "the session file names no turn";
  return [`what was in force cannot be read back: ${unread}`];
}

function turnOf(activity: Activity): SignalFacts["turn"] {
  if (activity.turnFailed !== null) return "failed";
  return activity.turnCompleted ? "completed" : "none";
}

function sidecarOf(lastMessage: string | null): SignalFacts["sidecar"] {
  if (lastMessage === null) return "missing";
  return lastMessage.trim() === "" ? "empty" : "written";
}

function signalFailure(evidence: Evidence, code: ErrorCode, weaker: readonly string[]): Failure {
  if (code === "CODEX_TURN_FAILED") return turnFailure(evidence);
  if (code === "CODEX_BAD_EXIT") return exitFailure(evidence);
  if (code === "SANDBOX_BROKEN") return sandboxFailure(evidence, "");
  const { activity, exit } = evidence;
  const place =
    code === "CODEX_SILENT"
      ? placed(attemptFiles(evidence.order.dir).events, activity.records + activity.noise)
      : undefined;
  const message: Partial<Record<ErrorCode, string>> = {
    CONFINEMENT_WEAKER: weaker.join("; "),
    CODEX_KILLED: `codex was ended by ${exit.signal ?? "a signal"}`,
    CODEX_NO_TURN: "codex ended without turn.completed",
    CODEX_NO_SIDECAR: sidecarWords(evidence),
    CODEX_START_FAILED: exit.detail,
    CODEX_SILENT: silenceWords(evidence),
  };
  return failureOf(evidence, code, {
    message: message[code] ?? exit.detail.replace(/^(?:BUDGET_[A-Z_]+|WORKER_STUCK|TASK_OVER_ESTIMATE): /, ""),
    ...(place === undefined ? {} : { place }),
  });
}

function turnFailure(evidence: Evidence): Failure {
  const { activity, rollout, request, exit, order } = evidence;
  const { code, message, retryAt } = classifyTurn({
    message: activity.turnFailed ?? "",
    errorInfo: rollout?.errorInfo ?? null,
    windows: rollout?.windows ?? null,
    request,
    endedMs: Date.parse(exit.endedAt),
  });
  const place = placed(attemptFiles(order.dir).events, activity.turnFailedLine);
  return failureOf(evidence, code, { message, retryAt, place });
}

/** Exit codes of a shell whose program was ended by a signal are 128 and its number. */
const SIGNALS: Readonly<Record<number, string>> = {
  129: "SIGHUP",
  130: "SIGINT",
  131: "SIGQUIT",
  137: "SIGKILL",
  143: "SIGTERM",
};

/** An exit code that is not 0 without a failed turn: what is known of it stands on stderr or in the session file. */
function exitFailure(evidence: Evidence): Failure {
  const { activity, rollout, exit, order } = evidence;
  const signal = activity.turnCompleted ? undefined : SIGNALS[exit.code ?? 0];
  // Codex ends its turn on SIGINT, notes that in the session file and exits with 1.
  if (signal !== undefined || (rollout?.aborted === true && !activity.turnCompleted))
    return failureOf(evidence, "CODEX_KILLED", { message: `codex was ended by ${signal ?? "SIGINT"} from outside` });
  const found = classifyStart(evidence.stderr);
  const place = placed(attemptFiles(order.dir).stderr, found.line);
  if (found.code === "CODEX_NO_SIDECAR" || (found.code !== "CODEX_BAD_EXIT" && !activity.turnCompleted))
    return failureOf(evidence, found.code, { message: found.message, place });
  const words = activity.turnCompleted || found.line === null ? "" : `: ${found.message}`;
  const message = `codex ended with exit code ${exit.code ?? "?"}${words}`;
  return failureOf(evidence, "CODEX_BAD_EXIT", found.line === null ? { message } : { message, place });
}

/** What the supervisor saw, and what the worker was doing. */
function silenceWords({ activity, calls, exit }: Evidence): string {
  const command = calls.findLast((call) => call.commands.length > 0);
  const ran = command === undefined ? null : firstLine(command.commands.join("; "), 120);
  const state = command?.exitCode === null ? "under way" : `exit ${command?.exitCode ?? "?"}`;
  return [
    exit.detail,
    `last event: ${activity.lastEvent ?? "none"}`,
    ...(ran === null ? [] : [`last command: ${ran} (${state})`]),
    ...activity.warnings.slice(-1).map((warning) => firstLine(warning, NOTE)),
  ]
    .filter((part) => part !== "")
    .join("; ");
}

function sidecarWords({ lastMessage, stderr }: Evidence): string {
  const why = stderr.split("\n").find((line) => /last message file/i.test(line));
  const words = lastMessage === null ? "there is no last message" : "the last message is empty";
  return why === undefined ? words : `${words}: ${firstLine(why, NOTE)}`;
}

function placed(file: string, line: number | null): string {
  return line === null ? file : `${file}:${line}`;
}

function reportFailure(evidence: Evidence, report: Report | null): Failure | null {
  if (report === null) {
    return failureOf(evidence, "REPORT_MISSING", {
      message: `first line: ${firstLine(evidence.lastMessage ?? "", 120)}`,
    });
  }
  if (report.status === "COMPLETED") return null;
  const said = report.summary || `the worker says ${report.status}`;
  const { cause, fix } = evidence.triage;
  if (report.status === "FAILED" && cause !== null) return sandboxFailure(evidence, said);
  const denied = cause === null ? "" : `; the sandbox denied it (${cause.text}); what would allow it: ${fix?.envelope}`;
  const code = report.status === "FAILED" ? "REPORT_FAILED" : "REPORT_BLOCKED";
  return failureOf(evidence, code, { message: `${said}${denied}` });
}

/** A failure that the sandbox explains: its line is the evidence, the smallest change is what to do next. */
function sandboxFailure(evidence: Evidence, said: string): Failure {
  const { cause, fix, file } = evidence.triage;
  if (cause === null || fix === null) return failureOf(evidence, "SANDBOX_BROKEN", { message: said });
  const code = SANDBOX_CODES[cause.kind];
  const denied = `${cause.command === "" ? "" : `\`${cause.command}\`: `}${cause.text}`;
  const failure = failureOf(evidence, code, { message: said === "" ? denied : `${denied}; the worker says: ${said}` });
  const next = cause.kind === "broken" ? fix.envelope : `in the envelope: ${fix.envelope}; then cco dispatch`;
  return { ...failure, evidence: `${file}:${cause.line}`, next };
}

/** What a failure says beyond its code; `place`: file and line that prove it. */
interface Facts {
  readonly message: string;
  readonly retryAt?: string | null;
  readonly place?: string;
}

function failureOf(evidence: Evidence, code: ErrorCode, facts: Facts): Failure {
  const { order } = evidence;
  return makeFailure(code, facts.message || code, {
    evidence: facts.place ?? evidenceFile(evidence, code),
    attempt: order.attempt,
    retryAt: facts.retryAt ?? null,
    task: order.task,
  });
}

/** What the session file proves: the event stream leaves out what the sandbox denied, what was in force and what ended quickly. */
const IN_SESSION: ReadonlySet<ErrorCode> = new Set(["SANDBOX_BROKEN", "CONFINEMENT_WEAKER", "WORKER_STUCK"]);

/** The file that proves it. */
function evidenceFile({ order, activity, rolloutPath }: Evidence, code: ErrorCode): string {
  const files = attemptFiles(order.dir);
  if (code.startsWith("REPORT_")) return files.lastMessage;
  if (IN_SESSION.has(code) && rolloutPath !== null) return rolloutPath;
  return activity.records === 0 ? files.stderr : files.events;
}

/** All that was denied, in the order of the log. */
export function denialsIn({ cause, notes }: AttemptTriage): Denial[] {
  const all = notes.map((note) => note.denial);
  return (cause === null ? all : [...all, cause]).toSorted((a, b) => a.index - b.index);
}

/** What did not decide anything but helps to understand: warnings, denials, holes in the evidence. */
function notesOf(evidence: Evidence): string[] {
  const { activity } = evidence;
  return [
    ...denialsIn(evidence.triage).map(
      ({ kind, command, text }) => `denied (${kind}): ${command === "" ? "apply_patch" : command}: ${text}`,
    ),
    ...new Set(activity.warnings),
    ...(activity.noise > 0 ? [`${activity.noise} lines of the event stream could not be read`] : []),
  ]
    .map((note) => firstLine(note, NOTE))
    .slice(0, MAX_NOTES);
}
