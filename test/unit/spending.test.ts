import { expect, it } from "vitest";
import { decide } from "../../src/decide/decide.ts";
import { addSpending, capsAt, type Spending } from "../../src/decide/spending.ts";
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

it("sums days and weeks from Monday, of UTC, without what has no price", () => {
  const sums = spent(
    row("2026-11-15T23:00:00Z", 9, 900),
    row("2026-11-16T00:00:00Z", 1, 100),
    row("2026-11-22T01:00:00Z", 2, 200),
    row("2026-11-22T02:00:00Z", null, 50),
  );
  const budget = { dayUsd: 4, weekUsd: 4, dayTokens: 250, weekTokens: null };
  expect(capsAt(sums, budget, SUNDAY)).toEqual([
    { name: "dayUsd", limit: 4, spent: 2, resetsAt: "2026-11-23T00:00:00.000Z" },
    { name: "dayTokens", limit: 250, spent: 250, resetsAt: "2026-11-23T00:00:00.000Z" },
    { name: "weekUsd", limit: 4, spent: 3, resetsAt: "2026-11-23T00:00:00.000Z" },
  ]);
});

it("a cap that is used up holds up new work until its day is over, and nothing that runs", () => {
  const world = worldOf(submitted("a"), started("a"), submitted("b"));
  const config = { ...DEFAULT_CONFIG, budget: { ...DEFAULT_CONFIG.budget, dayUsd: 2 } };
  const at = (usd: number) =>
    decide(world, { config, spending: spent(row("2026-11-22T01:00:00Z", usd, 0)), nowMs: SUNDAY, random: () => 0 });
  expect(at(1.9).effects.map(({ kind, task }) => `${kind} ${task.id}`)).toEqual(["attempt a", "start b"]);
  const held = at(2);
  expect(held.effects.map(({ kind }) => kind)).toEqual(["attempt"]);
  expect(held.waiting.get("b")).toMatchObject({ for: "budget", untilMs: Date.UTC(2026, 10, 23) });
  expect(held.wakeAtMs).toBe(Date.UTC(2026, 10, 23));
});
