import { firstLine, tailOf } from "../../kernel/text.ts";
import type { AttemptOutcome, Failure } from "../../model/outcome.ts";
import type { Feedback } from "../../model/record.ts";
import type { Repeated } from "../../model/stuck.ts";
import type { Leftover } from "../../model/leftover.ts";
import type { Task } from "../../model/task.ts";
import { continuation } from "./chunks.ts";
import { stepText } from "./step-reached.ts";

type RepeatedCall = Repeated["calls"][number];

/** Characters of a call and of a result in the one sentence that a person is told. */
const WORDS = { call: 160, result: 120 };

/** Characters of each that the next session is told, of at most three calls. */
const VERBATIM = { call: 1200, result: 600 };

/** True for sessions that were stopped as stuck or as far beyond their estimate. */
export function isStuck(code: string): boolean {
  return code === "WORKER_STUCK" || code === "TASK_OVER_ESTIMATE";
}

/** A session as it ended. */
interface Stopped {
  readonly outcome: AttemptOutcome;
  readonly left: Leftover | null;
}

/** The failure with the step it was at and what was repeated: the one sentence that a person is told. */
export function stuckAt(failure: Failure, task: Task, { outcome, left }: Stopped): Failure {
  const [lead, what] =
    failure.code === "WORKER_STUCK"
      ? ["stuck", outcome.repeated === undefined ? failure.message : sentence(outcome.repeated)]
      : ["over its estimate", failure.message];
  return { ...failure, message: `${lead}${stepText(task, left)}: ${what}` };
}

function sentence({ times, calls }: Repeated): string {
  const [only] = calls;
  if (only !== undefined && calls.length === 1) {
    const last = firstLine(only.result.trimEnd().split("\n").at(-1) ?? "", WORDS.result);
    const result = only.kind === "command" ? "output" : "result";
    const verb = only.kind === "patch" ? "was made" : "ran";
    const said = last === "" ? "" : ` → ${last}`;
    return `the same ${only.kind} ${verb} ${times} times with the same ${result}: \`${nameOf(only)}\`${said}`;
  }
  const names = calls.map((call) => `\`${nameOf(call)}\``).join(", ");
  return `the same ${calls.length} calls took turns, each up to ${times} times with the same result: ${names}`;
}

/** A patch is known by the files that it names. */
function nameOf({ kind, what }: RepeatedCall): string {
  if (kind !== "patch") return firstLine(what, WORDS.call);
  const files = [...what.matchAll(/^\*\*\* (?:Add|Update|Delete) File: (.+)$/gm)].map((found) => found[1] ?? "");
  return firstLine(files.length === 0 ? what : files.join(", "), WORDS.call);
}

/** What a fresh session is told of one that was stopped as stuck: what it did again and again, as it stands, and what it left. */
export function stuckFeedback(task: Task, failure: Failure, told: Feedback | null): Feedback {
  const repeated = failure.code === "WORKER_STUCK" ? task.attempts.at(-1)?.outcome?.repeated : undefined;
  const said =
    repeated === undefined
      ? `The session before this one was stopped: ${failure.message}. Take the shortest way to the goal, or say BLOCKED and what is missing.`
      : [
          `The session before this one was stopped because it did the same again and again (${repeated.times} times) and got the same result each time. Do not do that again: find out why the result does not change, take another way, or say BLOCKED and what is missing.`,
          ...repeated.calls.map(verbatim),
        ].join("\n\n");
  const digest = task.left === null ? "" : `\n\n${task.left.digest}`;
  return continuation("stuck", `${said}${digest}`, told);
}

function verbatim({ kind, what, result }: RepeatedCall): string {
  const call = what.length > VERBATIM.call ? `${what.slice(0, VERBATIM.call)}…` : what;
  return `The ${kind}:\n${call}\nIts result (last part):\n${result === "" ? "(nothing)" : tailOf(result, VERBATIM.result)}`;
}
