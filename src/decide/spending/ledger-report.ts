import type { LedgerRow } from "../../model/ledger.ts";
import { roundUsd } from "../../model/outcome.ts";

/** What rows of the ledger can be grouped by. */
export const GROUPINGS = ["task", "model", "day", "role", "project"] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** Sum of calls. `usd`: of those that have a price; `unpriced`: how many have none. */
export interface Spent {
  readonly calls: number;
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  readonly usd: number;
  readonly unpriced: number;
}

/** Parts of the whole and what each should be, in percent (mission, F4). */
export const SHARES = { orchestrator: 40, execution: 40, review: 15, retries: 5 } as const;
export type ShareName = keyof typeof SHARES;

/** A part of the whole: in percent of the cost where every call has a price, else of the tokens. */
export interface Share {
  readonly name: ShareName;
  readonly percent: number;
  readonly target: number;
}

/** What a ledger comes to. */
export interface LedgerReport {
  readonly groups: readonly (Spent & { readonly key: string })[];
  readonly total: Spent;
  readonly shares: readonly Share[];
  readonly sharesOf: "usd" | "tokens";
  /** Per accepted task, everything that was spent counted, also on those that failed; null without an accepted task. */
  readonly perAccepted: { readonly tasks: number; readonly tokens: number; readonly usd: number } | null;
}

/** Takes the rows one after the other; what it holds grows with the groups, not with the rows. */
export interface LedgerFold {
  /** `project`: the one that the row is of. */
  add(row: LedgerRow, project: string): void;
  /** `accepted`: number of accepted tasks. */
  report(accepted: number): LedgerReport;
}

const NOTHING: Spent = {
  calls: 0,
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  reasoningTokens: 0,
  usd: 0,
  unpriced: 0,
};

/** A report in the making. */
export function foldLedger(by: Grouping): LedgerFold {
  const groups = new Map<string, Spent>();
  const parts = new Map<ShareName, Spent>();
  let total = NOTHING;
  return {
    add(row, project) {
      const key = keyOf(row, by, project);
      groups.set(key, plus(groups.get(key) ?? NOTHING, row));
      const part = shareOf(row);
      parts.set(part, plus(parts.get(part) ?? NOTHING, row));
      total = plus(total, row);
    },
    report(accepted) {
      const sharesOf = total.unpriced === 0 && total.usd > 0 ? "usd" : "tokens";
      const amount = (spent: Spent): number => (sharesOf === "usd" ? spent.usd : tokensOf(spent));
      const whole = amount(total);
      const percentOf = (name: ShareName): number =>
        whole === 0 ? 0 : Math.round((1000 * amount(parts.get(name) ?? NOTHING)) / whole) / 10;
      const names: readonly ShareName[] = ["orchestrator", "execution", "review", "retries"];
      return {
        groups: [...groups].map(([key, spent]) => ({ key, ...spent })).sort((a, b) => a.key.localeCompare(b.key)),
        total,
        shares: names.map((name) => ({ name, percent: percentOf(name), target: SHARES[name] })),
        sharesOf,
        perAccepted: accepted === 0 ? null : perTask(total, accepted),
      };
    },
  };
}

function perTask(total: Spent, tasks: number) {
  return { tasks, tokens: Math.round(tokensOf(total) / tasks), usd: roundUsd(total.usd / tasks) };
}

/** Input and output. */
export function tokensOf(spent: Pick<Spent, "inputTokens" | "outputTokens">): number {
  return spent.inputTokens + spent.outputTokens;
}

function keyOf(row: LedgerRow, by: Grouping, project: string): string {
  if (by === "project") return project;
  if (by === "day") return row.at.slice(0, 10);
  return row[by] ?? "-";
}

/** Plans are the orchestrator's part as far as cco sees it: Claude's own session is not in the ledger. */
function shareOf(row: LedgerRow): ShareName {
  if (row.role === "planner") return "orchestrator";
  if (row.role !== "worker") return "review";
  return row.retry ? "retries" : "execution";
}

function plus(sum: Spent, row: LedgerRow): Spent {
  return {
    calls: sum.calls + 1,
    inputTokens: sum.inputTokens + row.inputTokens,
    cachedInputTokens: sum.cachedInputTokens + row.cachedInputTokens,
    outputTokens: sum.outputTokens + row.outputTokens,
    reasoningTokens: sum.reasoningTokens + row.reasoningTokens,
    usd: roundUsd(sum.usd + (row.usd ?? 0)),
    unpriced: sum.unpriced + (row.usd === null ? 1 : 0),
  };
}
