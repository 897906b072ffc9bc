import { sendCommand } from "../../app/engine/client.ts";
import { followTasks } from "../../app/board/follow.ts";
import { requireTask } from "../../app/board/read-board.ts";
import { claudeSession } from "../../app/session.ts";
import { exitCodeFor } from "../../app/board/settled.ts";
import { markRead, noteUnread } from "../../app/board/unread.ts";
import { interruptible } from "../interrupt.ts";
import { type Invocation, textArg, textOption } from "../invocation.ts";
import { createProgress } from "../progress.ts";
import { showTasks } from "../show-tasks.ts";

/** `cco retry TASK`: a fresh attempt on the same work tree, then waits like dispatch. */
export async function runRetry(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const project = invocation.project();
  const task = requireTask(project, textArg(invocation, 0));
  const feedback = textOption(invocation, "feedback") ?? null;
  const session = claudeSession(project);
  const by = session === undefined ? "user" : "claude";
  await sendCommand(project, { v: 1, type: "retry", task: task.id, feedback, by, session });
  if (session !== undefined) noteUnread(project, [task.id]);
  const progress = createProgress(project, out);
  const interrupt = interruptible();
  const tasks = await followTasks(project, [task.id], {
    any: false,
    deadlineMs: Infinity,
    signal: interrupt.signal,
    onChange: (changed) => progress.show(changed),
  });
  progress.end();
  interrupt.release();
  if (interrupt.signal.aborted) {
    out.note(`\nthe work goes on in the background; come back with: cco wait ${task.id}`);
    return 130;
  }
  markRead(project, tasks);
  if (out.json) out.document({ schema: "cco.result/1", run: task.run, tasks });
  else showTasks(out, tasks);
  return exitCodeFor(tasks);
}
