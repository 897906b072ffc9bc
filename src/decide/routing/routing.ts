import type { Effort, Envelope } from "../../model/envelope.ts";
import type { TaskOutcome } from "../../model/ledger.ts";
import { type Tier, TIERS, type TierRecord, tierRecords } from "./tier-history.ts";
import { type Trait, type Traits, traitsOf } from "./route-traits.ts";

/** Who does the work: the orchestrator itself, a Claude subagent, or a Codex worker. */
export type RouteTo = "self" | "subagent" | "codex";

/** One row of the decision matrix. `effort`: tier of a worker, also where the work is dispatched against the advice. */
interface MatrixRow {
  readonly kind: string;
  readonly when: Readonly<Partial<Record<Trait, boolean>>>;
  readonly to: RouteTo;
  readonly effort: Tier;
  readonly why: string;
}

/**
 * The decision matrix (mission, A9), as data: the first row of which everything holds decides. Judgment and what cannot be taken back
 * go to the expensive end, mechanical work that a command can check to the cheap one, one tool call to nobody.
 */
const MATRIX: readonly MatrixRow[] = [
  {
    kind: "one-call",
    when: { oneCall: true, highRisk: false, irreversible: false },
    to: "self",
    effort: "low",
    why: "it is about one tool call: starting a worker costs more than doing it",
  },
  {
    kind: "high-stakes",
    when: { highRisk: true, judgment: true },
    to: "codex",
    effort: "xhigh",
    why: "the risk is high and it takes judgment",
  },
  {
    kind: "high-stakes",
    when: { irreversible: true, judgment: true },
    to: "codex",
    effort: "xhigh",
    why: "it cannot be taken back and takes judgment",
  },
  {
    kind: "high-stakes",
    when: { highRisk: true, checkable: false },
    to: "codex",
    effort: "xhigh",
    why: "the risk is high and no command can tell whether all of it is right",
  },
  { kind: "high-risk", when: { highRisk: true }, to: "codex", effort: "high", why: "the risk is high" },
  { kind: "high-risk", when: { irreversible: true }, to: "codex", effort: "high", why: "it cannot be taken back" },
  {
    kind: "reading",
    when: { readsOnly: true, lowRisk: true },
    to: "subagent",
    effort: "medium",
    why: "it only reads and reports: there is no change to verify or to merge",
  },
  {
    kind: "small-unchecked",
    when: { fewCalls: true, checkable: false, lowRisk: true },
    to: "subagent",
    effort: "low",
    why: "it is small and no command checks it: a worker's verification would prove nothing",
  },
  { kind: "judgment", when: { judgment: true }, to: "codex", effort: "high", why: "it takes judgment" },
  {
    kind: "handoff",
    when: { handoff: true },
    to: "codex",
    effort: "high",
    why: "a structured handoff: interfaces and anti-patterns have to be kept in mind",
  },
  {
    kind: "mechanical",
    when: { mechanical: true, checkable: true, lowRisk: true },
    to: "codex",
    effort: "low",
    why: "it is mechanical and commands check all of it",
  },
  {
    kind: "unchecked",
    when: { checkable: false },
    to: "codex",
    effort: "high",
    why: "no command can tell whether all of it is right",
  },
  {
    kind: "small",
    when: { fewCalls: true, lowRisk: true },
    to: "codex",
    effort: "low",
    why: "it is small, of low risk, and commands check all of it",
  },
  { kind: "standard", when: {}, to: "codex", effort: "medium", why: "ordinary work that commands check" },
];

/** A credit window, as far as routing needs it. `resetsAt`: ISO 8601, null when nobody said. */
export interface WindowView {
  readonly name: "primary" | "secondary";
  readonly usedPercent: number;
  readonly resetsAt: string | null;
}

/** What a route depends on. No windows: nobody knows any, and nothing is stepped down for them. */
export interface RouteInputs {
  readonly envelope: Envelope;
  /** What the envelope or the command line asks for. */
  readonly asked: Effort;
  /** Tasks that have ended, of any kind, oldest first. */
  readonly history: readonly TaskOutcome[];
  readonly windows: readonly WindowView[];
  /** Attempts of this very task that failed in their work, with the effort they had. */
  readonly failed: readonly { readonly effort: Effort; readonly code: string }[];
}

/** A change of tier with its reason. */
export interface RouteStep {
  readonly by: "failure" | "history" | "window";
  readonly from: Tier;
  readonly to: Tier;
  readonly why: string;
}

/** Where work should go. `wait`: high-risk work that should not begin before a window opens again (ISO 8601, null: not known). */
export interface Route {
  readonly to: RouteTo;
  /** Tier of a worker. */
  readonly effort: Tier;
  readonly kind: string;
  readonly reasons: readonly string[];
  readonly steps: readonly RouteStep[];
  readonly wait: { readonly until: string | null; readonly why: string } | null;
}

/** Weekly window of which this much is used is tight: the rest has to last until the reset. */
const TIGHT_PERCENT = 80;

/** Fewer ended tasks than this say nothing. */
const ENOUGH_TASKS = 5;

/** Below this share of tasks that held their tier, the tier is too low; from the other on, the next lower one was good enough. */
const TOO_LOW = 0.6;
const GOOD_ENOUGH = 0.9;

function matrixRow(traits: Traits): MatrixRow {
  const fits = ({ when }: MatrixRow): boolean =>
    Object.entries(when).every(([trait, wanted]) =>
      Object.entries(traits.has).some(([name, is]) => name === trait && is === wanted),
    );
  const row = MATRIX.find(fits);
  if (row === undefined) throw new Error("the last row of the matrix fits everything");
  return row;
}

/** Kind of work of an envelope: the row of the matrix that it is decided by. */
export function kindOf(envelope: Envelope): string {
  return matrixRow(traitsOf(envelope)).kind;
}

/** Where an envelope should go and why: the matrix, then what happened to this task, then history, then the credit windows. */
export function routeOf(inputs: RouteInputs): Route {
  const traits = traitsOf(inputs.envelope);
  const row = matrixRow(traits);
  const reasons = [`${row.why}${evidenceOf(row, traits)}`];
  const about = { to: row.to, kind: row.kind };
  if (inputs.asked !== "auto") {
    const said = `effort ${inputs.asked} is asked for; auto would begin at ${row.effort}, because ${reasons[0] ?? ""}`;
    return { ...about, to: "codex", effort: inputs.asked, reasons: [said], steps: [], wait: null };
  }
  const steps: RouteStep[] = [];
  let tier = row.effort;
  const step = (found: RouteStep | null): void => {
    if (found === null || found.to === found.from) return;
    steps.push(found);
    tier = found.to;
  };
  step(stepForFailures(tier, inputs.failed));
  if (steps.length === 0) step(stepForHistory(tier, row.kind, { ...inputs, isRisky: isRisky(traits) }));
  const tight = tightWindow(inputs.windows);
  let wait: Route["wait"] = null;
  if (tight !== null && isRisky(traits)) {
    wait = { until: tight.resetsAt, why: `${windowText(tight)}, and high-risk work is not done with less effort` };
  } else if (tight !== null) step(stepDown(tier, tight));
  return { ...about, effort: tier, reasons: [...reasons, ...steps.map(stepText)], steps, wait };
}

/** The words and numbers that made the row fit. */
function evidenceOf(row: MatrixRow, traits: Traits): string {
  const words = Object.entries(traits.words).filter(([trait]) => trait in row.when);
  const said = words.map(([, word]) => `"${word}"`);
  const counted = "oneCall" in row.when || "fewCalls" in row.when ? [`estimated tool calls: ${traits.toolCalls}`] : [];
  const all = [...said, ...counted];
  return all.length === 0 ? "" : ` (${all.join(", ")})`;
}

function isRisky({ has }: Traits): boolean {
  return has.highRisk || has.irreversible;
}

/** Every tier at which this very task failed in its work is too low for it. */
function stepForFailures(tier: Tier, failed: RouteInputs["failed"]): RouteStep | null {
  const highest = failed.reduce((most, { effort }) => Math.max(most, tierIndex(effort)), -1);
  const to = tierAt(highest + 1);
  if (highest < 0 || tierIndex(to) <= tierIndex(tier)) return null;
  const last = failed.findLast(({ effort }) => tierIndex(effort) === highest);
  return { by: "failure", from: tier, to, why: `this task failed at ${tierAt(highest)} (${last?.code ?? ""})` };
}

function stepForHistory(
  tier: Tier,
  kind: string,
  { history, isRisky: risky }: { readonly history: readonly TaskOutcome[]; readonly isRisky: boolean },
): RouteStep | null {
  const records = tierRecords(history, kind).filter((record) => record.tasks >= ENOUGH_TASKS);
  const at = records.find((record) => record.tier === tier);
  if (at !== undefined && at.held / at.tasks < TOO_LOW) {
    return { by: "history", from: tier, to: tierAt(tierIndex(tier) + 1), why: recordText(at, kind) };
  }
  const below = records.find((record) => tierIndex(record.tier) === tierIndex(tier) - 1);
  if (risky || below === undefined || below.held / below.tasks < GOOD_ENOUGH) return null;
  if (at !== undefined && below.tokens.p50 >= at.tokens.p50) return null;
  return { by: "history", from: tier, to: below.tier, why: recordText(below, kind) };
}

function recordText(record: TierRecord, kind: string): string {
  const { tier, tasks, held, tokens } = record;
  return `${held} of ${tasks} tasks of this kind (${kind}) were accepted at ${tier}, half of them with at most ${tokens.p50} tokens`;
}

function tightWindow(windows: readonly WindowView[]): WindowView | null {
  return windows.find(isTight) ?? null;
}

/** True of a weekly window that is tight: ordinary work steps down a tier, high-risk work waits. */
export function isTight({ name, usedPercent }: WindowView): boolean {
  return name === "secondary" && usedPercent >= TIGHT_PERCENT;
}

function windowText({ usedPercent }: WindowView): string {
  return `${Math.round(usedPercent)} % of the weekly window are used`;
}

function stepDown(tier: Tier, window: WindowView): RouteStep {
  return { by: "window", from: tier, to: tierAt(tierIndex(tier) - 1), why: windowText(window) };
}

function stepText({ from, to, why }: RouteStep): string {
  return `${tierIndex(to) > tierIndex(from) ? "up" : "down"} from ${from} to ${to}: ${why}`;
}

function tierIndex(effort: Effort): number {
  return TIERS.findIndex((tier) => tier === effort);
}

/** The tier at a place, the first or last one beyond the ends. */
function tierAt(index: number): Tier {
  return TIERS[Math.min(Math.max(index, 0), TIERS.length - 1)] ?? "medium";
}
