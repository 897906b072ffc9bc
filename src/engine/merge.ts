import { makeFailure } from "../model/failure.ts";
import type { Fact, MergeOutcome, Place } from "../model/record.ts";
import type { Task } from "../model/task.ts";
import type { Candidate, VerifyResult } from "../model/verification.ts";
import type { EffectContext } from "./deps.ts";
import type { RebaseResult } from "../ports/repo.ts";
import { runChecks } from "./verify.ts";

/** How often a base that moves during the checks is followed before the merge is given up for now. */
const FOLLOW_LIMIT = 5;

interface MergeState {
  readonly candidate: Candidate;
  readonly results: readonly VerifyResult[];
  readonly rebased: boolean;
}

/** Brings the candidate onto the base branch: rebase, verify again, fast-forward. The base is never left half-way. */
export async function mergeCandidate(context: EffectContext): Promise<readonly Fact[]> {
  const { task } = context;
  const state = task.state;
  if (state.at !== "merging" || task.place === null) return [];
  const start: MergeState = { candidate: state.candidate, results: [], rebased: false };
  const kept = reasonToKeep(task, state.candidate);
  const { outcome, end } = kept === null ? await landOnBase(context, start) : { outcome: kept, end: start };
  return [
    {
      type: "merge.ended",
      task: task.id,
      attempt: state.attempt,
      outcome,
      candidate: end.rebased ? end.candidate : null,
      results: [...end.results],
    },
  ];
}

/** Removes the work tree of a task whose merge is in the journal; before that a crash or a full disk makes the merge need it again. */
export async function closeMerged({ deps, task }: EffectContext, recorded: readonly Fact[]): Promise<void> {
  const merged = recorded.some((fact) => fact.type === "merge.ended" && fact.outcome.kind === "merged");
  if (merged && task.place !== null) await deps.repo.closeWorktree(task.place);
}

function reasonToKeep(task: Task, candidate: Candidate): MergeOutcome | null {
  const kept = (why: string): MergeOutcome => ({ kind: "kept", commit: candidate.commit, why });
  if (task.place?.branch === null) return kept("works in place: the change is in the work tree");
  if (!task.options.merge) return kept("--no-merge: the change is on its branch");
  if (task.base.branch === null) return kept("HEAD was detached: there is no branch to merge into");
  if (candidate.commit === candidate.base) return kept("nothing to merge");
  return null;
}

async function landOnBase(
  context: EffectContext,
  start: MergeState,
): Promise<{ outcome: MergeOutcome; end: MergeState }> {
  const { deps, task } = context;
  const branch = task.base.branch ?? "";
  let state = start;
  for (let round = 0; round < FOLLOW_LIMIT; round += 1) {
    const step = await rebaseAndCheck(context, { branch, again: round > 0 }, state);
    state = step.state;
    if (step.outcome !== null) return { outcome: step.outcome, end: state };
    deps.board.crashPoint("merge.after-rebase");
    const { base, commit } = state.candidate;
    const result = await deps.repo.fastForward(branch, base, commit, replacedPaths(task, state.candidate));
    deps.board.crashPoint("merge.after-forward");
    if (result.kind === "forwarded") return { outcome: { kind: "merged", commit, branch }, end: state };
    if (result.kind === "dirty") return { outcome: blocked(task, state.candidate, result.files), end: state };
  }
  const failure = makeFailure("MERGE_CONFLICT", `${branch} moved ${FOLLOW_LIMIT} times while the checks ran`, {
    task: task.id,
  });
  return { outcome: { kind: "failed", failure }, end: state };
}

/** Paths of the base that a candidate changes or removes; unknown once it was rebased, which may have followed renames. */
function replacedPaths(task: Task, { base, files }: Candidate): readonly string[] | undefined {
  if (base !== task.workBase) return undefined;
  const old = files.filter(({ status }) => status !== "added" && status !== "copied" && status !== "ignored");
  return old.map(({ path, from }) => from ?? path);
}

async function rebaseAndCheck(
  context: EffectContext,
  onto: { branch: string; again: boolean },
  state: MergeState,
): Promise<{ state: MergeState; outcome: MergeOutcome | null }> {
  const { deps, task } = context;
  if (task.place === null || task.state.at !== "merging") return { state, outcome: null };
  const attempt = task.state.attempt;
  const branch = onto.branch;
  await putBack(context, task.place, state.candidate, branch);
  let rebase = await deps.repo.rebase(task.place, branch, state.candidate.base);
  if (rebase.kind === "unmoved" && onto.again) rebase = (await rebasedBefore(context, branch, state)) ?? rebase;
  if (rebase.kind === "unmoved") return { state, outcome: null };
  if (rebase.kind === "conflict") {
    const message = `the change conflicts with ${branch} in ${rebase.files.join(", ")}`;
    const failure = makeFailure("MERGE_CONFLICT", message, { attempt, task: task.id });
    return { state, outcome: { kind: "failed", failure } };
  }
  if (rebase.commit === rebase.onto) {
    // Nothing is left to merge: the work is in the base, and a crash has lost the record of it. Others may have come on top since.
    const { commit: own } = state.candidate;
    const isOwn = (await deps.repo.fastForward(branch, own, own)).kind === "forwarded";
    const commit = isOwn ? own : rebase.onto;
    const landed = { ...state, candidate: { ...state.candidate, commit }, rebased: true };
    return { state: landed, outcome: { kind: "merged", commit, branch } };
  }
  const candidate = { ...state.candidate, base: rebase.onto, commit: rebase.commit };
  const moved = { ...context, task: { ...task, candidate } };
  const { results, failure } = await runChecks(moved, attempt, "verify-after-rebase");
  const next = { candidate, results, rebased: true };
  if (failure === null) return { state: next, outcome: null };
  const red = makeFailure("BASE_RED", `after the rebase onto ${branch}: ${failure.message}`, {
    evidence: failure.evidence,
    attempt,
    task: task.id,
  });
  return { state: next, outcome: { kind: "failed", failure: red } };
}

/** Checks that were cut off by a crash have left their files in the work tree, and a rebase wants it clean. */
async function putBack({ deps }: EffectContext, place: Place, candidate: Candidate, base: string): Promise<void> {
  if (place.branch === null || (await deps.repo.tip(base)) === candidate.base) return;
  const sealed = await deps.repo.tip(place.branch);
  if (sealed !== null) await deps.repo.restore(place, sealed);
}

/** A rebase whose record was lost in a crash: the branch is on the new base already, but the checks have to run again. */
async function rebasedBefore(
  context: EffectContext,
  branch: string,
  state: MergeState,
): Promise<Extract<RebaseResult, { kind: "rebased" }> | null> {
  const { deps, task } = context;
  const commit = await deps.repo.tip(task.place?.branch ?? "");
  const onto = await deps.repo.tip(branch);
  if (commit === null || onto === null || commit === state.candidate.commit) return null;
  return { kind: "rebased", commit, onto };
}

function blocked(task: Task, candidate: Candidate, files: readonly string[]): MergeOutcome {
  const branch = task.place?.branch ?? "";
  const { why, cure } = whatBlocks(task.base.branch ?? "", files);
  const failure = makeFailure("MERGE_BLOCKED", `${why}; the work is safe on ${branch}`, { task: task.id });
  const next = `${cure}, then: git merge ${branch}`;
  return { kind: "blocked", commit: candidate.commit, files: [...files], failure: { ...failure, next } };
}

function whatBlocks(base: string, files: readonly string[]): { why: string; cure: string } {
  const [first = ""] = files;
  if (files.length === 1 && first.startsWith("/") && first.endsWith(".lock"))
    return {
      why: `git has been busy where ${base} is checked out: ${first} is there`,
      cure: `wait for that git; when none runs there any more (it was killed): rm ${first}`,
    };
  const named = files.slice(0, 5);
  return {
    why: `${base} is checked out with local changes in ${named.join(", ")}`,
    cure: `commit or stash ${named.join(" ")}`,
  };
}
