import { folderNumber } from "../kernel/ids.ts";
import { describeThrown } from "../kernel/errors.ts";
import { firstLine } from "../kernel/text.ts";
import type { AttemptOutcome } from "../model/outcome.ts";
import type { AttemptOrder } from "../ports/worker.ts";
import type { EffectContext } from "./deps.ts";

/** Codes of attempts that were cut off by the death of a process: what they left is whatever was there in that moment. */
const CUT_OFF: readonly string[] = ["CODEX_LOST", "CODEX_KILLED"];

/** Names of changed files that are listed. */
const LISTED = 5;

/**
 * The outcome of an attempt that was cut off, with what it left behind in evidence and notes: its last message, its edits (kept as
 * `left-behind.patch`, because the next attempt goes on in the same work tree) and its commits. Others come back as they are.
 */
export async function withSalvage(
  context: EffectContext,
  order: AttemptOrder,
  outcome: AttemptOutcome,
): Promise<AttemptOutcome> {
  const { failure } = outcome;
  if (failure === null || !CUT_OFF.includes(failure.code)) return outcome;
  const left = await leftBehind(context, order);
  const evidence = [failure.evidence ?? "", ...left].filter((line) => line !== "").join("\n");
  return { ...outcome, failure: { ...failure, evidence }, notes: [...outcome.notes, ...left] };
}

async function leftBehind(context: EffectContext, order: AttemptOrder): Promise<string[]> {
  try {
    const left = [await lastMessage(context, order), await edits(context, order), await commits(context)];
    const found = left.filter((line) => line !== null);
    return found.length === 0 ? ["left behind: nothing"] : found;
  } catch (error) {
    // The attempt is over whatever can be said about it.
    return [`left behind: could not be looked at: ${describeThrown(error)}`];
  }
}

async function lastMessage({ deps }: EffectContext, order: AttemptOrder): Promise<string | null> {
  const path = `${folderOf(order)}/last-message.md`;
  const text = (await deps.board.readFile(path))?.trim() ?? "";
  return text === "" ? null : `left behind: a last message "${firstLine(text, 120)}" (${path})`;
}

async function edits({ deps, task }: EffectContext, order: AttemptOrder): Promise<string | null> {
  if (task.place === null || task.workBase === null) return null;
  const changed = (await deps.repo.changes(task.place, task.workBase)).filter((file) => file.status !== "ignored");
  if (changed.length === 0) return null;
  const patch = `${folderOf(order)}/left-behind.patch`;
  await deps.repo.writeDiff(task.place, { base: task.workBase, commit: null }, `${deps.board.paths.root}/${patch}`, 0);
  const names = changed.slice(0, LISTED).map((file) => file.path);
  const more = changed.length > LISTED ? ", …" : "";
  return `left behind: ${changed.length} changed file(s): ${names.join(", ")}${more} (${patch})`;
}

async function commits({ deps, task }: EffectContext): Promise<string | null> {
  const branch = task.place?.branch ?? null;
  const tip = branch === null ? null : await deps.repo.tip(branch);
  if (tip === null || tip === task.workBase || tip === task.candidate?.commit) return null;
  return `left behind: commits on ${branch ?? ""} up to ${tip.slice(0, 12)}`;
}

function folderOf(order: AttemptOrder): string {
  return `tasks/${order.task}/attempts/${folderNumber(order.attempt)}`;
}
