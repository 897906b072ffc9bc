import { createHash } from "node:crypto";
import { CcoError, describeThrown } from "../kernel/errors.ts";
import { estimateTokens, headWithin } from "../kernel/tokens.ts";
import { digestFile } from "../decide/limits/chunks.ts";
import { DIGEST_LIMIT_TOKENS, makeDigest } from "../decide/digest.ts";
import { isInterruption } from "../decide/feedback.ts";
import { redact } from "../guard/secrets.ts";
import type { Leftover, WorkerProgress } from "../model/leftover.ts";
import type { AttemptOutcome } from "../model/outcome.ts";
import type { ChangedFile } from "../model/verification.ts";
import type { AttemptOrder } from "../ports/worker.ts";
import type { EffectContext } from "./deps.ts";

/** Part of the diff that is compared, in bytes; what differs behind it does not count as a change. */
const DIFF_COMPARE_BYTES = 8 * 1024 * 1024;

/** Most steps of a plan that are kept, and most characters of one. */
const MAX_STEPS = 50;
const STEP_CHARS = 160;

/**
 * Writes down what an attempt that was cut short has left: `digest.md` and `diff.patch` in its folder. Null for one that ended by
 * itself, whatever came of it: its own words say more.
 */
export async function noteLeftover(
  context: EffectContext,
  order: AttemptOrder,
  outcome: AttemptOutcome,
): Promise<Leftover | null> {
  if (!wasCut(outcome)) return null;
  const { deps, task } = context;
  const progress = withoutSecrets(await deps.worker.progress(order.dir));
  const change = await readChange(context, order);
  const digest = bounded(
    makeDigest({
      goal: redact(task.envelope.goal),
      attempt: order.attempt,
      why: reasonOf(outcome),
      ranMs: Math.max(0, Date.parse(outcome.exit.endedAt) - Date.parse(outcome.exit.startedAt)),
      progress,
      files: change?.files ?? null,
    }),
  );
  await deps.board.writeFile(digestFile(task.id, order.attempt), `${digest}\n`, { durable: true });
  const steps = progress.plan.slice(-MAX_STEPS).map((step) => ({ ...step, text: step.text.slice(0, STEP_CHARS) }));
  return {
    digest,
    tree: change?.tree ?? null,
    completed: steps.filter((step) => step.completed).map((step) => step.text),
    open: steps.filter((step) => !step.completed).map((step) => step.text),
  };
}

/** True when the worker did not come to its own end: it was ended from outside, its provider failed it, or it ran out of room. */
function wasCut({ failure, exit }: AttemptOutcome): boolean {
  if (failure === null || exit.reason === "spawn-failed") return false;
  if (failure.code === "CODEX_CONTEXT_OVERFLOW") return true;
  return (exit.reason !== "completed" && exit.reason !== "exit-code") || isInterruption(failure.code);
}

function reasonOf({ failure, exit }: AttemptOutcome): string {
  if (failure === null || failure.code === "CODEX_SOFT_LIMIT") return "the time of its session was over";
  return `${failure.code}: ${failure.message || exit.detail}`;
}

/** What differs from the base, also as `diff.patch` of the attempt; null when the work tree cannot be read: the task goes on without. */
async function readChange(
  { deps, task }: EffectContext,
  order: AttemptOrder,
): Promise<{ files: readonly ChangedFile[]; tree: string } | null> {
  const { place, workBase } = task;
  if (place === null || workBase === null) return null;
  try {
    const files = await deps.repo.changes(place, workBase);
    const range = { base: workBase, commit: null };
    const diff = await deps.repo.writeDiff(place, range, `${order.dir}/diff.patch`, DIFF_COMPARE_BYTES);
    const paths = files.map((file) => `${file.status} ${file.path}`);
    const tree =
      files.length === 0
        ? ""
        : createHash("sha256")
            .update([...paths, diff].join("\n"))
            .digest("hex");
    return { files, tree };
  } catch (error) {
    if (!(error instanceof CcoError) || error.code === "BOARD_WRITE") throw error;
    deps.log.warn(`${task.id}: what attempt ${order.attempt} left could not be read: ${describeThrown(error)}`);
    return null;
  }
}

function withoutSecrets(progress: WorkerProgress): WorkerProgress {
  return {
    messages: progress.messages.map(redact),
    plan: progress.plan.map((step) => ({ ...step, text: redact(step.text) })),
    failed: progress.failed.map((run) => ({ ...run, command: redact(run.command), output: redact(run.output) })),
    underWay: progress.underWay === null ? null : redact(progress.underWay),
  };
}

/** Looked at once more as a whole: two harmless parts may stand beside each other as a name and its value. */
function bounded(digest: string): string {
  const clean = redact(digest);
  return estimateTokens(clean) < DIGEST_LIMIT_TOKENS ? clean : headWithin(clean, DIGEST_LIMIT_TOKENS);
}
