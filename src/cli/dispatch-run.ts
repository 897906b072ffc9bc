import { firstPicture, followTasks } from "../app/board/follow.ts";
import type { WaitingEngine } from "../app/engine/engine-process.ts";
import { prepareRun, submitRun } from "../app/submit.ts";
import { exitCodeFor } from "../app/board/settled.ts";
import { markRead } from "../app/board/unread.ts";
import { EFFORTS, LANES } from "../model/envelope.ts";
import { interruptible } from "./interrupt.ts";
import { type Invocation, isOn, listArg, textOption } from "./invocation.ts";
import { createProgress } from "./progress.ts";
import { showFindings } from "./show-findings.ts";
import { showTasks } from "./show-tasks.ts";
import { cancelTasks } from "../app/cancel.ts";

/** Everything of `cco dispatch` but the start of the engine, which null says is running already. */
export async function dispatchRun(invocation: Invocation, engine: WaitingEngine | null): Promise<number> {
  const { out } = invocation;
  const project = invocation.project();
  const lane = LANES.find((known) => known === textOption(invocation, "lane"));
  const effort = EFFORTS.find((known) => known === textOption(invocation, "effort"));
  const run = prepareRun(project, listArg(invocation, 0), {
    ...(lane === undefined ? {} : { lane }),
    ...(effort === undefined ? {} : { effort }),
    review: isOn(invocation, "review"),
    merge: isOn(invocation, "merge"),
    allowDirty: isOn(invocation, "allowDirty"),
    waitWindow: isOn(invocation, "waitWindow"),
  });
  showFindings(out, run.findings, "note");
  if (run.refusal !== null) throw run.refusal;
  await submitRun(project, run, engine);
  if (isOn(invocation, "detach")) {
    if (out.json) {
      out.document({ schema: "cco.result/1", run: run.id, tasks: await firstPicture(project, run.ids) });
    } else for (const id of run.ids) out.line(id);
    out.note(`running in the background; come back with: cco wait ${run.ids.join(" ")}`);
    return 0;
  }
  return waitForRun(invocation, run.id, run.ids);
}

async function waitForRun(invocation: Invocation, run: string, ids: readonly string[]): Promise<number> {
  const { out } = invocation;
  const project = invocation.project();
  const progress = createProgress(project, out);
  const interrupt = interruptible();
  const tasks = await followTasks(project, ids, {
    any: false,
    deadlineMs: Infinity,
    signal: interrupt.signal,
    onChange: (task) => progress.show(task),
  });
  progress.end();
  if (interrupt.signal.aborted) {
    out.note(`\nthe work goes on in the background; come back with: cco wait ${ids.join(" ")}`);
    out.note("press Ctrl-C again within 3 s to cancel it");
    if (!(await interrupt.again(3000))) return 130;
    await cancelTasks(project, ids);
    out.note("cancelled");
    return 5;
  }
  interrupt.release();
  markRead(project, tasks);
  if (out.json) out.document({ schema: "cco.result/1", run, tasks });
  else showTasks(out, tasks);
  return exitCodeFor(tasks);
}
