import { openCards } from "../../app/cards.ts";
import { readEscalation } from "../../app/escalation.ts";
import { describeBreaker, openBreakersShown } from "../../app/breakers.ts";
import { isEngineRunning } from "../../app/engine/engine-process.ts";
import { hasPages, type ListedTask, listTasks } from "../../app/board/finished-pages.ts";
import { tasksAtHand } from "../../app/board/tasks-at-hand.ts";
import { parseJson } from "../../kernel/json.ts";
import { type TaskResult, taskResultSchema } from "../../model/result.ts";
import { windowsOfStatus } from "../../app/economy/windows.ts";
import { type Invocation, isOn, optionalArg } from "../invocation.ts";
import type { Output } from "../output.ts";
import { showTask } from "../show-tasks.ts";
import { describeWindow } from "../window-text.ts";

/** Ended tasks that are listed without --all, on the screen and in the JSON document. */
const LISTED_ENDED = 20;
const LISTED_IN_JSON = 1000;

/** `cco status [TASK]`: reads files only; needs no engine, and no picture of one. */
export async function runStatus(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const project = invocation.project();
  const id = optionalArg(invocation, 0);
  const latest = await tasksAtHand(project, id);
  const engine = isEngineRunning(project) ? "running" : "idle";
  const breakers = await openBreakersShown();
  const cards = openCards(project).length;
  const windows = await windowsOfStatus();
  const escalation = readEscalation(project);
  const most = isOn(invocation, "all") ? Infinity : LISTED_IN_JSON;
  const everything = id === undefined && (out.json || most === Infinity);
  const all = everything ? listTasks(project, latest, most) : null;
  if (out.json) {
    const document = { schema: "cco.status/1", engine, tasks: latest, cards, breakers, windows, escalation };
    if (all === null || all.length === latest.length) out.document({ ...document, tasks: latest });
    else out.line(withTasks({ ...document, tasks: [] }, all));
    return 0;
  }
  const older = hasPages(project);
  if (id !== undefined) for (const task of latest) showTask(out, task);
  else if (latest.length === 0 && !older) out.line("no tasks yet; begin with: cco new envelope my-task > my-task.md");
  else {
    const shown = all ?? newest(latest);
    listLines(out, shown);
    if (all === null && (older || shown.length < latest.length)) out.line("more have ended before: cco status --all");
  }
  for (const breaker of breakers) out.line(describeBreaker(breaker));
  for (const window of windows) if (window.resetsAt !== null) out.line(describeWindow(window));
  out.note(`engine ${engine}, ${cards} open card(s)`);
  if (id === undefined && escalation.tasks > 0) out.line(`escalation: ${escalation.says}`);
  return 0;
}

/** The document with its tasks, which are JSON already: to parse and print ten thousand again would take longer than all else. */
function withTasks(document: { readonly tasks: readonly never[] }, tasks: readonly ListedTask[]): string {
  const lines = tasks.map((task) => `    ${task.text}`).join(",\n");
  return JSON.stringify(document, null, 2).replace('"tasks": []', () => `"tasks": [\n${lines}\n  ]`);
}

/** Open tasks and the latest that have ended, oldest first. */
function newest(latest: readonly TaskResult[]): TaskResult[] {
  const ended = latest.filter(hasEnded).sort((a, b) => a.updatedAt.localeCompare(b.updatedAt));
  const older = new Set(ended.slice(0, -LISTED_ENDED));
  return latest.filter((task) => !older.has(task));
}

function hasEnded({ phase }: TaskResult): boolean {
  return phase === "ended";
}

function listLines(out: Output, tasks: readonly (TaskResult | ListedTask)[]): void {
  for (const task of tasks) {
    const result = "text" in task ? taskResultSchema.parse(parseJson(task.text)) : task;
    out.line(`${result.status.padEnd(9)} ${result.id.padEnd(24)} ${result.waitingFor ?? result.summary}`);
  }
}
