import { requireTask } from "../../app/board/read-board.ts";
import { lastReport } from "../../app/board/last-report.ts";
import { exitCodeFor, isSettled } from "../../app/board/settled.ts";
import { markRead } from "../../app/board/unread.ts";
import { type Invocation, textArg } from "../invocation.ts";
import { showTask } from "../show-tasks.ts";

/** `cco result TASK`: verdict, summary, paths; the worker's last message bounded, never its log. */
export async function runResult(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const project = invocation.project();
  const task = requireTask(project, textArg(invocation, 0));
  markRead(project, [task]);
  if (out.json) {
    out.document({ schema: "cco.result/1", run: task.run, tasks: [task] });
    return isSettled(task) ? exitCodeFor([task]) : 0;
  }
  showTask(out, task);
  for (const check of task.verification) {
    out.line(`  ${check.exitCode === 0 ? "green" : "red  "}     ${check.command} (${check.durationMs} ms)`);
  }
  if (task.chunks > 1) out.line(`  chunks    ${task.chunks} sessions, one after the other`);
  const report = lastReport(task);
  if (report !== "") out.line(`\n${report}\n`);
  out.line(`  files     ${task.paths.task}`);
  if (task.paths.diff !== null) out.line(`  diff      ${task.paths.diff}`);
  return isSettled(task) ? exitCodeFor([task]) : 0;
}
