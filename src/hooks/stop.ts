import "../model/interpreted-schemas.ts";
import { readOpenWork } from "../app/board/open-work.ts";
import type { Project } from "../app/project.ts";
import { isSettled } from "../app/board/settled.ts";
import type { TaskResult } from "../model/result.ts";
import type { BackgroundTask, HookInput } from "./hook-input.ts";
import { taskText } from "./open-lines.ts";

/** Most tasks that the reason names. */
const NAMED = 5;

/**
 * Holds the end of a turn once, with the reason, while a worker that this session started is unaccounted for: it runs, and nothing in the
 * background of the session will report its end. A turn that was held before ends; a turn that a person breaks off asks no hook.
 */
export function atStop(project: Project, input: HookInput): string | null {
  if (input.stopHookActive || input.session === "") return null;
  const mine = readOpenWork(project).tasks.filter((task) => task.session === input.session && !isSettled(task));
  const running = input.backgroundTasks.filter(({ status }) => GOING.has(status));
  const lost = mine.filter((task) => !running.some((background) => reports(background, task)));
  if (lost.length === 0) return null;
  const named = lost.slice(0, NAMED).map(taskText).join(", ");
  const more = lost.length > NAMED ? ` and ${lost.length - NAMED} more` : "";
  const ids = lost.slice(0, NAMED).map(({ id }) => id);
  const tasks = lost.length > NAMED ? "{}" : JSON.stringify({ tasks: ids });
  const reason =
    `cco: ${lost.length} worker(s) of this session still run and nothing here will report their end: ${named}${more}. ` +
    `Call the cco tool wait ${tasks}, or in the background: cco wait ${ids.join(" ")}. ` +
    "If nobody needs the outcome in this session, say so and end: the work goes on either way.";
  return JSON.stringify({ decision: "block", reason });
}

/** What a background task that has not ended is called; older clients say nothing. */
const GOING = new Set(["running", "pending", "in_progress", "active", ""]);

/** Commands and tools that return when a task has ended. */
const WAITING = new Set(["wait", "dispatch", "retry", "review", "cancel"]);

/** True when the session is woken for this task, or for one whose end brings it back here. */
function reports(background: BackgroundTask, task: TaskResult): boolean {
  if (background.tool !== "" || background.server !== "")
    return /(?:^|:)cco$/.test(background.server) && WAITING.has(background.tool);
  // A client that names no server says `cco/wait`.
  const named = /^(?:[\w-]+:)*cco\/(\w+)$/.exec(background.command)?.[1];
  if (named !== undefined) return WAITING.has(named);
  const call = /(?:^|[\s;&|(/"'])cco(?:\.js)?["']?\s+(?:--\S+\s+)*(\w+)([^;&|]*)/.exec(background.command);
  if (call === null || !WAITING.has(call[1] ?? "")) return false;
  const words = (call[2] ?? "").split(/\s+/).filter((word) => word !== "");
  if (words.includes("--detach")) return false;
  // A wait without names waits for all; one with names for those.
  const names = call[1] === "wait" ? waitedFor(words) : [];
  return names.length === 0 || names.includes(task.id);
}

function waitedFor(words: readonly string[]): string[] {
  const options = new Set(["--timeout", "--project"]);
  return words.filter(
    (word, index) => !word.startsWith("-") && !/[<>]/.test(word) && !options.has(words[index - 1] ?? ""),
  );
}
