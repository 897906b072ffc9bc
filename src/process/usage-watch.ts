import { watchCalls } from "./call-watch.ts";
import { treeSign } from "./life-signs.ts";
import { brokenBudget, makeMeter } from "./meter.ts";
import type { ProcessRow } from "./process-table.ts";
import { judgeStuck } from "./stuck.ts";
import type { SupervisedCommand } from "./supervised-command.ts";

/** Why a session is ended, with one sentence of detail that begins with the error code. */
interface UsageEnding {
  readonly reason: "budget" | "stuck";
  readonly detail: string;
}

/** Calls between two looks at the work tree: each walks through all of it. */
const CALLS_BETWEEN_LOOKS = 5;

/**
 * What is used up and who is stuck, by the worker's own record, which is read as it grows. The answer is null while there is no reason to
 * end it; a budget goes first, because it is what a person has said. `ranMs`: working time so far.
 */
export function watchUsage(
  command: SupervisedCommand,
  members: () => readonly ProcessRow[],
): (nowMs: number, ranMs: number) => UsageEnding | null {
  const { limits, meter: marks, cwd } = command;
  const { budget, stuck } = limits;
  if (marks === undefined || (budget === undefined && stuck === undefined)) return () => null;
  const watch = stuck === undefined || marks.calls === undefined ? null : watchCalls(marks.calls, stuck.repeats ?? 0);
  const rates = budget?.rates ?? stuck?.estimate?.rates;
  const meter = makeMeter(marks, { rates, members, ...(watch === null ? {} : { calls: watch }) });
  const idle = idleCounter(cwd, stuck?.growing);
  return (nowMs, ranMs) => {
    const used = meter.read(nowMs);
    const spent = budget === undefined ? null : brokenBudget(used, budget);
    if (spent !== null) return { reason: "budget", detail: spent };
    if (stuck === undefined || watch === null) return null;
    const calls = watch.state();
    const detail = judgeStuck({ calls, used, minutes: ranMs / 60_000, idleCalls: () => idle(calls.work) }, stuck);
    return detail === null ? null : { reason: "stuck", detail };
  };
}

/** How many calls ago the work tree was seen to change last; 0 where it is too large to be looked through. */
function idleCounter(cwd: string, growing: { readonly idle: number } | undefined): (calls: number) => number {
  let seen: { readonly sign: string | null; readonly sameSince: number } | null = null;
  let lookedAt = -Infinity;
  return (calls) => {
    if (growing === undefined) return 0;
    if (calls - lookedAt >= CALLS_BETWEEN_LOOKS) {
      lookedAt = calls;
      const sign = treeSign(cwd);
      if (seen === null || sign === null || sign !== seen.sign) seen = { sign, sameSince: calls };
    }
    return calls - (seen?.sameSince ?? calls);
  };
}
