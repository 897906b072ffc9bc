import { folderNumber } from "../kernel/ids.ts";
import { firstLine } from "../kernel/text.ts";
import { makeFailure } from "../model/failure.ts";
import { mustChangeFiles, writeScopeOf } from "../model/envelope.ts";
import type { Failure } from "../model/outcome.ts";
import type { Fact } from "../model/record.ts";
import type { Task } from "../model/task.ts";
import type { Candidate } from "../model/verification.ts";
import { checkScope } from "../guard/scope.ts";
import type { EffectContext } from "./deps.ts";
import { DIFF_READ_BYTES, judgeRetreat } from "./retreat.ts";

/** Commits what the worker left, writes the diff and checks it: the write scope, and whether its checks were made easier. */
export async function sealCandidate(context: EffectContext): Promise<readonly Fact[]> {
  const { deps, task } = context;
  const state = task.state;
  if (state.at !== "attempted" || task.place === null || task.workBase === null) return [];
  const message = commitMessage(task.envelope.goal, task.id, state.attempt);
  const candidate = await deps.repo.seal(task.place, task.workBase, message);
  deps.board.crashPoint("seal.after-commit");
  const file = `${deps.board.paths.attempt(task.id, state.attempt)}/diff.patch`;
  const range = { base: candidate.base, commit: candidate.commit };
  const diff = await deps.repo.writeDiff(task.place, range, file, DIFF_READ_BYTES);
  const failure =
    judgeChange(context, candidate, state.attempt) ??
    (await judgeRetreat(context, candidate, { attempt: state.attempt, diff }));
  return [{ type: "candidate.sealed", task: task.id, attempt: state.attempt, candidate, failure }];
}

/** Failures that an attempt can only have when its checks were run. */
const AFTER_CHECKS = new Set(["VERIFY_FAILED", "REVIEW_UNRESOLVED", "BASE_RED", "MERGE_CONFLICT"]);

function checksRanBefore(task: Task): boolean {
  return task.attempts.slice(0, -1).some(({ failure }) => failure !== null && AFTER_CHECKS.has(failure.code));
}

/** Subject of at most 72 characters; a longer goal follows whole in the body. */
export function commitMessage(goal: string, task: string, attempt: number): string {
  const subject = firstLine(goal, 72);
  const body = subject === goal.trim() ? "" : `${goal.trim()}\n\n`;
  return `${subject}\n\n${body}Task: ${task}\nAttempt: ${attempt}\n`;
}

function judgeChange(context: EffectContext, candidate: Candidate, attempt: number): Failure | null {
  const { task } = context;
  // Ignored files that a check of an earlier attempt left behind are not the worker's; nothing ignored is ever committed.
  const files = candidate.files.filter((file) => file.status !== "ignored" || !checksRanBefore(task));
  const violations = checkScope({ files, scope: writeScopeOf(task.envelope) });
  if (violations.length > 0) {
    const paths = violations.map((violation) => `${violation.path} (${violation.why})`);
    const message = `${violations.length} path(s) outside the write scope: ${paths.slice(0, 5).join(", ")}`;
    const evidence = `tasks/${task.id}/attempts/${folderNumber(attempt)}/diff.patch`;
    return makeFailure("SCOPE_VIOLATION", message, { evidence, attempt, task: task.id });
  }
  const changed = candidate.files.filter((file) => file.status !== "ignored");
  if (changed.length === 0 && mustChangeFiles(task.envelope)) {
    // A worker in the cloud may leave no word.
    const said = task.attempts.at(-1)?.outcome?.report?.status === "COMPLETED" ? "reported COMPLETED" : "is done";
    const message = `the worker ${said}, but no file changed`;
    return makeFailure("VERIFY_NOTHING_CHANGED", message, { attempt, task: task.id });
  }
  const output = task.envelope.output?.path;
  if (output !== undefined && task.envelope.acceptance.length === 0 && !changed.some((file) => file.path === output)) {
    const message = `the output ${output} is not part of the change`;
    return makeFailure("VERIFY_NOTHING_CHANGED", message, { attempt, task: task.id });
  }
  return null;
}
