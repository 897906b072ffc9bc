import { cancelTasks } from "../../app/cancel.ts";
import { followTasks } from "../../app/board/follow.ts";
import { readLatestTasks, requireTask } from "../../app/board/read-board.ts";
import { CcoError } from "../../kernel/errors.ts";
import { type Invocation, isOn, optionalArg } from "../invocation.ts";
import { isEnded } from "../../app/board/settled.ts";
import { showTasks } from "../show-tasks.ts";

/** `cco cancel TASK|--all`: returns when the process trees are gone. */
export async function runCancel(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const project = invocation.project();
  const named = optionalArg(invocation, 0);
  if (named === undefined && !isOn(invocation, "all")) {
    throw new CcoError("USAGE", "cancel wants a task or --all", { hint: "cco cancel TASK, or cco cancel --all" });
  }
  if (named !== undefined && isOn(invocation, "all")) throw new CcoError("USAGE", "give a task or --all, not both");
  const ids = named === undefined ? openTasks(invocation) : [requireTask(project, named).id];
  await cancelTasks(project, ids);
  const tasks = await followTasks(project, ids, {
    any: false,
    deadlineMs: Infinity,
    signal: new AbortController().signal,
    onChange: () => undefined,
  });
  if (out.json) out.document({ schema: "cco.result/1", run: tasks[0]?.run ?? "", tasks });
  else if (tasks.length === 0) out.line("nothing to cancel");
  else showTasks(out, tasks);
  return 0;
}

function openTasks(invocation: Invocation): string[] {
  return readLatestTasks(invocation.project())
    .filter((task) => !isEnded(task))
    .map((task) => task.id);
}
