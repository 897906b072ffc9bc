import { taskDiff } from "../../app/board/task-diff.ts";
import { requireTask } from "../../app/board/read-board.ts";
import { type Invocation, textArg } from "../invocation.ts";

/** `cco diff TASK`: the change as a unified diff, sealed or as it is in the work tree right now. */
export async function runDiff(invocation: Invocation): Promise<number> {
  const project = invocation.project();
  const task = requireTask(project, textArg(invocation, 0));
  const diff = await taskDiff(project, task);
  if (invocation.out.json) invocation.out.document({ schema: "cco.diff/1", task: task.id, diff });
  else process.stdout.write(diff);
  return 0;
}
