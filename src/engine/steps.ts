import { redact } from "../guard/secrets.ts";
import type { Fact } from "../model/record.ts";
import type { Task } from "../model/task.ts";
import type { EngineDeps } from "./deps.ts";

/** What the worker of a running task has reached in its plan since the journal last heard of it. */
export async function newSteps(deps: Pick<EngineDeps, "worker" | "board">, task: Task): Promise<readonly Fact[]> {
  const { state } = task;
  if (state.at !== "running") return [];
  const { attempt } = state;
  const steps = await deps.worker.steps(deps.board.paths.attempt(task.id, attempt));
  const known = task.step?.k ?? 0;
  return steps.slice(known).map(({ n, of, text }, index) => {
    return { type: "step.reached", task: task.id, attempt, k: known + index + 1, n, of, text: redact(text) };
  });
}
