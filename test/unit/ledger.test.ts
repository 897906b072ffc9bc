import { describe, expect, it } from "vitest";
import { askStep } from "../../src/decide/cards/asks.ts";
import { ledgerRows, outcomeRows } from "../../src/decide/spending/ledger.ts";
import { costOf, mergePrices, priceOf } from "../../src/decide/spending/price.ts";
import type { Ask } from "../../src/model/ask.ts";
import { DEFAULT_CONFIG } from "../../src/model/config.ts";
import { type LedgerRow, ledgerRowSchema, taskOutcomeSchema } from "../../src/model/ledger.ts";
import { type AttemptOutcome, NO_USAGE, type Usage } from "../../src/model/outcome.ts";
import type { Price } from "../../src/model/prices.ts";
import type { Fact } from "../../src/model/record.ts";
import { emptyWorld } from "../../src/model/task.ts";
import { verifies } from "../requirements.ts";
import { failure, outcome, pour, started, submitted, taskOf, T0, worldOf } from "../support/worlds.ts";

verifies("F4");

const usage = (inputTokens: number, outputTokens: number, usd = 0): Usage => ({
  ...NO_USAGE,
  inputTokens,
  outputTokens,
  usd,
});

/** What a journal of these facts leaves in the line files, and the world at its end. */
function ledgerOf(...facts: readonly Fact[]) {
  const world = emptyWorld();
  const rows: Omit<LedgerRow, "seq" | "part">[] = [];
  const outcomes: ReturnType<typeof outcomeRows> = [];
  for (const fact of facts) {
    const record = { v: 1, seq: world.seq + 1, at: new Date(T0).toISOString(), fact } as const;
    rows.push(...ledgerRows(world, record));
    outcomes.push(...outcomeRows(world, record));
    pour(world, fact);
  }
  return { world, rows, outcomes };
}

const ended = (task: string, attempt: number, parts: Partial<AttemptOutcome> = {}): Fact => ({
  type: "attempt.ended",
  task,
  attempt,
  outcome: { ...outcome(parts.failure ?? null), ...parts },
});

const retry = (task: string): Fact => ({
  type: "retry.decided",
  task,
  notBefore: new Date(T0).toISOString(),
  feedback: { from: "failure", text: "again" },
  cause: "CODEX_STREAM_CUT",
  why: "",
});

const reviewed = (task: string, parts: Partial<Extract<Fact, { type: "review.ended" }>> = {}): Fact => ({
  type: "review.ended",
  task,
  attempt: 1,
  round: null,
  feedback: null,
  usage: usage(300, 30, 0.01),
  failure: null,
  ...parts,
});

const sumOf = (rows: readonly { inputTokens: number; outputTokens: number }[]): number =>
  rows.reduce((sum, row) => sum + row.inputTokens + row.outputTokens, 0);

describe("the ledger", () => {
  it("has one row for every attempt, also cut-off and lost ones, and they add up to the usage of the task", () => {
    const cut = failure("CODEX_STREAM_CUT", "transient");
    const exit = { ...outcome().exit, startedAt: "2026-01-01T00:00:00.000Z", endedAt: "2026-01-01T00:01:30.000Z" };
    const { world, rows } = ledgerOf(
      submitted("a"),
      { ...started("a"), effort: "high" } as Fact,
      ended("a", 1, { failure: cut, usage: usage(1000, 100, 0.5), price: "m@2026-01-01", exit }),
      retry("a"),
      { ...started("a", 2), effort: "high" } as Fact,
      ended("a", 2, { usage: usage(70, 7), effort: "xhigh", exit: { ...exit, reason: "lost" } }),
      reviewed("a"),
    );
    expect(
      rows.map(({ attempt, role, effort, outcome: how, retry: again }) => [attempt, role, effort, how, again]),
    ).toEqual([
      [1, "worker", "high", "CODEX_STREAM_CUT", false],
      [2, "worker", "xhigh", "ok", true],
      [1, "reviewer", null, "ok", false],
    ]);
    expect(rows.map(({ usd, price, ms }) => [usd, price, ms])).toEqual([
      [0.5, "m@2026-01-01", 90_000],
      [null, null, null],
      [0.01, null, null],
    ]);
    expect(sumOf(rows)).toBe(sumOf([taskOf(world, "a").usage]));
    expect(rows.every((row) => ledgerRowSchema.safeParse({ seq: 1, part: 0, ...row }).success)).toBe(true);
  });

  it("counts a line that the fold does not take for nothing, and a review after the end like the fold does", () => {
    const { world, rows } = ledgerOf(
      submitted("a"),
      started("a"),
      ended("a", 1, { usage: usage(5, 5) }),
      ended("a", 1, { usage: usage(5, 5) }),
      { type: "task.ended", task: "a", status: "cancelled", failure: null, summary: "" },
      reviewed("a"),
    );
    expect(rows.map(({ role }) => role)).toEqual(["worker", "reviewer"]);
    expect(sumOf(rows)).toBe(sumOf([taskOf(world, "a").usage]));
  });

  it("counts a worker that ended while a question of it was open", () => {
    const ask: Ask = { v: 1, n: 1, kind: "command", what: "make", why: "", actions: [], choices: [], at: "" };
    const before = worldOf(submitted("a", {}, { lane: "attached" }), started("a"), {
      type: "worker.asked",
      task: "a",
      attempt: 1,
      ask,
    });
    const card = askStep(taskOf(before, "a"), DEFAULT_CONFIG, T0);
    if (card === null) throw new Error("no card");
    const { world, rows } = ledgerOf(
      submitted("a", {}, { lane: "attached" }),
      started("a"),
      { type: "worker.asked", task: "a", attempt: 1, ask },
      card,
      ended("a", 1, { usage: usage(5, 5) }),
    );
    expect(sumOf(rows)).toBe(10);
    expect(sumOf([taskOf(world, "a").usage])).toBe(10);
  });

  it("has a row for every call of a review, none where nobody was asked, and no cost of a killed one", () => {
    const call = (role: "reviewer" | "judge", model: string) => ({
      role,
      model,
      usage: usage(10, 1, 0.1),
      outcome: "ok",
    });
    const calls = [call("reviewer", "sonnet-1"), call("judge", "sonnet-2")];
    const silent = { role: "expert", model: "opus", usage: NO_USAGE, outcome: "REVIEW_UNAVAILABLE" } as const;
    const { rows } = ledgerOf(
      submitted("a"),
      reviewed("a", { calls, usage: usage(20, 2, 0.2) }),
      reviewed("a", { calls: [], usage: NO_USAGE }),
      reviewed("a", { usage: NO_USAGE }),
      reviewed("a", { calls: [silent], usage: NO_USAGE, failure: failure("REVIEW_UNAVAILABLE", "environment") }),
      { type: "call.noted", about: null, call: { ...call("judge", "plan-model"), role: "planner" } },
    );
    expect(rows.map(({ role, model, usd, run }) => [role, model, usd, run])).toEqual([
      ["reviewer", "sonnet-1", 0.1, "R"],
      ["judge", "sonnet-2", 0.1, "R"],
      ["expert", "opus", null, "R"],
      ["planner", "plan-model", 0.1, null],
    ]);
  });

  it("says of an ended task once what it came to", () => {
    const end: Fact = { type: "task.ended", task: "a", status: "accepted", failure: null, summary: "done" };
    const { outcomes } = ledgerOf(
      submitted("a"),
      { ...started("a"), effort: "low" } as Fact,
      ended("a", 1, { usage: usage(100, 10, 0.25), price: "m@2026-01-01" }),
      end,
      end,
    );
    expect(outcomes).toMatchObject([
      { task: "a", run: "R", status: "accepted", efforts: ["low"], usd: 0.25, inputTokens: 100 },
    ]);
    expect(taskOutcomeSchema.safeParse({ seq: 1, part: 0, ...outcomes[0] }).success).toBe(true);
  });
});

const price = (model: string, date: string, input = 1): Price => ({ model, date, input, output: 10, source: "a test" });

describe("a price", () => {
  const table = [price("gpt-5.5", "2026-03-01"), price("gpt-5.5", "2026-06-01", 2), price("m", "2026-01-01")];

  it.each([
    ["gpt-5.5", "2026-04-01T00:00:00Z", "2026-03-01"],
    ["gpt-5.5", "2026-06-01T00:00:00Z", "2026-06-01"],
    ["gpt-5.5", "2025-01-01T00:00:00Z", "2026-03-01"],
    ["GPT-5.5-2026-04-23", "2027-01-01T00:00:00Z", "2026-06-01"],
    ["openai/gpt-5.5", "2027-01-01T00:00:00Z", "2026-06-01"],
  ])("of %s on %s is that of %s", (model, at, date) => {
    expect(priceOf(table, model, at)?.date).toBe(date);
  });

  it.each(["gpt-5.5-mini", "gpt-5", "gpt-5.55", "", "a/b/gpt-5.5"])("of %j is not known and never guessed", (model) => {
    expect(priceOf(table, model, "2026-07-01T00:00:00Z")).toBeNull();
  });

  it("counts cached input once, and reasoning as output", () => {
    const spent: Usage = { inputTokens: 1000, cachedInputTokens: 600, outputTokens: 50, reasoningTokens: 40, usd: 0 };
    const full = { model: "m", date: "2026-01-01", input: 5, cachedInput: 0.5, output: 30, source: "a test" };
    expect(costOf(spent, full)).toBe(0.0038);
    expect(costOf(spent, price("m", "2026-01-01", 5))).toBe(0.0055);
    expect(costOf({ ...spent, cachedInputTokens: 5000 }, full)).toBe(0.002);
  });

  it("of an own file replaces every row of its model", () => {
    expect(mergePrices([price("GPT-5.5", "2025-01-01", 9)], table).map(({ input }) => input)).toEqual([9, 1]);
  });
});
