import { expect, it } from "vitest";
import { decide } from "../../src/decide/decide.ts";
import { addSpending, capsAt, type Spending } from "../../src/decide/spending/spending.ts";
import { DEFAULT_CONFIG } from "../../src/model/config.ts";
import { verifies } from "../requirements.ts";
import { started, submitted, worldOf } from "../support/worlds.ts";

verifies("F1");

const SUNDAY = Date.UTC(2026, 10, 22, 12);
const row = (at: string, usd: number | null, tokens: number) => ({
  at,
  usd,
  inputTokens: tokens + 10,
  cachedInputTokens: 10,
  outputTokens: 0,
});

function spent(...rows: readonly ReturnType<typeof row>[]): Spending {
  const sums: Spending = new Map();
  for (const each of rows) addSpending(sums, each);
  return sums;
}

const of = (name: string, day: string) => ({ scope: "project", name, key: `project.${name}@${day}` });

it("sums days and weeks from Monday, of UTC, without what has no price", () => {
  const sums = spent(
    row("2026-11-15T23:00:00Z", 9, 900),
    row("2026-11-16T00:00:00Z", 1, 100),
    row("2026-11-22T01:00:00Z", 2, 200),
    row("2026-11-22T02:00:00Z", null, 50),
  );
  const budget = { dayUsd: 4, weekUsd: 4, dayTokens: 250, weekTokens: null };
  const resetsAt = "2026-11-23T00:00:00.000Z";
  const raised = [
    { key: "project.dayUsd@2026-11-22", by: 2 },
    { key: "project.dayUsd@2026-11-21", by: 100 },
  ];
  expect(capsAt({ scope: "project", budget, spending: sums, raised }, SUNDAY)).toEqual([
    { ...of("dayUsd", "2026-11-22"), limit: 6, raised: 2, spent: 2, today: 2, resetsAt },
    { ...of("dayTokens", "2026-11-22"), limit: 250, raised: 0, spent: 250, today: 250, resetsAt },
    { ...of("weekUsd", "2026-11-16"), limit: 4, raised: 0, spent: 3, today: 2, resetsAt },
  ]);
});

it("a cap that is used up holds up new work until its day is over, and nothing that runs", () => {
  const world = worldOf(submitted("a"), started("a"), submitted("b"));
  const config = { ...DEFAULT_CONFIG, budget: { ...DEFAULT_CONFIG.budget, dayUsd: 2 } };
  const at = (usd: number) => {
    const spending = spent(row("2026-11-22T01:00:00Z", usd, 0));
    const books = [{ scope: "project", budget: config.budget, spending }] as const;
    const caps = { books, raisedElsewhere: [], toldElsewhere: [] };
    return decide(world, { config, caps, nowMs: SUNDAY, random: () => 0 });
  };
  expect(at(1.9).effects.map(({ kind, task }) => `${kind} ${task.id}`)).toEqual(["attempt a", "start b"]);
  const held = at(2);
  expect(held.effects.map(({ kind }) => kind)).toEqual(["attempt"]);
  expect(held.waiting.get("b")).toMatchObject({ for: "budget", untilMs: Date.UTC(2026, 10, 23) });
  expect(held.wakeAtMs).toBe(Date.UTC(2026, 10, 23));
});
