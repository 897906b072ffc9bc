import { mkdtempSync, openSync, appendFileSync, closeSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { overrun, spentOf, usedUpBudget } from "../../src/decide/spending/budget.ts";
import { brokenBudget, makeMeter, type MeterMarks } from "../../src/process/meter.ts";
import type { Budget } from "../../src/model/envelope.ts";
import type { Fact } from "../../src/model/record.ts";
import { verifies } from "../requirements.ts";
import { decideNow, outcome, pour, started, submitted, taskOf, worldOf } from "../support/worlds.ts";

verifies("F1");

const used = (tokens: number, toolCalls: number, usd = 0): Fact => ({
  type: "attempt.ended",
  task: "a",
  attempt: 1,
  outcome: {
    ...outcome(),
    toolCalls,
    usage: { inputTokens: tokens + 50, cachedInputTokens: 50, outputTokens: 0, reasoningTokens: 0, usd },
  },
});

const after = (budget: Budget, fact: Fact) => worldOf(submitted("a", { budget }), started("a"), fact);

describe("the budget of a task", () => {
  it("counts calls, uncached tokens and money of its sessions", () => {
    const task = taskOf(after({ tokens: 100, toolCalls: 5, usd: 2 }, used(100, 4, 1)), "a");
    expect(spentOf(task)).toMatchObject({ tokens: 100, toolCalls: 4, usd: 1 });
    expect(usedUpBudget(task)).toBe("budget.tokens");
  });

  it.each<[string, Budget, Fact, string | null]>([
    ["a little over", { toolCalls: 10 }, used(0, 14), null],
    ["far over in calls", { toolCalls: 10 }, used(0, 16), "BUDGET_TOOL_CALLS"],
    ["far over in tokens", { tokens: 100 }, used(151, 0), "BUDGET_TOKENS"],
    ["far over in money", { usd: 1 }, used(0, 0, 1.6), "BUDGET_USD"],
    ["without a budget", {}, used(1e9, 1e4, 1e3), null],
  ])("work that is done, %s", (_name, budget, fact, code) => {
    const world = after(budget, fact);
    expect(overrun(taskOf(world, "a"), 1)?.code ?? null).toBe(code);
    const { facts, effects } = decideNow(world);
    if (code === null) expect(effects).toMatchObject([{ kind: "seal" }]);
    else expect(facts).toMatchObject([{ type: "card.opened", failure: { code } }]);
  });

  it("is settled when a person keeps what is there, and begins anew when one grants more", () => {
    for (const [letter, effect] of [
      ["B", "seal"],
      ["A", "start"],
    ]) {
      const world = after({ toolCalls: 10 }, used(0, 16));
      const [opened] = decideNow(world).facts;
      if (opened?.type !== "card.opened") throw new Error("no card");
      pour(world, opened);
      pour(world, {
        type: "card.answered",
        card: opened.card.id,
        task: "a",
        letter: letter ?? "",
        by: "user",
        note: "",
      });
      expect(spentOf(taskOf(world, "a")).toolCalls).toBe(0);
      expect(decideNow(world).effects).toMatchObject([{ kind: effect }]);
    }
  });
});

describe("a meter", () => {
  let dir = "";
  let file = 0;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "cco-meter-"));
    file = openSync(join(dir, "record-1.jsonl"), "a");
  });
  afterEach(() => {
    closeSync(file);
    rmSync(dir, { recursive: true, force: true });
  });

  const marks: MeterMarks = {
    prefix: "record-",
    call: { all: ['"_call"'], none: ["output"] },
    totals: [{ line: '"sums"', at: ["of", "sums"] }],
    model: { line: '"model"', at: ["model"] },
    names: { input: "in", cached: "old", output: "out" },
  };
  // This process holds the record open, as a worker does.
  const self = { pid: process.pid, ppid: 1, group: 1, session: 1, startTime: "1", zombie: false };
  const write = (text: string): void => appendFileSync(file, text);
  const sums = (input: number, old: number, out: number): string =>
    `${JSON.stringify({ of: { sums: { in: input, old, out } } })}\n`;

  it.runIf(process.platform === "linux")("follows the record as it grows, whatever is torn, foreign or smaller", () => {
    const meter = makeMeter(marks, { rates: { m: { input: 1, output: 10 } }, members: () => [self] });
    expect(meter.read(0)).toEqual({ toolCalls: 0, tokens: 0, usd: null });
    write(`${JSON.stringify({ kind: "_call" })}\nnot json "sums"\n${sums(1000, 400, 50).slice(0, 12)}`);
    expect(meter.read(1000)).toMatchObject({ toolCalls: 1, tokens: 0 });
    write(`${sums(1000, 400, 50).slice(12)}${JSON.stringify({ model: "openai/M-2026-01-02" })}\n`);
    expect(meter.read(2000)).toEqual({ toolCalls: 1, tokens: 650, usd: 0.0015 });
    write(`${sums(10, 0, 0)}${JSON.stringify({ kind: "_call", is: "output" })}\n`);
    expect(meter.read(3000)).toMatchObject({ toolCalls: 1, tokens: 650 });
  });

  it("says which part is used up, of how much", () => {
    const reading = { toolCalls: 7, tokens: 900, usd: 0.5 };
    expect(brokenBudget(reading, { toolCalls: { left: 7, of: 7 }, tokens: { left: 900, of: 900 } })).toBeNull();
    expect(brokenBudget(reading, { toolCalls: { left: 6, of: 6 } })).toBe(
      "BUDGET_TOOL_CALLS: 7 tool calls, the budget is 6",
    );
    expect(brokenBudget(reading, { tokens: { left: 100, of: 2000 } })).toBe(
      "BUDGET_TOKENS: 900 uncached input and output tokens in this session, 100 were left of the budget of 2000",
    );
    expect(brokenBudget(reading, { usd: { left: 0.25, of: 0.25 } })).toBe("BUDGET_USD: $0.5, the budget is $0.25");
    expect(brokenBudget({ ...reading, usd: null }, { usd: { left: 0, of: 1 } })).toBeNull();
  });
});
