import type { Challenge } from "../../model/review.ts";
import type { Candidate } from "../../model/verification.ts";
import type { EffectContext } from "../deps.ts";
import { mayStay, standingChallenges } from "./challenges.ts";
import { commitMessage } from "../seal.ts";
import { runChecks } from "../verify.ts";

/**
 * Adds the tests that convicted earlier attempts to a change that has come through: where the write scope allows it, in
 * a work tree of the task's own, and only while every check stays green with them. Returns the change with them, null
 * when nothing was added; then they live in the folders of their rounds alone.
 */
export async function keepTests(context: EffectContext): Promise<Candidate | null> {
  const { deps, task } = context;
  const { place, candidate, envelope } = task;
  if (place === null || place.branch === null || candidate === null) return null;
  const standing = await standingChallenges(deps.board, task);
  const files = standing.flatMap(({ evidence }) => testFile(evidence)).filter(({ path }) => mayStay(path, envelope));
  if (files.length === 0) return null;
  // A crash may have left them there, committed and unchecked.
  await deps.repo.restore(place, candidate.commit);
  let added = 0;
  for (const file of files) if ((await deps.repo.writeScratchFile(place.path, file, false)) === "written") added += 1;
  if (added === 0) return null;
  const message = commitMessage(envelope.goal, task.id, task.attempts.length);
  const kept = await deps.repo.seal(place, candidate.base, message);
  const moved = { ...context, task: { ...task, candidate: kept } };
  const { failure } = await runChecks(moved, task.attempts.length, "verify-with-tests");
  if (failure !== null) {
    deps.log.warn(`${task.id}: its checks are red with the reviewer's tests in the project; they stay in review/`);
    await deps.repo.restore(place, candidate.commit);
    return null;
  }
  return kept;
}

function testFile({ kind, path, content }: Challenge["evidence"]): { path: string; content: string }[] {
  return kind === "failing-test" && path !== undefined && content !== undefined ? [{ path, content }] : [];
}
