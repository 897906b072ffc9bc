import { existsSync, statSync } from "node:fs";
import { isErrorCode, type ErrorCode } from "../../kernel/error-table.ts";
import { firstLine } from "../../kernel/text.ts";
import { makeFailure } from "../../model/failure.ts";
import { NO_USAGE, type AttemptOutcome, type ExitRecord, type Failure, type Report } from "../../model/outcome.ts";
import type { AttemptOrder } from "../../ports/worker.ts";
import { attemptFiles } from "../attempt-files.ts";
import { readReport } from "../outcome/report.ts";
import { judgeSignals } from "../outcome/signals.ts";
import { readTextIfThere } from "../state-file.ts";
import {
  type CloudEnd,
  type CloudTask,
  cloudFiles,
  pageOf,
  readEnd,
  readJob,
  readSubmitting,
  readTask,
} from "./files.ts";

/** What an attempt in the cloud left behind. */
interface Left {
  readonly order: AttemptOrder;
  readonly exit: ExitRecord;
  readonly task: CloudTask | null;
  readonly end: CloudEnd | null;
  readonly report: Report | null;
}

/**
 * Judges an ended attempt in the cloud by the three signals, strictly: the exit of the bridge is 0; the cloud says READY; a change or
 * a report is on the disk. A report is what the worker wrote down itself; where it wrote none there is none, and nobody makes one up.
 * Tokens are not known. May be called again.
 */
export function collectCloud(order: AttemptOrder, exit: ExitRecord): AttemptOutcome {
  const words = readTextIfThere(cloudFiles(order.dir).report);
  const left: Left = {
    order,
    exit,
    task: readTask(order.dir),
    end: readEnd(order.dir),
    report: words === null ? null : readReport(words),
  };
  const { signals, code } = judgeSignals({
    exit,
    turn: turnOf(left.end),
    sidecar: changedFile(order.dir) !== null || words !== null ? "written" : "missing",
    sandbox: "unused",
    weaker: [],
    expectedThread: true,
  });
  return {
    signals,
    report: left.report,
    usage: NO_USAGE,
    exit,
    threadId: left.task?.id ?? null,
    model: null,
    version: readJob(order.dir)?.version ?? null,
    toolCalls: 0,
    failure: code === null ? reportFailure(left) : signalFailure(left, code),
    notes: notesOf(left, words),
  };
}

/** The change that an attempt in the cloud fetched, as an absolute path; null when it fetched none. */
export function changedFile(dir: string): string | null {
  const { change } = cloudFiles(dir);
  return existsSync(change) && statSync(change).size > 0 ? change : null;
}

/** True for an attempt folder that belongs to the cloud lane. */
export function isCloudFolder(dir: string): boolean {
  return existsSync(cloudFiles(dir).job);
}

function turnOf(end: CloudEnd | null): "completed" | "failed" | "none" {
  if (end === null) return "none";
  return end.kind === "ready" ? "completed" : "failed";
}

function signalFailure(left: Left, code: ErrorCode): Failure {
  const { exit, end, order } = left;
  if (code === "CODEX_TURN_FAILED" && end !== null) {
    const named = isErrorCode(end.code) ? end.code : "CODEX_TURN_FAILED";
    return failure(left, named, { message: end.message, retryAt: end.retryAt });
  }
  if (code === "CODEX_NO_SIDECAR")
    return failure(left, "CLOUD_NO_CHANGE", {
      message: `Codex cloud is ready and shows neither a change nor a report${at(left)}`,
    });
  if (code === "CODEX_BAD_EXIT" || code === "CODEX_NO_TURN") {
    const said = firstLine(readTextIfThere(attemptFiles(order.dir).stderr) ?? "", 300);
    const message = `the bridge to Codex cloud ended with exit code ${exit.code ?? "?"}${said === "" ? "" : `: ${said}`}`;
    return failure(left, "CODEX_BAD_EXIT", { message });
  }
  if (code === "CODEX_DEADLINE" && left.task !== null)
    return {
      ...failure(left, code, { message: `${exit.detail}${stillOpen(left)}` }),
      next: `cco retry ${order.task} goes on with that task; cco config --set cloud.hardMinutes=N gives it longer`,
    };
  const why = code === "TASK_CANCELLED" ? "cancelled on request" : exit.detail.replace(/^BUDGET_[A-Z_]+: /, "") || code;
  return failure(left, code, { message: `${why}${stillOpen(left)}` });
}

/** What nobody stops there, as far as it is known. */
function stillOpen({ task, order }: Left): string {
  if (task !== null) return `; the task goes on in the cloud: ${pageOf(task.id)}`;
  return readSubmitting(order.dir) === null
    ? ""
    : "; its order was on the way and may be at work in the cloud: https://chatgpt.com/codex";
}

function reportFailure(left: Left): Failure | null {
  const { report } = left;
  if (report === null || report.status === "COMPLETED") return null;
  const code = report.status === "FAILED" ? "REPORT_FAILED" : "REPORT_BLOCKED";
  const message = report.summary || `the worker says ${report.status}`;
  return { ...failure(left, code, { message }), evidence: attemptFiles(left.order.dir).lastMessage };
}

function failure(
  { order }: Left,
  code: ErrorCode,
  facts: { readonly message: string; readonly retryAt?: string | null },
): Failure {
  return makeFailure(code, facts.message, {
    evidence: attemptFiles(order.dir).events,
    attempt: order.attempt,
    retryAt: facts.retryAt ?? null,
    task: order.task,
  });
}

function notesOf(left: Left, words: string | null): string[] {
  const said = words === null ? "the worker left no report" : "its report follows no protocol";
  return [
    ...(left.task === null ? [] : [`task in the cloud: ${pageOf(left.task.id)}`]),
    ...(left.report === null && left.end?.kind === "ready" ? [said] : []),
  ];
}

function at({ task }: Left): string {
  return task === null ? "" : `: ${pageOf(task.id)}`;
}
