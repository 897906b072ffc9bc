import { describe, expect, it } from "vitest";
import type { Leftover } from "../../src/model/leftover.ts";
import type { ExitReason } from "../../src/model/outcome.ts";
import type { Fact } from "../../src/model/record.ts";
import { cut, chunked, endOf, left, settle } from "../support/chunks.ts";
import {
  CANDIDATE,
  decideNow,
  failure,
  outcome,
  pour,
  started,
  submitted,
  taskOf,
  worldOf,
} from "../support/worlds.ts";
import { verifies } from "../requirements.ts";

verifies("A7");

describe("a session that ends at the soft limit", () => {
  it("is a chunk: the next one starts at once from its digest, and no retry is spent", () => {
    const world = worldOf(submitted("a"), started("a"), cut(1, "soft-limit", { left: left("t1") }));
    expect(decideNow(world).facts).toEqual([
      {
        type: "chunk.ended",
        task: "a",
        attempt: 1,
        chunk: 1,
        progress: true,
        feedback: { from: "chunk", text: "digest of t1" },
      },
    ]);
    settle(world);
    expect(decideNow(world).effects).toMatchObject([{ kind: "start" }]);
    expect(taskOf(world, "a")).toMatchObject({ retries: {}, chunks: { line: 2, breaks: 1, idle: 0 } });
  });

  it("is counted until the work gets a verdict; a fix is a new line of work", () => {
    const world = chunked(["t1", "t2"]);
    pour(world, started("a", 3));
    expect(taskOf(world, "a").chunks.line).toBe(3);
    pour(world, { type: "attempt.ended", task: "a", attempt: 3, outcome: outcome() });
    pour(world, { type: "candidate.sealed", task: "a", attempt: 3, candidate: CANDIDATE, failure: null });
    expect(taskOf(world, "a").chunks.line).toBe(3);
    const red = failure("VERIFY_FAILED", "logic");
    pour(world, { type: "verification.ended", task: "a", attempt: 3, commit: "c", results: [], failure: red });
    settle(world);
    pour(world, started("a", 4));
    expect(taskOf(world, "a")).toMatchObject({ chunks: { line: 1, breaks: 2 }, left: null });
  });

  it("passes on what its line of work was told at the beginning, however often it is cut", () => {
    const world = worldOf(submitted("a"), started("a"));
    pour(world, { type: "attempt.ended", task: "a", attempt: 1, outcome: outcome() });
    const scope = failure("SCOPE_VIOLATION", "logic");
    pour(world, { type: "candidate.sealed", task: "a", attempt: 1, candidate: CANDIDATE, failure: scope });
    const [retry] = settle(world);
    const told = retry?.type === "retry.decided" ? retry.feedback : null;
    expect(told?.from).toBe("scope");
    for (const [attempt, reason] of [
      [2, "soft-limit"],
      [3, "lost"],
      [4, "soft-limit"],
    ] as const) {
      const state = taskOf(world, "a").state;
      const feedback = state.at === "queued" ? state.feedback : null;
      pour(world, { ...started("a", attempt), feedback } as Fact);
      pour(world, cut(attempt, reason, { left: left(`t${attempt}`) }));
      settle(world);
      const next = taskOf(world, "a").state;
      expect(next).toMatchObject({
        at: "queued",
        feedback: { from: reason === "lost" ? "interrupted" : "chunk", before: told },
      });
      expect(JSON.stringify(next)).toContain(`digest of t${attempt}`);
    }
  });

  it("goes on without a digest when nothing could be read", () => {
    const world = worldOf(submitted("a"), started("a"), cut(1, "soft-limit"));
    expect(settle(world)).toMatchObject([{ type: "chunk.ended", progress: true, feedback: { from: "chunk" } }]);
  });

  it("is ended like any other when the task is cancelled", () => {
    const world = worldOf(submitted("a"), started("a"), { type: "cancel.requested", task: "a", by: "user" });
    pour(world, cut(1, "soft-limit", { left: left("t1") }));
    settle(world);
    expect(endOf(world)).toBe("TASK_CANCELLED");
  });
});

describe("two sessions in a row that move nothing", () => {
  const steps = (completed: string[]) => left("same", { completed, open: ["more"] });
  it.each<[string, Leftover[], string | undefined]>([
    ["nothing was ever changed", [left(""), left("")], "CODEX_NO_PROGRESS"],
    ["the second and third changed nothing", [left("t"), left("t"), left("t")], "CODEX_NO_PROGRESS"],
    ["one changed nothing", [left("t"), left("t"), left("u"), left("u")], "queued"],
    ["the plan moved on", [steps(["one"]), steps(["one", "two"]), steps(["three"])], "queued"],
    ["the plan stood still", [steps(["one"]), steps(["one"]), steps([])], "CODEX_NO_PROGRESS"],
    ["the work tree could not be read", [1, 2, 3].map(() => ({ ...left("x"), tree: null })), "queued"],
  ])("%s: %#", (_name, lefts, end) => {
    const world = worldOf(submitted("a"));
    for (const [index, what] of lefts.entries()) {
      pour(world, started("a", index + 1));
      pour(world, cut(index + 1, "soft-limit", { left: what }));
      settle(world);
    }
    expect(endOf(world)).toBe(end);
    const { state } = taskOf(world, "a");
    if (state.at === "ended")
      expect(state.failure).toMatchObject({ evidence: expect.stringMatching(/attempts\/0\d\/digest\.md$/) });
  });
});

describe("a session that was cut off", () => {
  it.each<ExitReason>(["lost", "silent", "signal"])("%s: the next one is told what is there", (reason) => {
    const world = worldOf(submitted("a"), started("a"), cut(1, reason, { left: left("t1"), minutes: 1 }));
    settle(world);
    const { state, chunks } = taskOf(world, "a");
    expect(state).toMatchObject({ at: "queued", feedback: { from: "interrupted" } });
    expect(JSON.stringify(state)).toMatch(/cut off \(CODEX_\w+\).*digest of t1/);
    expect(chunks).toMatchObject({ line: 1, breaks: 0 });
  });

  it("is gone on with after cco retry too, whatever had ended the task", () => {
    const world = worldOf(submitted("a"), started("a"), cut(1, "deadline", { left: left("t1") }));
    pour(world, { type: "task.ended", task: "a", status: "failed", failure: null, summary: "" });
    const feedback = { from: "user", text: "use the other API" } as const;
    pour(world, { type: "task.reopened", task: "a", feedback, by: "user" });
    expect(taskOf(world, "a").state).toMatchObject({
      feedback: { from: "chunk", text: "digest of t1", before: feedback },
    });
  });
});
