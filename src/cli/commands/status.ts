import { isEngineRunning } from "../../app/engine-process.ts";
import { openCards } from "../../app/cards.ts";
import { readEscalation } from "../../app/escalation.ts";
import { describeBreaker, openBreakersShown } from "../../app/breakers.ts";
import { readTasks, requireTask } from "../../app/read-board.ts";
import { type Invocation, optionalArg } from "../invocation.ts";
import { showTask } from "../show-tasks.ts";

/** `cco status [TASK]`: reads files only; needs no engine. */
export async function runStatus(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const project = invocation.project();
  const id = optionalArg(invocation, 0);
  const tasks = id === undefined ? readTasks(project) : [requireTask(project, id)];
  const engine = isEngineRunning(project) ? "running" : "idle";
  const breakers = await openBreakersShown();
  const cards = openCards(project).length;
  const escalation = readEscalation(project);
  if (out.json) {
    out.document({ schema: "cco.status/1", engine, tasks, cards, breakers, windows: [], escalation });
    return 0;
  }
  if (id !== undefined) for (const task of tasks) showTask(out, task);
  else if (tasks.length === 0) out.line("no tasks yet; begin with: cco new envelope my-task > my-task.md");
  else
    for (const task of tasks)
      out.line(`${task.status.padEnd(9)} ${task.id.padEnd(24)} ${task.waitingFor ?? task.summary}`);
  for (const breaker of breakers) out.line(describeBreaker(breaker));
  out.note(`engine ${engine}, ${cards} open card(s)`);
  if (id === undefined && escalation.tasks > 0) out.note(`escalation: ${escalation.says}`);
  return 0;
}
