import { routeOf } from "../decide/routing/routing.ts";
import type { Effort } from "../model/envelope.ts";
import type { Task } from "../model/task.ts";
import type { EffectContext } from "./deps.ts";

/** Failures that another attempt with the same effort would likely have again. */
const TOO_HARD = ["VERIFY_FAILED", "REPORT_FAILED", "CODEX_NO_PROGRESS", "WORKER_STUCK"];

/** The effort of the next attempt and the reasons for it. What goes on with a cut session keeps its effort. */
export function effortOfNext(context: Pick<EffectContext, "task" | "history" | "windows">): {
  effort: Effort;
  reasons: string[];
} {
  const { task, history, windows } = context;
  const feedback = task.state.at === "queued" ? task.state.feedback : null;
  const before = task.attempts.at(-1)?.effort;
  if (before !== undefined && (feedback?.from === "chunk" || feedback?.from === "interrupted")) {
    return { effort: before, reasons: ["it goes on with the session before"] };
  }
  if (feedback?.order === "repair") return { effort: "low", reasons: ["it only adds what is missing"] };
  const { envelope, options } = task;
  const route = routeOf({ envelope, asked: options.effort, history, windows, failed: failedAttempts(task) });
  return { effort: route.effort, reasons: [...route.reasons] };
}

function failedAttempts(task: Task): { effort: Effort; code: string }[] {
  return task.attempts.flatMap(({ effort, failure }) =>
    effort !== undefined && failure !== null && TOO_HARD.includes(failure.code) ? [{ effort, code: failure.code }] : [],
  );
}
