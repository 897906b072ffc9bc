import type { Base } from "../model/options.ts";
import type { Fact, Place } from "../model/record.ts";
import type { EffectContext } from "./deps.ts";
import { requireCloudStart } from "./cloud.ts";
import { effortOfNext } from "./effort.ts";
import { wantsSpecChallenge } from "../decide/review/spec-challenge.ts";
import { challengeSpec } from "./review/spec-challenge.ts";
import { leaveTurn, takeTurn } from "./turn.ts";
import { makeFailure } from "../model/failure.ts";
import { CcoError } from "../kernel/errors.ts";

/** Takes a worker slot, opens the work tree and writes down the intent to run the next attempt. */
export async function startAttempt(context: EffectContext): Promise<readonly Fact[]> {
  const { task } = context;
  if (task.state.at !== "queued") return [];
  const feedback = task.state.feedback;
  if (wantsSpecChallenge(task)) return challengeSpec(context);
  try {
    await takeTurn(context, task.attempts.length + 1);
    if (task.options.lane !== "attached")
      void context.deps.worker.warm?.(context.deps.board.paths.attempt(task.id, task.attempts.length + 1));
    await requireCloudStart(context, task.workBase ?? (await startCommit(context, task.base)));
    const { place, base } = task.options.lane === "local" ? await openLocal(context) : await openTree(context);
    const started = { type: "attempt.started", task: task.id, attempt: task.attempts.length + 1 } as const;
    return [{ ...started, place, base, feedback, ...effortOfNext(context) }];
  } catch (error) {
    if (context.signal.aborted || !(error instanceof CcoError) || error.code === "BOARD_WRITE") throw error;
    await leaveTurn(context, task.attempts.length + 1);
    const failure = makeFailure(error.code, error.message, { evidence: error.why, task: task.id });
    return [
      { type: "task.ended", task: task.id, status: "failed", failure, summary: `${error.code}: ${error.message}` },
    ];
  }
}

/** The work tree of the task, on its own branch, from the present tip of the base branch. */
async function openTree(context: EffectContext): Promise<{ place: Place; base: string }> {
  const { deps, task } = context;
  const first = task.place === null;
  const commit = first ? await startCommit(context, task.base) : (task.workBase ?? task.base.commit);
  const order = { task: task.id, path: `${deps.board.paths.worktrees}/${task.id}`, branch: `cco/${task.id}`, commit };
  try {
    return { place: await deps.repo.openWorktree(order), base: commit };
  } catch (error) {
    if (!first || !isTaken(error) || !(await dropLeftover(context, order))) throw error;
    return { place: await deps.repo.openWorktree(order), base: commit };
  }
}

function isTaken(error: unknown): boolean {
  return error instanceof CcoError && error.code === "REPO_BRANCH_TAKEN";
}

/** A start that was given up or not recorded has left its branch on an older commit, with no work on it; false when it is anything else. */
async function dropLeftover({ deps, task }: EffectContext, left: { path: string; branch: string }): Promise<boolean> {
  if (task.base.branch === null) return false;
  await deps.repo.closeWorktree({ path: left.path, branch: left.branch });
  return deps.repo.dropMergedBranch(left.branch, task.base.branch);
}

/** A task that waited for others starts from what they merged, not from what was there when it was submitted. */
async function startCommit(context: EffectContext, base: Base): Promise<string> {
  if (base.branch === null || context.task.envelope.after.length === 0) return base.commit;
  return (await context.deps.repo.tip(base.branch)) ?? base.commit;
}

/** In place: the state of the work tree as it is now is what the change is measured against. */
async function openLocal(context: EffectContext): Promise<{ place: Place; base: string }> {
  const { deps, task } = context;
  const place = { path: deps.project, branch: null };
  if (task.workBase !== null) return { place, base: task.workBase };
  await deps.repo.openWorktree({ task: task.id, ...place, commit: task.base.commit });
  const dirty = await deps.repo.dirtyFiles();
  if (dirty.length > 0 && !task.options.allowDirty) {
    throw new CcoError(
      "REPO_DIRTY",
      `the work tree has ${dirty.length} changed file(s): ${dirty.slice(0, 3).join(", ")}`,
    );
  }
  if (dirty.length === 0) return { place, base: task.base.commit };
  const snapshot = await deps.repo.seal(place, task.base.commit, "state before the task");
  return { place, base: snapshot.commit };
}
