import { followTasks } from "../../app/board/follow.ts";
import { openBreakersShown } from "../../app/breakers.ts";
import { readLatestTasks, requireTask } from "../../app/board/read-board.ts";
import { openCards } from "../../app/cards.ts";
import { isEngineRunning } from "../../app/engine/engine-process.ts";
import { exitCodeFor, isSettled } from "../../app/board/settled.ts";
import { markRead } from "../../app/board/unread.ts";
import { CcoError } from "../../kernel/errors.ts";
import { interruptible } from "../interrupt.ts";
import { type Invocation, isOn, listArg, numberOption } from "../invocation.ts";
import { createProgress } from "../progress.ts";
import { showTasks } from "../show-tasks.ts";

/** `cco wait [TASK…]`: returns when the tasks have settled; without names, all that have not ended. */
export async function runWait(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const project = invocation.project();
  const named = listArg(invocation, 0);
  for (const id of named) requireTask(project, id);
  const ids =
    named.length > 0
      ? named
      : readLatestTasks(project)
          .filter((task) => !isSettled(task))
          .map((task) => task.id);
  const timeout = numberOption(invocation, "timeout", 0);
  const progress = createProgress(project, out);
  const interrupt = interruptible();
  const any = isOn(invocation, "any") && ids.length > 0;
  const deadlineMs = timeout === undefined ? Infinity : Date.now() + timeout * 1000;
  const tasks = await followTasks(project, ids, {
    any,
    deadlineMs,
    signal: interrupt.signal,
    onChange: (task) => progress.show(task),
  });
  progress.end();
  interrupt.release();
  if (interrupt.signal.aborted) return 130;
  const done = any ? tasks.filter(isSettled) : tasks;
  if (any ? done.length === 0 : tasks.some((task) => !isSettled(task))) {
    throw new CcoError("WAIT_TIMEOUT", `after ${timeout ?? 0} s not all of the tasks have ended`, {
      data: { tasks: tasks.filter((task) => !isSettled(task)).map((task) => task.id) },
    });
  }
  markRead(project, done);
  if (out.json) {
    const engine = isEngineRunning(project) ? "running" : "idle";
    out.document({
      schema: "cco.status/1",
      engine,
      tasks: done,
      cards: openCards(project).length,
      breakers: await openBreakersShown(),
      windows: [],
    });
  } else if (ids.length === 0) out.note("nothing to wait for");
  else showTasks(out, done);
  return exitCodeFor(done);
}
