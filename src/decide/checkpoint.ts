import { folderNumber } from "../kernel/ids.ts";
import { firstLine } from "../kernel/text.ts";
import type { Checkpoint } from "../model/checkpoint.ts";
import type { Task } from "../model/task.ts";
import { digestFile } from "./limits/chunks.ts";

const REVIEW = { phase: "reviewing", next: "let the reviewer challenge the change" } as const;

/** What a task of this state has to go on with; null where nothing was reached since the last checkpoint. */
function phaseOf({ state, left, envelope }: Task): Pick<Checkpoint, "phase" | "next"> | null {
  switch (state.at) {
    case "queued": {
      const otherwise =
        left === null
          ? `a fresh attempt, told about: ${state.feedback?.from ?? "nothing but its order"}`
          : "a fresh session goes on with what is in the work tree";
      return { phase: "working", next: left?.open[0] ?? otherwise };
    }
    case "sealed":
      return envelope.acceptance.some((criterion) => criterion.verify !== undefined)
        ? { phase: "verifying", next: "run the verify commands on the sealed change" }
        : REVIEW;
    case "verified":
      return REVIEW;
    case "merging":
      return { phase: "merging", next: "bring the change onto its base branch" };
    default:
      return null;
  }
}

/**
 * Where a task stands at the end of a phase or chunk and before its merge; null at any other time, when the last one still holds.
 * `boardRoot`: absolute path of the blackboard.
 */
export function checkpointOf(task: Task, boardRoot: string): Checkpoint | null {
  const phase = phaseOf(task);
  const last = task.attempts.at(-1);
  if (phase === null || last === undefined) return null;
  const { left, usage } = task;
  return {
    v: 1,
    task: task.id,
    attempt: last.attempt,
    ...phase,
    step: stepOf(task),
    completed: completedSteps(task),
    artifacts: artifactsOf(task, last.attempt, boardRoot),
    digest: left?.digest ?? null,
    cost: {
      inputTokens: usage.inputTokens,
      cachedInputTokens: usage.cachedInputTokens,
      outputTokens: usage.outputTokens,
      usd: usage.usd,
    },
    updatedAt: task.updatedAt,
  };
}

/** One sentence for people who come back: where the task was and how it goes on. `missing`: artifacts that are not there any more. */
export function describeCheckpoint(checkpoint: Checkpoint, missing: readonly string[]): string {
  const { task, phase, step, completed, next } = checkpoint;
  const done = completed.length === 0 ? "" : `, done: ${completed.slice(-3).join("; ")}`;
  const gone = missing.length === 0 ? "everything it needs is there" : `missing: ${missing.join(", ")}`;
  return `${task} was before ${phase} (${step}${done}); ${gone}; next: ${firstLine(next)}`;
}

function stepOf({ attempts, chunks, left }: Task): string {
  const session = `attempt ${attempts.length}, chunk ${Math.max(1, left === null ? chunks.line : chunks.line - 1)}`;
  const total = left === null ? 0 : left.completed.length + left.open.length;
  return total === 0 ? session : `${session}, ${left?.completed.length ?? 0} of ${total} steps`;
}

/** Steps of the worker's plan, the checkpoint of the envelope in front when it is one of them; else what the attempts reported. */
function completedSteps({ left, envelope, attempts }: Task): string[] {
  if (left !== null) {
    const reached = left.completed.filter((step) => isSame(step, envelope.checkpoint));
    return [
      ...reached.map((step) => `checkpoint: ${step}`),
      ...left.completed.filter((step) => !reached.includes(step)),
    ];
  }
  const report = attempts.at(-1)?.outcome?.report;
  return report === null || report === undefined ? [] : [firstLine(report.summary)];
}

function isSame(step: string, checkpoint: string | null): boolean {
  const plain = (text: string): string => text.trim().replace(/\.$/, "").toLowerCase();
  return checkpoint !== null && plain(step) === plain(checkpoint);
}

function artifactsOf(task: Task, attempt: number, boardRoot: string): Checkpoint["artifacts"] {
  const { place, candidate, workBase, left } = task;
  const commit = candidate?.commit ?? workBase;
  const tree = place === null ? null : place.path.replace(`${boardRoot}/`, "");
  return [
    ...(tree === null ? [] : [{ path: tree, ...(commit === null ? {} : { commit }) }]),
    ...(left === null ? [] : [{ path: digestFile(task.id, attempt) }]),
    { path: `tasks/${task.id}/attempts/${folderNumber(attempt)}/outcome.json` },
  ];
}
