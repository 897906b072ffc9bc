import { isErrorCode } from "../kernel/error-table.ts";
import { errorClass } from "../kernel/errors.ts";
import { tailOf } from "../kernel/text.ts";
import type { Leftover } from "../model/leftover.ts";
import type { Failure } from "../model/outcome.ts";
import type { Feedback } from "../model/record.ts";
import type { Task } from "../model/task.ts";
import { continuation } from "./limits/chunks.ts";
import { toldBefore } from "./cloud.ts";
import type { Layer } from "./failures/cures.ts";

/** Most characters of feedback that reach a worker's prompt. */
export const FEEDBACK_LIMIT = 6000;

/** What a fresh attempt is told about a failure; null when a fresh session needs nothing but its order (transient causes). */
export function feedbackFor(task: Task, failure: Failure, layer: Layer): Feedback | null {
  if (failure.code === "CODEX_CONTEXT_OVERFLOW") return overflowed(task, failure, layer);
  if (isInterruption(failure.code) && task.options.lane === "cloud") return toldBefore(task);
  if (isInterruption(failure.code)) return task.attempts.length === 0 ? null : interrupted(task, failure);
  switch (failure.code) {
    case "VERIFY_FAILED":
      return { from: "verification", text: bounded(verificationText(task)) };
    case "SCOPE_VIOLATION":
      return {
        from: "scope",
        text: bounded(
          `${failure.message}\n${failure.evidence ?? ""}\nUndo these changes; they are outside the write scope.`,
        ),
      };
    case "VALIDATION_RETREAT":
      return {
        from: "retreat",
        text: bounded(
          `${failure.message}\nPut these checks back as they were and make the code pass them. If the order cannot be done without changing one of them, end with BLOCKED: and say which and why.`,
        ),
      };
    case "CLOUD_NO_CHANGE":
      return {
        from: "nothing-changed",
        text: `${failure.message}\nDo the work in the files and leave your report; nothing else of you is seen.`,
      };
    case "VERIFY_NOTHING_CHANGED":
      return {
        from: "nothing-changed",
        text: `${failure.message}\nDo the work in the work tree; a report alone is not accepted.`,
      };
    case "REPORT_MISSING":
    case "CODEX_NO_SIDECAR":
      return {
        from: "report",
        text: `${failure.message}\nIts work is in the files already and is not to be done again. Look at what is there, change nothing that is right, and end with the last message that was missing.`,
        order: "repair",
      };
    default:
      return { from: "failure", text: bounded(`${failure.code}: ${failure.message}\n${failure.evidence ?? ""}`) };
  }
}

/** True for codes of a session that was cut off through no fault of its work: the next one goes on with what is there. */
export function isInterruption(code: string): boolean {
  return code === "CODEX_LOST" || code === "CODEX_KILLED" || (isErrorCode(code) && errorClass(code) === "transient");
}

function interrupted(task: Task, failure: Failure): Feedback {
  const { state, left } = task;
  const cut = `The session before this one was cut off (${failure.code}). Its edits may be incomplete: look at what is in the work tree first.`;
  const text = left === null ? cut : `${cut}\n\n${left.digest}`;
  return continuation("interrupted", text, state.at === "attempted" ? state.feedback : null);
}

/** Less of the order each time; in the end only the digest of what was there. */
function overflowed(task: Task, failure: Failure, layer: Layer): Feedback {
  const text = `The session before this one ran out of room (${failure.code}). Its edits are in the files and may be incomplete.`;
  const digest = layer === "restart" && task.left !== null ? `\n\n${task.left.digest}` : "";
  return { from: "overflow", text: `${text}${digest}`, order: layer === "reduced" ? "reduced" : "minimal" };
}

/** What the next session of a chunked task is told. */
export function chunkFeedback(left: Leftover | null, told: Feedback | null): Feedback {
  const text =
    left?.digest ?? "What the session before this one did could not be read: look at what is in the work tree first.";
  return continuation("chunk", text, told);
}

function verificationText(task: Task): string {
  const red = task.verification.filter((result) => result.kind !== "passed");
  return red
    .map((result) => {
      const how = result.kind === "failed" ? `exit code ${String(result.exitCode)}` : result.kind;
      return `Criterion: ${result.criterion}\nCommand: ${result.command}\nResult: ${how}\nOutput (last part):\n${result.tail}`;
    })
    .join("\n\n");
}

function bounded(text: string): string {
  return tailOf(text, FEEDBACK_LIMIT);
}
