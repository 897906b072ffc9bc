import { isoTime } from "../../kernel/durations.ts";
import type { CapState, Raise } from "../../model/cap.ts";
import type { Card } from "../../model/card.ts";
import type { Config } from "../../model/config.ts";
import type { Fact } from "../../model/record.ts";
import type { Task, World } from "../../model/task.ts";
import type { Waiting } from "../admission.ts";
import { amount, type Cap, capName, capsAt, type CapBook, raiseCommand, usedUpCap, usedUpText } from "./spending.ts";

/** Part of a cap from which on it is told once (mission F1). */
const NOTICE_PART = 0.5;

/** Part of the cap that a person grants with option A beyond what is spent, for one day or week. */
const RAISE_PART = 0.5;

/** Nothing was told or asked yet. */
export const NO_CAPS: CapState = { told: [], asked: [], raised: [], cancel: null };

/** What a decision about caps depends on. `books`: caps of the project and of the user. `told`: notices that other projects of the user have given. */
export interface CapInputs {
  readonly books: readonly Omit<CapBook, "raised">[];
  /** What was granted in other projects of the user. */
  readonly raisedElsewhere: readonly Raise[];
  readonly toldElsewhere: readonly string[];
}

/** All caps that are set, with what was granted. */
export function capsOf(world: World, { books, raisedElsewhere }: CapInputs, nowMs: number): Cap[] {
  const raised = [...(world.notices.caps ?? NO_CAPS).raised, ...raisedElsewhere];
  return books.flatMap((book) => capsAt({ ...book, raised }, nowMs));
}

/** What a round of decisions knows besides the caps. */
interface Round {
  readonly config: Pick<Config, "cards">;
  readonly waiting: ReadonlyMap<string, Waiting>;
  readonly toldElsewhere: readonly string[];
  readonly nowMs: number;
}

/**
 * What caps lead to: one notice for each cap and period at half of it, one card for each cap and period when it holds work up, the default
 * at its deadline, its end when it holds nothing up any more, and the cancelling of what waits. The same world yields the same facts until they are in it.
 */
export function capFacts(world: World, caps: readonly Cap[], round: Round): Fact[] {
  const state = world.notices.caps ?? NO_CAPS;
  return [
    ...notices(state, caps, round),
    ...ends(state, caps, round.nowMs),
    ...cancels(world, state, round),
    ...question(state, caps, round),
  ];
}

/** When open cards of caps are due, Unix ms. A card that nothing waits for keeps no engine alive; the next one sees its deadline. */
export function capDeadlines({ notices: { caps = NO_CAPS } }: World, waiting: Round["waiting"]): number[] {
  if (![...waiting.values()].some((one) => one.for === "budget")) return [];
  return caps.asked.flatMap(({ card }) => (card === null ? [] : [Date.parse(card.deadline)]));
}

function notices(state: CapState, caps: readonly Cap[], { toldElsewhere, nowMs }: Round): Fact[] {
  const told = new Set([...state.told, ...toldElsewhere]);
  const today = isoTime(nowMs).slice(0, 10);
  return caps.flatMap((cap): Fact[] => {
    const part = cap.limit * NOTICE_PART;
    const dayKey = `${cap.key} by ${today}`;
    const isWeek = cap.name.startsWith("week");
    if (isWeek && cap.today > part && !told.has(dayKey)) {
      const why = `today alone took ${percent(cap.today, cap)} of ${capName(cap)} (${amount(cap.today)} of ${amount(cap.limit)})`;
      return [{ type: "cap.told", keys: [cap.key, dayKey], why }];
    }
    if (cap.spent < part || told.has(cap.key)) return [];
    const why = `${percent(cap.spent, cap)} of ${capName(cap)} are spent (${amount(cap.spent)} of ${amount(cap.limit)}), it resets at ${cap.resetsAt}`;
    return [{ type: "cap.told", keys: [cap.key], why }];
  });
}

function percent(part: number, { limit }: Cap): string {
  return `${Math.floor((part / limit) * 100)} %`;
}

/** Open cards whose time has come, or that hold nothing up any more. */
function ends(state: CapState, caps: readonly Cap[], nowMs: number): Fact[] {
  return state.asked.flatMap(({ key, card }): Fact[] => {
    if (card === null) return [];
    const cap = caps.find((one) => one.key === key);
    const isOver = cap === undefined || cap.spent < cap.limit;
    if (!isOver && nowMs < Date.parse(card.deadline)) return [];
    const by = isOver ? "the cap, which holds nothing up any more" : "deadline";
    return [{ type: "card.answered", card: card.id, task: "", letter: card.default, by, note: "" }];
  });
}

function cancels(world: World, { cancel }: CapState, { waiting }: Round): Fact[] {
  if (cancel === null) return [];
  const tasks = [...waiting].flatMap(([id, { for: what }]) => (what === "budget" ? (world.tasks.get(id) ?? []) : []));
  const facts = tasks
    .filter((task: Task) => task.submittedAt <= cancel.at && !task.cancelRequested)
    .map(({ id }): Fact => ({ type: "cancel.requested", task: id, by: `card ${cancel.card}` }));
  return [...facts, { type: "cap.cancelled", key: cancel.key }];
}

function question(state: CapState, caps: readonly Cap[], { config, waiting, nowMs }: Round): Fact[] {
  const cap = usedUpCap(caps);
  const held = [...waiting].filter(([, { for: what }]) => what === "budget").map(([id]) => id);
  if (cap === null || held.length === 0 || state.asked.some(({ key }) => key === cap.key)) return [];
  // On top of what is spent: a raise that lets nothing start would be none.
  const by = roundedUp(Math.max(0, cap.spent - cap.limit) + (cap.limit - cap.raised) * RAISE_PART, cap);
  const card = capCard(cap, { by, held, deadlineMs: nowMs + config.cards.deadlineHours * 3_600_000 });
  return [{ type: "cap.asked", key: cap.key, by, card }];
}

function roundedUp(value: number, { name }: Cap): number {
  return name.endsWith("Usd") ? Number(value.toFixed(4)) : Math.ceil(value);
}

function capCard(cap: Cap, about: { by: number; held: readonly string[]; deadlineMs: number }): Card {
  const { key, name, resetsAt, limit } = cap;
  const [first = "", ...others] = about.held;
  const period = name.startsWith("day") ? "today" : "this week";
  const waits = others.length === 0 ? `${first} waits` : `${first} and ${others.length} more wait`;
  const more = `by ${amount(about.by)} to ${amount(limit + about.by)}`;
  return {
    id: cardName(key),
    task: "",
    tier: "gate",
    context: `${usedUpText(cap)}; new work waits until ${resetsAt}: ${waits}. What runs goes on`,
    options: [
      {
        letter: "A",
        text: `Raise it once, for ${period}, ${more}`,
        pros: "the work goes on now",
        cons: "costs up to as much more",
        effect: "raise-cap",
      },
      {
        letter: "B",
        text: `Wait until ${resetsAt}`,
        pros: "nothing more is spent; the work goes on by itself then",
        cons: "it is late",
        effect: "wait-for-cap",
      },
      {
        letter: "C",
        text: "Cancel the tasks that wait for it",
        pros: "nothing is spent on them later either",
        cons: "they end as cancelled",
        effect: "cancel-waiting",
      },
    ],
    recommended: "B",
    reason: "the cap was set for this; it is asked once for each cap and period",
    risk: `A spends beyond what was planned; to raise the cap for good: ${raiseCommand(cap)}`,
    cost: `${amount(cap.spent)} ${name.endsWith("Usd") ? "USD" : "tokens"} so far`,
    default: "B",
    deadline: isoTime(Math.min(about.deadlineMs, Date.parse(resetsAt))),
  };
}

/** `D-cap-day-usd-2026-11-22`; caps of the user: `D-user-cap-…`. */
function cardName(key: string): string {
  const [scope = "", name = "", day = ""] = key.split(/[.@]/);
  const words = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return `D-${scope === "user" ? "user-" : ""}cap-${words}-${day}`;
}
