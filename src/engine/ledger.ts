import { ledgerRows, outcomeRows } from "../decide/spending/ledger.ts";
import { type TaskOutcome, taskOutcomeSchema } from "../model/ledger.ts";
import type { LineFile } from "./derived-lines.ts";

/** `ledger.jsonl`: what was spent, by whom, for what. */
export const LEDGER_FILE: LineFile = { path: "ledger.jsonl", derive: ledgerRows };

/** Tasks that history remembers: enough for the quantiles of every kind of work, and what is old says little of models of today. */
const REMEMBERED = 500;

/** `outcomes.jsonl`, and the last of its rows in memory. */
export function createHistory(): { readonly file: LineFile; readonly outcomes: readonly TaskOutcome[] } {
  const outcomes: TaskOutcome[] = [];
  const file: LineFile = {
    path: "outcomes.jsonl",
    derive: outcomeRows,
    onLines(lines) {
      for (const line of lines) {
        const parsed = taskOutcomeSchema.safeParse(line);
        if (parsed.success) outcomes.push(parsed.data);
      }
      outcomes.splice(0, Math.max(0, outcomes.length - REMEMBERED));
    },
  };
  return { file, outcomes };
}
