import type { WeekTally } from "../../model/event.ts";
import type { Task } from "../../model/task.ts";

/** Weeks that are kept. */
const KEPT_WEEKS = 12;

/** Rates of the mission (B4), as parts of 1: the target, and the bounds beyond which something is wrong. */
const RATE = { low: 0.05, targetFrom: 0.1, targetTo: 0.15, high: 0.25 } as const;

/** How often tasks of a week needed a person. `rate`: part of 1, null without tasks. */
export interface EscalationRate extends WeekTally {
  readonly rate: number | null;
  readonly verdict: "none" | "low" | "below-target" | "on-target" | "above-target" | "high";
  readonly says: string;
}

/** Counts a task once, in the week in which it first ended or first needed a person. `gated`: it has just needed one. */
export function countTask(weeks: WeekTally[], task: Task, at: string, gated: boolean): Task {
  const { counted } = task;
  if (counted !== undefined && (counted.gated || !gated)) return task;
  const week = counted?.week ?? weekOf(at);
  const known = weeks.find((tally) => tally.week === week) ?? { week, tasks: 0, gated: 0 };
  const next = {
    week,
    tasks: known.tasks + (counted === undefined ? 1 : 0),
    gated: known.gated + (gated ? 1 : 0),
  };
  const others = weeks.filter((tally) => tally.week !== week);
  const kept = [...others, next].toSorted((a, b) => a.week.localeCompare(b.week)).slice(-KEPT_WEEKS);
  weeks.splice(0, weeks.length, ...kept);
  return { ...task, counted: { week, gated } };
}

/** The rate of the week of a time (ISO 8601), with a name for what is too low or too high. */
export function escalationRate(weeks: readonly WeekTally[], at: string): EscalationRate {
  const week = weekOf(at);
  const tally = weeks.find((known) => known.week === week) ?? { week, tasks: 0, gated: 0 };
  const rate = tally.tasks === 0 ? null : tally.gated / tally.tasks;
  const verdict = verdictOf(rate);
  const counted =
    rate === null
      ? `no task in ${week} yet`
      : `${tally.gated} of ${tally.tasks} tasks in ${week} needed a decision (${Math.round(rate * 100)} %)`;
  return { ...tally, rate, verdict, says: `${counted}${MEANING[verdict]}` };
}

function verdictOf(rate: number | null): EscalationRate["verdict"] {
  if (rate === null) return "none";
  if (rate < RATE.low) return "low";
  if (rate < RATE.targetFrom) return "below-target";
  if (rate <= RATE.targetTo) return "on-target";
  return rate <= RATE.high ? "above-target" : "high";
}

const MEANING: Readonly<Record<EscalationRate["verdict"], string>> = {
  none: "",
  low: "; below 5 %: look whether work passes that a person should see",
  "below-target": "; the target is 10 to 15 %",
  "on-target": "; on target",
  "above-target": "; the target is 10 to 15 %",
  high: "; above 25 %: the envelopes leave too much open, or something is broken",
};

/** ISO 8601 week of a time: weeks begin on Monday, and the first one of a year holds its first Thursday. */
function weekOf(at: string): string {
  const time = new Date(at);
  const day = (time.getUTCDay() + 6) % 7;
  const thursday = new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate() - day + 3));
  const firstDay = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const week = Math.floor((thursday.getTime() - firstDay) / (7 * 86_400_000)) + 1;
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, "0")}`;
}
