import { describe, expect, it } from "vitest";
import type { Fact } from "../../src/model/record.ts";
import type { World } from "../../src/model/task.ts";
import {
  CANDIDATE,
  decideNow,
  failure,
  outcome,
  pour,
  started,
  submitted,
  T0,
  taskOf,
  worldOf,
} from "../support/worlds.ts";
import { verifies } from "../requirements.ts";
import { NO_USAGE } from "../../src/model/outcome.ts";

const ended: Fact = { type: "attempt.ended", task: "a", attempt: 1, outcome: outcome() };
const sealed: Fact = { type: "candidate.sealed", task: "a", attempt: 1, candidate: CANDIDATE, failure: null };
const green: Fact = {
  type: "verification.ended",
  task: "a",
  attempt: 1,
  commit: CANDIDATE.commit,
  results: [],
  failure: null,
};
const reviewed: Fact = {
  type: "review.ended",
  task: "a",
  attempt: 1,
  round: null,
  feedback: null,
  usage: NO_USAGE,
  failure: null,
};
const merging: Fact = { type: "merge.started", task: "a", attempt: 1, commit: CANDIDATE.commit };

function merged(): Fact {
  const result = { kind: "merged", commit: CANDIDATE.commit, branch: "main" } as const;
  return { type: "merge.ended", task: "a", attempt: 1, outcome: result, candidate: null, results: [] };
}

function effects(world: World, nowMs = T0): string[] {
  return decideNow(world, nowMs).effects.map((effect) => `${effect.kind} ${effect.task.id}`);
}

function facts(world: World, nowMs = T0): readonly Fact[] {
  return decideNow(world, nowMs).facts;
}

describe("the main line", () => {
  verifies("E1", "E2", "K6");
  it.each<[string, Fact[], string]>([
    ["a submitted task is started", [submitted("a")], "start a"],
    ["a started attempt is under way", [submitted("a"), started("a")], "attempt a"],
    ["a green attempt is sealed", [submitted("a"), started("a"), ended], "seal a"],
    ["a sealed change is verified", [submitted("a"), started("a"), ended, sealed], "verify a"],
    ["a verified change is reviewed", [submitted("a"), started("a"), ended, sealed, green], "review a"],
    [
      "a merge that was written down is done",
      [submitted("a"), started("a"), ended, sealed, green, reviewed, merging],
      "merge a",
    ],
  ])("%s", (_name, history, effect) => {
    expect(effects(worldOf(...history))).toEqual([effect]);
  });

  it("writes the intent to merge down before it merges", () => {
    const world = worldOf(submitted("a"), started("a"), ended, sealed, green, reviewed);
    expect(facts(world)).toMatchObject([{ type: "merge.started", task: "a" }]);
    expect(effects(world)).toEqual([]);
  });

  it("accepts what was merged", () => {
    const world = worldOf(submitted("a"), started("a"), ended, sealed, green, reviewed, merging, merged());
    expect(facts(world)).toMatchObject([{ type: "task.ended", status: "accepted", failure: null, summary: "did it" }]);
  });

  it("skips the review only when it was asked to", () => {
    const world = worldOf(submitted("a", {}, { review: false }), started("a"), ended, sealed, green);
    expect(facts(world)).toMatchObject([{ type: "merge.started" }]);
  });

  it("merges one task at a time", () => {
    const world = worldOf(submitted("a"), started("a"), ended, sealed, green, reviewed, submitted("b"), started("b"));
    for (const fact of [ended, sealed, green, reviewed]) pour(world, { ...fact, task: "b" });
    expect(facts(world)).toMatchObject([{ type: "merge.started", task: "a" }]);
    pour(world, merging);
    expect(facts(world)).toEqual([]);
  });
});

describe("failures", () => {
  const at = (failed: Fact): World => worldOf(submitted("a"), started("a"), failed);
  it.each([
    ["VERIFY_FAILED", "logic", "retry.decided"],
    ["CODEX_UNAVAILABLE", "transient", "retry.decided"],
    ["CODEX_AUTH", "auth", "task.parked"],
    ["CODEX_NO_SIDECAR", "logic", "retry.decided"],
    ["CODEX_CONTEXT_OVERFLOW", "request", "retry.decided"],
    ["CODEX_BAD_REQUEST", "request", "task.ended"],
    ["SANDBOX_BROKEN", "environment", "task.ended"],
    ["REPORT_FAILED", "logic", "task.ended"],
    ["REPORT_BLOCKED", "logic", "card.opened"],
    ["REVIEW_UNAVAILABLE", "environment", "card.opened"],
  ])("%s (%s) leads to %s", (code, kind, type) => {
    expect(
      facts(at({ type: "attempt.ended", task: "a", attempt: 1, outcome: outcome(failure(code, kind)) })),
    ).toMatchObject([{ type }]);
  });

  it("a red check gets one fresh attempt with the output as feedback; the third red one in all is a person's", () => {
    const tail = "AssertionError: 1 !== 2";
    const result = {
      criterion: "c",
      command: "npm test",
      kind: "failed",
      exitCode: 1,
      durationMs: 1,
      tail,
      log: "l",
    } as const;
    const red = (attempt: number): Fact => ({
      type: "verification.ended",
      task: "a",
      attempt,
      commit: CANDIDATE.commit,
      results: [result],
      failure: failure("VERIFY_FAILED", "logic"),
    });
    const world = worldOf(submitted("a"), started("a"), ended, sealed, red(1));
    const [retry] = facts(world);
    expect(retry).toMatchObject({ type: "retry.decided", feedback: { from: "verification" } });
    expect(JSON.stringify(retry)).toContain(tail);
    const again = (attempt: number): void => {
      for (const fact of facts(world)) pour(world, fact);
      for (const fact of [started("a", attempt), { ...ended, attempt }, { ...sealed, attempt }, red(attempt)])
        pour(world, fact);
    };
    again(2);
    expect(facts(world)).toMatchObject([{ type: "task.ended", status: "failed", failure: { code: "VERIFY_FAILED" } }]);
    for (const fact of facts(world)) pour(world, fact);
    pour(world, { type: "task.reopened", task: "a", feedback: null, by: "user" });
    again(3);
    expect(facts(world)).toMatchObject([
      { type: "card.opened", card: { tier: "gate", default: "B" }, failure: { code: "VERIFY_FAILED" } },
    ]);
    for (const fact of facts(world)) pour(world, fact);
    expect(taskOf(world, "a").tried.map(({ what }) => what)).toEqual(
      expect.arrayContaining([
        "VERIFY_FAILED: a fresh session that is told what was wrong",
        expect.stringContaining("failed 3 times by its own work"),
      ]),
    );
  });

  it("an unanswered card takes its default at the deadline", () => {
    const world = at({
      type: "attempt.ended",
      task: "a",
      attempt: 1,
      outcome: outcome(failure("REPORT_BLOCKED", "logic")),
    });
    for (const fact of facts(world)) pour(world, fact);
    expect(facts(world)).toEqual([]);
    const later = T0 + 24 * 3_600_000;
    expect(decideNow(world).wakeAtMs).toBe(later);
    const answers = facts(world, later);
    expect(answers).toMatchObject([{ type: "card.answered", letter: "B", by: "deadline" }]);
    for (const fact of answers) pour(world, fact, later);
    expect(facts(world, later)).toMatchObject([
      { type: "task.ended", status: "failed", failure: { code: "REPORT_BLOCKED" } },
    ]);
  });

  it("a review that could not be had is never skipped in silence; B accepts without it", () => {
    const world = worldOf(submitted("a"), started("a"), ended, sealed, green);
    pour(world, { ...reviewed, failure: failure("REVIEW_UNAVAILABLE", "environment") });
    const [opened] = facts(world);
    expect(opened).toMatchObject({ type: "card.opened" });
    if (opened !== undefined) pour(world, opened);
    pour(world, { type: "card.answered", card: "D-a-1", task: "a", letter: "A", by: "user", note: "" });
    expect(effects(world)).toEqual(["review a"]);
    pour(world, { ...reviewed, failure: failure("REVIEW_UNAVAILABLE", "environment") });
    for (const fact of facts(world)) pour(world, fact);
    pour(world, { type: "card.answered", card: "D-a-2", task: "a", letter: "B", by: "user", note: "" });
    expect(facts(world)).toMatchObject([{ type: "merge.started" }]);
  });
});

describe("several tasks", () => {
  verifies("A8");
  it("starts at most the cap, in order, and names the slot for the rest", () => {
    const world = worldOf(submitted("a"), submitted("b"), submitted("c"), submitted("d"));
    expect(effects(world)).toEqual(["start a", "start b", "start c"]);
    expect(decideNow(world).waiting.get("d")).toMatchObject({ for: "slot" });
    pour(world, started("a"));
    expect(effects(world)).toEqual(["attempt a", "start b", "start c"]);
  });

  it("a failed task pauses its dependents and theirs, with the reason", () => {
    const world = worldOf(
      submitted("a"),
      submitted("b", { after: ["a"] }),
      submitted("c", { after: ["b"] }),
      submitted("d"),
    );
    expect(effects(world)).toEqual(["start a", "start d"]);
    pour(world, {
      type: "task.ended",
      task: "a",
      status: "failed",
      failure: failure("VERIFY_FAILED", "logic"),
      summary: "",
    });
    const { waiting } = decideNow(world);
    expect(waiting.get("b")).toEqual({ for: "deps", detail: "a failed", paused: true });
    expect(waiting.get("c")).toMatchObject({ for: "deps", paused: true });
    pour(world, { type: "task.reopened", task: "a", feedback: null, by: "user" });
    expect(decideNow(world).waiting.get("b")).toMatchObject({ paused: false });
  });

  it("a dependent starts when what it waits for was accepted", () => {
    const world = worldOf(submitted("a"), submitted("b", { after: ["a"] }));
    pour(world, { type: "task.ended", task: "a", status: "accepted", failure: null, summary: "" });
    expect(effects(world)).toEqual(["start b"]);
  });

  it("the local lane has one task at a time", () => {
    const world = worldOf(submitted("a", {}, { lane: "local" }), submitted("b", {}, { lane: "local" }), submitted("c"));
    expect(effects(world)).toEqual(["start a", "start c"]);
  });
});

describe("cancel", () => {
  const cancel: Fact = { type: "cancel.requested", task: "a", by: "user" };
  it("stops a running attempt first, then ends the task", () => {
    const world = worldOf(submitted("a"), started("a"), cancel);
    expect(effects(world)).toEqual(["stop a"]);
    pour(world, ended);
    expect(facts(world)).toMatchObject([
      { type: "task.ended", status: "cancelled", failure: { code: "TASK_CANCELLED" } },
    ]);
  });

  it("ends a waiting task at once and leaves a merge that began alone", () => {
    expect(facts(worldOf(submitted("a"), cancel))).toMatchObject([{ type: "task.ended", status: "cancelled" }]);
    const world = worldOf(submitted("a"), started("a"), ended, sealed, green, reviewed, merging, cancel);
    expect(effects(world)).toEqual(["merge a"]);
    pour(world, merged());
    expect(facts(world)).toMatchObject([{ type: "task.ended", status: "accepted" }]);
  });
});

describe("the fold", () => {
  it("ignores facts that do not fit the state of their task", () => {
    const world = worldOf(submitted("a"));
    const before = taskOf(world, "a");
    for (const fact of [ended, sealed, green, reviewed, merging, merged()]) pour(world, fact);
    expect(taskOf(world, "a")).toEqual(before);
  });

  it("adds the usage of every attempt up", () => {
    const world = worldOf(submitted("a"), started("a"), ended);
    pour(world, {
      type: "retry.decided",
      task: "a",
      notBefore: new Date(T0).toISOString(),
      feedback: null,
      cause: "X",
      why: "",
    });
    pour(world, started("a", 2));
    pour(world, { ...ended, attempt: 2 });
    expect(taskOf(world, "a").usage).toMatchObject({ inputTokens: 20, outputTokens: 2 });
  });
});
