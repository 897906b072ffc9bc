import { budgetReport } from "../../app/economy/budget.ts";
import type { BudgetKind, CapLine, TaskBudget } from "../../model/budget.ts";
import { type Invocation, optionalArg } from "../invocation.ts";
import { localTime } from "../window-text.ts";

/** `cco budget [TASK]`: what was spent today and this week under which cap, and what open tasks have used of their budgets. */
export async function runBudget(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const named = optionalArg(invocation, 0);
  const report = await budgetReport(invocation.project(), named);
  if (out.json) {
    out.document(report);
    return 0;
  }
  for (const cap of report.caps) out.line(capText(cap));
  const width = Math.max(4, ...report.tasks.map(({ task }) => task.length));
  if (report.tasks.length > 0) {
    const head = ["task".padEnd(width), "status".padEnd(9), "kind".padEnd(9), "used".padStart(9), "limit".padStart(9)];
    out.line([...head, "%".padStart(5), "estimate".padStart(9)].join("  "));
  }
  for (const part of report.tasks) out.line(taskText(part, width));
  if (report.tasks.length === 0)
    out.note(
      named === undefined
        ? "no open task has used anything or has a budget"
        : `${named} has no budget and has used nothing`,
    );
  return 0;
}

function capText({ scope, name, limit, raised, spent, percent, resetsAt, card }: CapLine): string {
  const isMoney = name.endsWith("Usd");
  const money = (value: number): string => (isMoney ? `$${value.toFixed(4)}` : `${value} tokens`);
  const label = scope === "user" ? "all      " : "budget   ";
  const head = `${label} ${name.padEnd(11)} ${money(spent)}`;
  if (limit === null || percent === null) return `${head}, no cap; counts until ${localTime(resetsAt)}`;
  const granted = raised === 0 ? "" : ` (${money(raised)} of it granted for this time)`;
  const of = `${head} of ${isMoney ? money(limit) : limit}${granted}, ${percent} %`;
  if (spent < limit) return `${of}${percent >= 50 ? "; more than half is spent" : ""}; resets ${localTime(resetsAt)}`;
  return `${of}; new work waits until ${localTime(resetsAt)}${card === null ? "" : `, or decide: cco decide ${card}`}`;
}

const UNITS: Readonly<Record<BudgetKind, (value: number) => string>> = {
  toolCalls: String,
  tokens: String,
  usd: (value) => `$${value.toFixed(4)}`,
  minutes: (value) => value.toFixed(1),
};

function taskText({ task, status, kind, used, limit, percent, estimate }: TaskBudget, width: number): string {
  const show = UNITS[kind];
  const cell = (value: number | null): string => (value === null ? "-" : show(value)).padStart(9);
  const part = (percent === null ? "-" : `${percent} %`).padStart(5);
  return `${task.padEnd(width)}  ${status.padEnd(9)}  ${kind.padEnd(9)}  ${cell(used)}  ${cell(limit)}  ${part}  ${cell(estimate)}`;
}
