import { array, assert, boolean, constantFrom, integer, property, record } from "fast-check";
import { expect, it } from "vitest";
import { capCards } from "../../src/decide/spending/caps-fold.ts";
import { decide, type Decision } from "../../src/decide/decide.ts";
import { DEFAULT_CONFIG } from "../../src/model/config.ts";
import { noticesSchema } from "../../src/model/event.ts";
import type { World } from "../../src/model/task.ts";
import { verifies } from "../requirements.ts";
import { pour, submitted, worldOf } from "../support/worlds.ts";

verifies("F1");

const NOON = Date.UTC(2026, 10, 18, 12);
const TODAY = "2026-11-18";
const HOUR = 3_600_000;
const NO_BUDGET = { dayUsd: null, dayTokens: null, weekUsd: null, weekTokens: null };

interface At {
  readonly budget?: Partial<typeof DEFAULT_CONFIG.budget>;
  readonly user?: Partial<typeof DEFAULT_CONFIG.budget>;
  /** Dollars by day. */
  readonly spent: Readonly<Record<string, number>>;
  readonly elsewhere?: Readonly<Record<string, number>>;
  readonly told?: readonly string[];
  readonly raised?: readonly { key: string; by: number }[];
  readonly now?: number;
}

/** Decides and journals until nothing more follows, as an engine does. */
function settle(
  world: World,
  { budget, user, spent, elsewhere = {}, told = [], raised = [], now = NOON }: At,
): Decision {
  const sums = (...all: readonly Readonly<Record<string, number>>[]) => {
    const map = new Map<string, { usd: number; tokens: number }>();
    for (const days of all)
      for (const [day, usd] of Object.entries(days)) map.set(day, { usd: (map.get(day)?.usd ?? 0) + usd, tokens: 0 });
    return map;
  };
  const config = { ...DEFAULT_CONFIG, budget: { ...NO_BUDGET, ...budget } };
  const books = [
    { scope: "project" as const, budget: config.budget, spending: sums(spent) },
    ...(user === undefined
      ? []
      : [{ scope: "user" as const, budget: { ...NO_BUDGET, ...user }, spending: sums(spent, elsewhere) }]),
  ];
  for (let rounds = 0; rounds < 10; rounds += 1) {
    const caps = { books, raisedElsewhere: raised, toldElsewhere: told };
    const decision = decide(world, { config, caps, nowMs: now, random: () => 0 });
    if (decision.facts.length === 0) return decision;
    for (const fact of decision.facts) pour(world, fact, now);
  }
  throw new Error("it never settles");
}

const topics = (world: World, topic: string) => world.notices.events.filter((event) => event.topic === topic);
const lines = (world: World) => topics(world, "cost.cap").map(({ line }) => line);
const answer = (world: World, letter: string, now = NOON) => {
  const [card] = capCards(world);
  pour(world, { type: "card.answered", card: card?.id ?? "", task: "", letter, by: "me", note: "" }, now);
};

it("tells once at half of a cap, and once that a day took over half of the week", () => {
  const world = worldOf();
  settle(world, { budget: { dayUsd: 10 }, spent: { [TODAY]: 4.9 } });
  expect(lines(world)).toEqual([]);
  settle(world, { budget: { dayUsd: 10 }, spent: { [TODAY]: 5 } });
  settle(world, { budget: { dayUsd: 10 }, spent: { [TODAY]: 9 } });
  expect(lines(world)).toEqual(["50 % of budget.dayUsd are spent (5 of 10), it resets at 2026-11-19T00:00:00.000Z"]);
  settle(world, { budget: { weekUsd: 20 }, spent: { [TODAY]: 11 } });
  settle(world, { budget: { weekUsd: 20 }, spent: { [TODAY]: 12 } });
  expect(lines(world).slice(1)).toEqual(["Today alone took 55 % of budget.weekUsd (11 of 20)"]);
  expect(topics(world, "cost.cap").every(({ tier }) => tier === "notify")).toBe(true);
});

it("the week is told at half once, also when no day was that large; the next week is another one", () => {
  const world = worldOf();
  const days = { "2026-11-16": 4, "2026-11-17": 3, [TODAY]: 4 };
  settle(world, { budget: { weekUsd: 20 }, spent: days });
  settle(world, { budget: { weekUsd: 20 }, spent: days });
  expect(lines(world)).toHaveLength(1);
  const nextWeek = NOON + 7 * 24 * HOUR;
  settle(world, { budget: { weekUsd: 20 }, spent: { ...days, "2026-11-24": 5, "2026-11-25": 5 }, now: nextWeek });
  expect(lines(world)).toHaveLength(2);
});

it("one card asks for one cap and period, whatever waits, and by default the work waits until the reset", () => {
  const world = worldOf(submitted("a"), submitted("b"));
  const full = { budget: { dayUsd: 10 }, spent: { [TODAY]: 10 } };
  const held = settle(world, full);
  expect(capCards(world)).toMatchObject([
    {
      id: "D-cap-day-usd-2026-11-18",
      task: "",
      tier: "gate",
      default: "B",
      context: expect.stringContaining("a and 1 more wait"),
      options: [
        { letter: "A", text: "Raise it once, for today, by 5 to 15" },
        { letter: "B", text: "Wait until 2026-11-19T00:00:00.000Z" },
        { letter: "C" },
      ],
      deadline: "2026-11-19T00:00:00.000Z",
    },
  ]);
  expect(held.waiting.get("b")).toMatchObject({
    for: "budget",
    detail: expect.stringContaining("cco decide D-cap-day-usd-2026-11-18"),
  });
  expect(held.effects).toEqual([]);
  pour(world, submitted("c"), NOON);
  settle(world, { ...full, now: NOON + HOUR });
  expect(topics(world, "card.opened")).toHaveLength(1);
  answer(world, "B");
  expect(settle(world, full).waiting.get("a")?.detail).toContain("(chosen by me)");
  expect(topics(world, "card.opened")).toHaveLength(1);
  const next = settle(world, { ...full, now: NOON + 12 * HOUR });
  expect(next.effects.map(({ kind }) => kind)).toEqual(["start", "start", "start"]);
});

it("A lets the work go on to the raised cap, for this period only", () => {
  const world = worldOf(submitted("a"));
  settle(world, { budget: { dayUsd: 10 }, spent: { [TODAY]: 10 } });
  answer(world, "A");
  expect(settle(world, { budget: { dayUsd: 10 }, spent: { [TODAY]: 14.9 } }).effects).toHaveLength(1);
  const held = settle(world, { budget: { dayUsd: 10 }, spent: { [TODAY]: 15 } });
  expect(held.waiting.get("a")?.detail).toContain("15 of 15, 5 of it granted for this time");
  expect(capCards(world)).toEqual([]);
  const tomorrow = { [TODAY]: 15, "2026-11-19": 10 };
  settle(world, { budget: { dayUsd: 10 }, spent: tomorrow, now: NOON + 24 * HOUR });
  expect(capCards(world)).toMatchObject([{ id: "D-cap-day-usd-2026-11-19" }]);
});

it("C cancels what waited, and not what comes later", () => {
  const world = worldOf(submitted("a"), submitted("b"));
  const full = { budget: { dayUsd: 10 }, spent: { [TODAY]: 10 } };
  settle(world, full);
  answer(world, "C");
  settle(world, full);
  expect(["a", "b"].map((id) => world.tasks.get(id)?.state)).toMatchObject([
    { at: "ended", status: "cancelled" },
    { at: "ended", status: "cancelled" },
  ]);
  pour(world, submitted("c"), NOON + HOUR);
  expect(settle(world, { ...full, now: NOON + HOUR }).waiting.get("c")).toMatchObject({ for: "budget" });
  expect(topics(world, "card.opened")).toHaveLength(1);
});

it("a card ends by its default at its deadline, and when the settings have raised the cap", () => {
  const world = worldOf(submitted("a"));
  settle(world, { budget: { weekUsd: 10 }, spent: { [TODAY]: 10 } });
  expect(capCards(world)[0]?.deadline).toBe("2026-11-19T12:00:00.000Z");
  settle(world, { budget: { weekUsd: 10 }, spent: { [TODAY]: 10 }, now: NOON + 24 * HOUR });
  expect(world.notices.answers.at(-1)).toMatchObject({ letter: "B", by: "deadline" });

  const other = worldOf(submitted("a"));
  settle(other, { budget: { dayUsd: 10 }, spent: { [TODAY]: 10 } });
  const free = settle(other, { budget: { dayUsd: 20 }, spent: { [TODAY]: 10 } });
  expect(free.effects.map(({ kind }) => kind)).toEqual(["start"]);
  expect(capCards(other)).toEqual([]);
});

it("a cap of the user counts all projects, and what another one has raised or told counts here", () => {
  const world = worldOf(submitted("a"));
  const at = { user: { dayUsd: 10 }, spent: { [TODAY]: 2 }, elsewhere: { [TODAY]: 8 } };
  const held = settle(world, at);
  expect(held.waiting.get("a")?.detail).toMatch(/^budget\.dayUsd of all your projects is used up \(10 of 10\)/);
  expect(capCards(world)).toMatchObject([{ id: "D-user-cap-day-usd-2026-11-18" }]);
  const raised = [{ key: "user.dayUsd@2026-11-18", by: 5 }];
  expect(settle(world, { ...at, raised }).effects.map(({ kind }) => kind)).toEqual(["start"]);
  expect(capCards(world)).toEqual([]);

  const quiet = worldOf();
  settle(quiet, { ...at, told: ["user.dayUsd@2026-11-18"] });
  expect(lines(quiet)).toEqual([]);
});

it("a world that was put away and read again tells and asks nothing twice", () => {
  const world = worldOf(submitted("a"));
  const full = { budget: { dayUsd: 10 }, user: { dayUsd: 9 }, spent: { [TODAY]: 10 } };
  settle(world, full);
  const notices = noticesSchema.parse(JSON.parse(JSON.stringify(world.notices)));
  const again: World = { ...world, notices };
  const before = again.seq;
  settle(again, full);
  expect(again.seq).toBe(before);
});

it("whatever is spent, answered and passes: never two cards or notices for one cap and period, and nothing starts under a used-up cap", () => {
  const step = record({
    spend: integer({ min: 0, max: 6 }),
    hours: integer({ min: 0, max: 30 }),
    letter: constantFrom("A", "B", "C", ""),
    submit: boolean(),
  });
  assert(
    property(array(step, { maxLength: 25 }), (steps) => {
      const world = worldOf();
      const spent: Record<string, number> = {};
      let now = NOON;
      for (const [n, { spend, hours, letter, submit }] of steps.entries()) {
        now += hours * HOUR;
        const day = new Date(now).toISOString().slice(0, 10);
        spent[day] = (spent[day] ?? 0) + spend;
        if (submit) pour(world, submitted(`t${n}`), now);
        const decision = settle(world, { budget: { dayUsd: 10, weekUsd: 30 }, spent, now });
        const granted = (world.notices.caps?.raised ?? []).filter(({ key }) => key === `project.dayUsd@${day}`);
        const limit = 10 + granted.reduce((sum, { by }) => sum + by, 0);
        if ((spent[day] ?? 0) >= limit) expect(decision.effects.filter(({ kind }) => kind === "start")).toEqual([]);
        if (letter !== "" && capCards(world).length > 0) answer(world, letter, now);
      }
      const ids = topics(world, "card.opened").map(({ card }) => card);
      expect(new Set(ids).size).toBe(ids.length);
      const { told } = world.notices.caps ?? { told: [] };
      expect(new Set(lines(world)).size).toBe(lines(world).length);
      expect(told.filter((key) => !key.includes(" by ")).length).toBeLessThanOrEqual(lines(world).length);
    }),
    { numRuns: 200 },
  );
});
