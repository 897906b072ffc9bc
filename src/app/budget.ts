import { loadConfig } from "../blackboard/config-file.ts";
import { addSpending, type Cap, capsAt, type Spending } from "../decide/spending.ts";
import { reportLedger } from "./ledger.ts";
import type { Project } from "./project.ts";

/** The caps of a project and what was spent under each; money and tokens of today and this week where no cap is set. Throws CONFIG_INVALID. */
export async function budgetReport(
  project: Project,
): Promise<readonly (Omit<Cap, "limit"> & { readonly limit: number | null })[]> {
  const { config } = await loadConfig(project.root);
  const spending: Spending = new Map();
  await reportLedger(project, "day", (row) => addSpending(spending, row));
  const all = capsAt(spending, { dayUsd: 1, dayTokens: 1, weekUsd: 1, weekTokens: 1 }, Date.now());
  return all.map((cap) => ({ ...cap, limit: config.budget[cap.name] }));
}
