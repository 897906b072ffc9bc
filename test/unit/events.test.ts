import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { writtenAnswer } from "../../src/decide/cards/card-answer.ts";
import { countTask, escalationRate } from "../../src/decide/cards/escalation.ts";
import { applyRecord } from "../../src/decide/fold.ts";
import { allowedMs } from "../../src/decide/limits/overdue.ts";
import { TOPIC_POLICY } from "../../src/decide/events/tiers.ts";
import { createOverdueWatch } from "../../src/engine/events/overdue.ts";
import { DEFAULT_CONFIG } from "../../src/model/config.ts";
import { noticesSchema, type WeekTally } from "../../src/model/event.ts";
import type { Fact } from "../../src/model/record.ts";
import { verifies } from "../requirements.ts";
import { failure, outcome, submitted, started, T0, taskOf, worldOf } from "../support/worlds.ts";

const lines = (...facts: readonly Fact[]): string[] => worldOf(...facts).notices.events.map((event) => event.line);

describe("events", () => {
  verifies("D2", "B2");
  it("follow from the journal alone, with numbers that stay", () => {
    const facts = [submitted("a"), started("a", 1), ended("a", 1, outcome())];
    expect(worldOf(...facts).notices).toEqual(worldOf(...facts).notices);
    expect(worldOf(...facts).notices.events.map((event) => event.id)).toEqual(["2-1"]);
    expect(noticesSchema.parse(worldOf(...facts).notices)).toEqual(worldOf(...facts).notices);
  });

  it("say how far a worker is, once for each step, in order", () => {
    const step = (k: number, n: number): Fact => ({
      type: "step.reached",
      task: "a",
      attempt: 1,
      k,
      n,
      of: 3,
      text: "x",
    });
    expect(lines(submitted("a"), started("a", 1), step(1, 1), step(2, 2), step(2, 2), step(1, 1))).toEqual([
      "Task a running: attempt 1",
      "Task a running: step 1 of 3 (x)",
      "Task a running: step 2 of 3 (x)",
    ]);
  });

  it("name a failure and what is there of the work", () => {
    const step: Fact = { type: "step.reached", task: "a", attempt: 1, k: 1, n: 2, of: 5, text: "x" };
    const end: Fact = { type: "task.ended", task: "a", status: "failed", failure: null, summary: "VERIFY_FAILED: red" };
    expect(lines(submitted("a"), started("a", 1), step, end).at(-1)).toBe(
      "Task a FAILED: VERIFY_FAILED: red. Partial: at step 2 of 5",
    );
  });

  it("tell once that a budget is nearly used up", () => {
    const near = { ...outcome(failure("VERIFY_FAILED", "logic")), usage: { ...outcome().usage, inputTokens: 90 } };
    const told = lines(submitted("a", { budget: { tokens: 100 } }), started("a", 1), ended("a", 1, near));
    expect(told.at(-1)).toBe("Task a has used 91 % of its budget (91 tokens)");
  });

  it("are kept within a bound, however long the history is", () => {
    const world = worldOf(submitted("a"), started("a", 1));
    for (let k = 1; k < 2000; k += 1) {
      const fact: Fact = { type: "step.reached", task: "a", attempt: 1, k, n: 1, of: 2, text: "x".repeat(500) };
      applyRecord(world, { v: 1, seq: 10 + k, at: new Date(T0).toISOString(), fact });
    }
    expect(world.notices.events.length).toBeLessThanOrEqual(256);
    expect(world.notices.events.at(-1)?.id).toBe("2009-1");
  });

  it("tell once that the breaker turned, and that a task was parked", () => {
    const turn = (open: boolean): Fact => ({ type: "breaker.turned", open, why: "CODEX_RATE_LIMITED 3 times" });
    expect(lines(turn(false), turn(true), turn(true), turn(false))).toEqual([
      "The breaker opened, workers wait: CODEX_RATE_LIMITED 3 times",
      "The breaker closed, workers start again",
    ]);
  });

  it("are told in three tiers", () => {
    const tiers = Object.entries(TOPIC_POLICY).map(([topic, { tier }]) => `${tier} ${topic}`);
    expect(tiers.filter((line) => line.startsWith("gate"))).toEqual(["gate card.opened"]);
    expect(tiers).toEqual(
      expect.arrayContaining(["notify phase.done", "notify cost.near-limit", "notify task.failed"]),
    );
  });
});

const ended = (task: string, attempt: number, result: ReturnType<typeof outcome>): Fact => ({
  type: "attempt.ended",
  task,
  attempt,
  outcome: result,
});

describe("a task that is not heard of", () => {
  verifies("D2");
  it("is told once, and only when the engine has looked on all the time", () => {
    const world = worldOf(submitted("a"), started("a", 1));
    const limitMs = allowedMs(taskOf(world, "a"), DEFAULT_CONFIG) ?? 0;
    const watch = createOverdueWatch();
    // A machine that slept for a day.
    expect(watch.look(world, DEFAULT_CONFIG, 0)).toEqual([]);
    expect(watch.look(world, DEFAULT_CONFIG, 86_400_000)).toEqual([]);
    let told = 0;
    for (let ms = 0; ms < 2 * limitMs; ms += 10_000) told += watch.look(world, DEFAULT_CONFIG, 86_400_000 + ms).length;
    expect(told).toBe(1);
    expect(limitMs).toBeGreaterThan(DEFAULT_CONFIG.worker.hardMinutes * 60_000);
  });
});

describe("the escalation rate", () => {
  verifies("B4");
  const at = (week: number): string => new Date(Date.UTC(2026, 0, 5 + 7 * week)).toISOString();
  const task = taskOf(worldOf(submitted("a")), "a");

  it("counts a task once, and as gated however late its card comes", () => {
    const weeks: WeekTally[] = [];
    const first = countTask(weeks, task, at(0), false);
    expect(weeks).toEqual([{ week: "2026-W02", tasks: 1, gated: 0 }]);
    const gated = countTask(weeks, first, at(1), true);
    expect(countTask(weeks, gated, at(2), true)).toBe(gated);
    expect(weeks).toEqual([{ week: "2026-W02", tasks: 1, gated: 1 }]);
  });

  it.each([
    [0, 20, "low"],
    [1, 20, "below-target"],
    [2, 20, "on-target"],
    [3, 20, "on-target"],
    [5, 20, "above-target"],
    [6, 20, "high"],
  ])("names %i of %i", (gated, tasks, verdict) => {
    expect(escalationRate([{ week: "2026-W02", tasks, gated }], at(0))).toMatchObject({ verdict, rate: gated / tasks });
  });

  it("knows the weeks of the calendar", () => {
    for (const [day, week] of [
      ["2026-01-01", "2026-W01"],
      ["2027-01-01", "2026-W53"],
      ["2024-12-30", "2025-W01"],
      ["2026-11-22", "2026-W47"],
    ] as const)
      expect(escalationRate([], `${day}T12:00:00Z`)).toMatchObject({ week, verdict: "none", rate: null });
  });
});

describe("an answer in a card's file", () => {
  verifies("B3");
  const file = (...head: readonly string[]): string => `---\ncard: D-a-1\n${head.join("\n")}\n---\nanswer: C\n`;
  it.each([
    [["answer:"], null],
    [["answer: ~"], null],
    [["# answer: A", "answer:   # a letter"], null],
    [["answer: b", "note:"], { letter: "B", note: "" }],
    [['answer: "A"  # this', "note: 'use v2' # yes"], { letter: "A", note: "use v2" }],
    [["Answer:A\r", "note: see issue #4\r"], { letter: "A", note: "see issue #4" }],
    [["answer: A", "note: |", "  two", "  lines", "x: y"], { letter: "A", note: "two\nlines" }],
    [["answer: maybe B?"], { letter: "MAYBE B?", note: "" }],
  ])("is read as people write it: %j", (head, written) => {
    expect(writtenAnswer(file(...head))).toEqual(written);
  });

  it("is never found in a text without front matter, and nothing breaks it", () => {
    expect(writtenAnswer("answer: A\n")).toBeNull();
    fc.assert(fc.property(fc.string(), (text) => void writtenAnswer(`---\n${text}\n---\n`)));
  });
});
