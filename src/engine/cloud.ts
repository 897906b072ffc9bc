import { attemptsToGoOn } from "../decide/cloud.ts";
import { redact } from "../guard/secrets.ts";
import { assertNever } from "../kernel/assert-never.ts";
import { CcoError } from "../kernel/errors.ts";
import { folderNumber } from "../kernel/ids.ts";
import { headWithin } from "../kernel/tokens.ts";
import type { Config } from "../model/config.ts";
import { makeFailure } from "../model/failure.ts";
import type { AttemptOutcome } from "../model/outcome.ts";
import type { Task } from "../model/task.ts";
import type { RemoteBranch, Repo } from "../ports/repo.ts";
import type { AttemptOrder, CloudOrder } from "../ports/worker.ts";
import type { EffectContext } from "./deps.ts";

/** Part of the change of an attempt before that goes into a prompt. */
const BEFORE_TOKENS = 4000;

/** Where work in the cloud begins. */
export interface CloudStart {
  readonly branch: string | null;
  readonly commit: string;
}

/**
 * The environment of the settings; without one the label that Codex cloud gives an environment by itself, the repository as its hosting
 * service names it. Throws CLOUD_ENVIRONMENT when there is neither.
 */
export function environmentOf({ cloud }: Pick<Config, "cloud">, at: RemoteBranch | null): string {
  const named = cloud.environment?.trim() ?? "";
  const environment = named === "" ? (at?.hosted ?? "") : named;
  if (environment !== "") return environment;
  throw new CcoError("CLOUD_ENVIRONMENT", "the settings name no environment of Codex cloud", {
    hint: "cco config --set cloud.environment=NAME (its label or id at chatgpt.com/codex/settings/environments)",
  });
}

/** The remote branch that work starts from; null when there is none. */
export async function upstreamOf(
  repo: Pick<Repo, "upstream">,
  { branch }: Pick<CloudStart, "branch">,
): Promise<RemoteBranch | null> {
  return branch === null ? null : repo.upstream(branch);
}

/**
 * Makes sure that the cloud can begin where the task does: it sees a branch of the remote repository and nothing else. Returns the
 * name of that branch. Throws CLOUD_NOT_PUSHED with what to do.
 */
export async function requirePublished(
  repo: Pick<Repo, "upstream" | "published">,
  { branch, commit }: CloudStart,
): Promise<string> {
  if (branch === null) throw notPushed("no branch is checked out", "git switch BRANCH, push it, then cco dispatch");
  const at = await repo.upstream(branch);
  if (at === null)
    throw notPushed(
      `the branch ${branch} has no remote repository`,
      `git remote add origin URL && git push -u origin ${branch}, or use --lane worktree`,
    );
  const where = `${at.branch} of ${at.remote}`;
  const found = await repo.published(at, commit);
  switch (found.kind) {
    case "published":
      return at.branch;
    case "no-branch":
      throw notPushed(`${at.remote} has no branch ${at.branch}`, `git push -u ${at.remote} ${branch}:${at.branch}`);
    case "unknown-tip":
      throw notPushed(
        `${where} is at ${found.tip.slice(0, 12)}, which this repository has not got, so it cannot be said whether ${commit.slice(0, 12)} is in it`,
        `git pull ${at.remote} ${at.branch}, then cco dispatch`,
      );
    case "unpublished":
      throw notPushed(
        `${found.commits} commit(s) up to ${commit.slice(0, 12)} are not in ${where}, which is all that the cloud sees`,
        `git push ${at.remote} ${branch}:${at.branch}, then cco dispatch`,
      );
    default:
      return assertNever(found);
  }
}

function notPushed(message: string, hint: string): CcoError {
  return new CcoError("CLOUD_NOT_PUSHED", message, { hint });
}

/** Refuses the start of an attempt that the cloud could not begin where it should; one that goes on with what it began is let through. */
export async function requireCloudStart({ deps, task, config }: EffectContext, commit: string): Promise<void> {
  if (task.options.lane !== "cloud") return;
  environmentOf(config, await upstreamOf(deps.repo, task.base));
  const last = task.attempts.at(-1)?.outcome ?? null;
  if (last !== null && last.exit.reason !== "completed" && last.threadId !== null) return;
  await requirePublished(deps.repo, { branch: task.base.branch, commit });
}

/** The part of an order that only the cloud needs; nothing in other lanes. */
export async function cloudOrder(context: EffectContext): Promise<{ readonly cloud?: CloudOrder }> {
  const { deps, task, config } = context;
  if (task.options.lane !== "cloud") return {};
  const at = await upstreamOf(deps.repo, task.base);
  return {
    cloud: {
      environment: environmentOf(config, at),
      branch: at?.branch ?? task.base.branch ?? "",
      pollMs: config.cloud.pollSeconds * 1000,
      goesOn: attemptsToGoOn(task).map((attempt) => deps.board.paths.attempt(task.id, attempt)),
      before: await changeBefore(context, task),
    },
  };
}

/** The change that the latest sealed attempt left: it is in no file that the cloud sees. */
async function changeBefore({ deps }: EffectContext, task: Task): Promise<string | null> {
  for (const { attempt } of task.attempts.slice(0, -1).toReversed()) {
    const diff = await deps.board.readFile(`tasks/${task.id}/attempts/${folderNumber(attempt)}/diff.patch`);
    if (diff !== null && diff.trim() !== "") return headWithin(redact(diff), BEFORE_TOKENS);
  }
  return null;
}

/**
 * Takes the change of a worker in the cloud over into the task's work tree, from the base: what such a worker makes is never on top
 * of an attempt before. From here on it is judged like any other. A change that does not apply is a failure of the attempt.
 */
export async function takeChange(
  { deps, task }: EffectContext,
  order: AttemptOrder,
  outcome: AttemptOutcome,
): Promise<AttemptOutcome> {
  if (order.lane !== "cloud" || outcome.failure !== null) return outcome;
  if (task.place === null || task.workBase === null) return outcome;
  const file = (await deps.worker.change?.(order.dir)) ?? null;
  const refused = await deps.repo.applyChange(task.place, task.workBase, file);
  if (refused === null) return outcome;
  const message = `the change of the cloud does not apply to ${task.workBase.slice(0, 12)}: ${refused}`;
  const facts = { evidence: file, attempt: order.attempt, task: task.id };
  return { ...outcome, failure: makeFailure("CLOUD_CHANGE_REFUSED", message, facts) };
}
