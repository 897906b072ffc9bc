import { findRetreat, findRetreatInFix, type RetreatQuery } from "../guard/retreat/retreat.ts";
import type { Retreat } from "../guard/retreat/finding.ts";
import { folderNumber } from "../kernel/ids.ts";
import { makeFailure } from "../model/failure.ts";
import type { Failure } from "../model/outcome.ts";
import type { Candidate } from "../model/verification.ts";
import type { EffectContext } from "./deps.ts";

/** Part of a diff that is read back for checks, in bytes; tests that lie behind it count as not readable. */
export const DIFF_READ_BYTES = 8 * 1024 * 1024;

/** Places that a failure names; the diff has the rest. */
const SHOWN = 8;

/**
 * Looks for checks that the change makes easier: those of the base, and those that the attempt before this one brought.
 * `diff`: the beginning of the diff base..candidate. Null when there are none, or when the envelope allows them.
 */
export async function judgeRetreat(
  context: EffectContext,
  candidate: Candidate,
  about: { readonly attempt: number; readonly diff: string },
): Promise<Failure | null> {
  const { task } = context;
  const order = task.envelope;
  const query = (diff: string): RetreatQuery => ({
    diff,
    truncated: new TextEncoder().encode(diff).length > DIFF_READ_BYTES - 4,
    files: candidate.files,
    order,
  });
  const found = [...findRetreat(query(about.diff))];
  const sinceLast = await diffSinceLast(context, candidate, about.attempt);
  if (found.length === 0 && sinceLast !== null) found.push(...findRetreatInFix(query(sinceLast)));
  if (found.length === 0) return null;
  const more = found.length > SHOWN ? `; and ${found.length - SHOWN} more` : "";
  const message = `the change makes its own checks easier: ${found.slice(0, SHOWN).map(inWords).join("; ")}${more}`;
  const evidence = `tasks/${task.id}/attempts/${folderNumber(about.attempt)}/diff.patch`;
  return makeFailure("VALIDATION_RETREAT", message, { evidence, attempt: about.attempt, task: task.id });
}

function inWords({ path, line, kind, what }: Retreat): string {
  return `${path}:${line} ${what} (${kind})`;
}

/** What this attempt changed of the one before it on the same base; null when there was none, or it left the same. */
async function diffSinceLast(
  { deps, task }: EffectContext,
  candidate: Candidate,
  attempt: number,
): Promise<string | null> {
  const last = task.candidate;
  if (last === null || task.place === null || last.base !== candidate.base || last.commit === candidate.commit)
    return null;
  const file = `${deps.board.paths.attempt(task.id, attempt)}/since-last.patch`;
  const range = { base: last.commit, commit: candidate.commit };
  return deps.repo.writeDiff(task.place, range, file, DIFF_READ_BYTES);
}
