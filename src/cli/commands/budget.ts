import { budgetReport } from "../../app/budget.ts";
import type { Invocation } from "../invocation.ts";
import { localTime } from "../window-text.ts";

/** `cco budget`: what was spent today and this week, and what of the project's caps is left. */
export async function runBudget(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const caps = await budgetReport(invocation.project());
  if (out.json) {
    out.document({ schema: "cco.budget/1", caps });
    return 0;
  }
  for (const { name, limit, spent, resetsAt } of caps) {
    const unit = name.endsWith("Usd") ? `$${spent.toFixed(4)}` : `${spent} tokens`;
    const of = limit === null ? "no cap" : `of ${limit}, ${Math.round((spent / limit) * 100)} %`;
    const gate = limit !== null && spent >= limit ? `; new work waits until ${localTime(resetsAt)}` : "";
    const half = limit !== null && spent >= limit / 2 && spent < limit ? "; more than half is spent" : "";
    out.line(`budget    ${name.padEnd(11)} ${unit} ${of}${gate}${half}`);
  }
  return 0;
}
