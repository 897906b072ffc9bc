import { array, assert, boolean, constantFrom, integer, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { spentMs } from "../../src/decide/limits/chunks.ts";
import { stepText } from "../../src/decide/limits/step-reached.ts";
import type { Envelope } from "../../src/model/envelope.ts";
import type { ExitReason } from "../../src/model/outcome.ts";
import { chunked, cut, endOf, left, MINUTE, settle } from "../support/chunks.ts";
import { decideNow, pour, started, submitted, T0, taskOf, worldOf } from "../support/worlds.ts";
import { verifies } from "../requirements.ts";

verifies("A7");

describe("a task that goes on growing", () => {
  const eight = Array.from({ length: 8 }, (_, n) => `t${n + 1}`);

  it("asks after eight sessions; A gives it as many again, with digest and note", () => {
    expect(endOf(chunked(eight.slice(0, 7)))).toBe("queued");
    const world = chunked(eight);
    expect(taskOf(world, "a").state).toMatchObject({
      at: "blocked",
      failure: { code: "TASK_GROWING" },
      card: { tier: "gate", default: "B", context: expect.stringContaining("8 sessions of 25 minutes") },
    });
    const note = "skip the docs";
    pour(world, { type: "card.answered", card: "D-a-1", task: "a", letter: "A", by: "user", note });
    expect(taskOf(world, "a")).toMatchObject({
      state: { at: "queued", feedback: { from: "chunk", text: "digest of t8", before: { from: "user", text: note } } },
      chunks: { line: 9, breaks: 0 },
    });
    for (let attempt = 9; attempt <= 16; attempt += 1) {
      pour(world, started("a", attempt));
      pour(world, cut(attempt, "soft-limit", { left: left(`t${attempt}`) }));
      settle(world);
    }
    expect(taskOf(world, "a").state).toMatchObject({ at: "blocked", card: { id: "D-a-2" } });
  });

  it("stops when the card says so, or nobody answers", () => {
    const world = chunked(eight);
    settle(world, T0 + 25 * 3_600_000);
    expect(endOf(world)).toBe("TASK_GROWING");
  });

  it("may have as many sessions as its minutes have room for", () => {
    const world = worldOf(submitted("a", { budget: { minutes: 1000 } }));
    for (let attempt = 1; attempt <= 30; attempt += 1) {
      pour(world, started("a", attempt));
      pour(world, cut(attempt, "soft-limit", { left: left(`t${attempt}`) }));
      settle(world);
    }
    expect(endOf(world)).toBe("queued");
  });
});

describe("budget.minutes", () => {
  it("is for all sessions together and ends the task at the step it was at", () => {
    const plan = left("t2", { completed: ["one"], open: ["two", "three"] });
    const world = worldOf(submitted("a", { budget: { minutes: 50 } }), started("a"));
    pour(world, cut(1, "soft-limit", { left: left("t1") }));
    settle(world);
    pour(world, started("a", 2));
    pour(world, cut(2, "soft-limit", { left: plan }));
    settle(world);
    expect(taskOf(world, "a").state).toMatchObject({
      at: "blocked",
      failure: {
        code: "BUDGET_MINUTES",
        message: expect.stringMatching(/^budget exhausted at step 2 of 3: 50 minutes/),
      },
    });
  });

  it.each<[Partial<Envelope["budget"]>, number, string]>([
    [{ toolCalls: 5 }, 6, " at step 5 of 5 (tool calls)"],
    [{ toolCalls: 40 }, 6, " at step 6 of 40 (tool calls)"],
    [{ tokens: 10 }, 90, " at step 90 of 90 (tool calls)"],
    [{ tokens: 10 }, 0, ""],
  ])("without a plan the steps are tool calls: budget %j after %i calls", (budget, toolCalls, text) => {
    const world = worldOf(submitted("a", { budget }), started("a"));
    pour(world, cut(1, "budget", { toolCalls }));
    expect(stepText(taskOf(world, "a"), null)).toBe(text);
  });

  it("ends the task when the supervisor saw it run out", () => {
    const world = worldOf(submitted("a", { budget: { minutes: 5 } }), started("a"));
    pour(world, cut(1, "budget", { minutes: 5, left: left("t", { completed: [], open: ["one"] }) }));
    settle(world);
    expect(taskOf(world, "a").state).toMatchObject({ failure: { code: "BUDGET_MINUTES" } });
    expect(JSON.stringify(taskOf(world, "a").state)).toContain("at step 1 of 1");
  });

  it("leaves no fresh attempt when it is used up, and says so", () => {
    const world = worldOf(submitted("a", { budget: { minutes: 20 } }), started("a"), cut(1, "silent", { minutes: 21 }));
    settle(world);
    expect(taskOf(world, "a").state).toMatchObject({
      failure: { code: "CODEX_SILENT", message: expect.stringContaining("budget.minutes is used up") },
    });
  });

  it("counts working time only, since a person last opened the task, and not a night without power", () => {
    const world = worldOf(submitted("a"), started("a"), cut(1, "soft-limit", { left: left("t"), minutes: 25 }));
    settle(world);
    pour(world, started("a", 2));
    pour(world, cut(2, "lost", { minutes: 600 }));
    expect(spentMs(taskOf(world, "a"))).toBe(25 * MINUTE);
    settle(world);
    pour(world, { type: "task.ended", task: "a", status: "failed", failure: null, summary: "" });
    pour(world, { type: "task.reopened", task: "a", feedback: null, by: "user" });
    expect(spentMs(taskOf(world, "a"))).toBe(0);
  });
});

it("comes to rest however its sessions end, with a bounded number of them", () => {
  const end = record({
    reason: constantFrom<ExitReason>("soft-limit", "soft-limit", "soft-limit", "lost", "silent", "signal"),
    moved: boolean(),
    minutes: integer({ min: 1, max: 30 }),
  });
  assert(
    property(array(end, { minLength: 1, maxLength: 20 }), constantFrom(undefined, 10, 60, 90), (ends, minutes) => {
      const world = worldOf(submitted("a", { budget: minutes === undefined ? {} : { minutes } }));
      let now = T0;
      let attempt = 0;
      for (;;) {
        settle(world, now);
        const { state } = taskOf(world, "a");
        if (state.at === "ended" || state.at === "blocked") break;
        const { effects, wakeAtMs } = decideNow(world, now);
        if (effects.length === 0) now = Math.max(now + 1, wakeAtMs ?? now);
        else {
          attempt += 1;
          // Eight chunks, in front of each three failures of the provider, whose count begins anew with progress; six losses.
          expect(attempt).toBeLessThanOrEqual(8 * (1 + 3) + 6);
          const {
            reason,
            moved,
            minutes: took,
          } = ends[attempt % ends.length] ?? { reason: "lost", moved: true, minutes: 1 };
          pour(world, started("a", attempt), now);
          pour(world, cut(attempt, reason, { left: left(moved ? `t${attempt}` : "t"), minutes: took }), now);
        }
      }
      const budget = minutes === undefined ? Infinity : minutes * MINUTE;
      expect(spentMs(taskOf(world, "a"))).toBeLessThan(budget + 30 * MINUTE);
    }),
    { numRuns: 300 },
  );
});
