import { describe, expect, it } from "vitest";
import { openMemoryBoard } from "../../src/blackboard/memory-board.ts";
import { makeMemoryDisk } from "../../src/blackboard/memory-disk.ts";
import { checkpointOf, describeCheckpoint } from "../../src/decide/checkpoint.ts";
import { createCheckpoints, readCheckpoint } from "../../src/engine/checkpoints.ts";
import { checkpointSchema } from "../../src/model/checkpoint.ts";
import type { Envelope } from "../../src/model/envelope.ts";
import { NO_USAGE } from "../../src/model/outcome.ts";
import type { Fact } from "../../src/model/record.ts";
import type { World } from "../../src/model/task.ts";
import { cut, left, settle } from "../support/chunks.ts";
import { pretendMachine } from "../support/pretend-machine.ts";
import { CANDIDATE, outcome, pour, started, submitted, taskOf, worldOf } from "../support/worlds.ts";
import { verifies } from "../requirements.ts";

verifies("C6");

const ROOT = "/w";
const plan = { completed: ["read the inputs", "After the unit tests pass"], open: ["write the docs"] };
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

function brokenOff(envelope: Partial<Envelope> = {}): World {
  const world = worldOf(submitted("a", envelope), started("a"), cut(1, "soft-limit", { left: left("t1", plan) }));
  settle(world);
  return world;
}

describe("what a checkpoint says", () => {
  it("at a chunk break: steps, next, digest, cost and what has to be there", () => {
    const world = brokenOff({ checkpoint: "after the unit tests pass." });
    const checkpoint = checkpointOf(taskOf(world, "a"), ROOT);
    expect(checkpointSchema.parse(checkpoint)).toEqual({
      v: 1,
      task: "a",
      attempt: 1,
      phase: "working",
      step: "attempt 1, chunk 1, 2 of 3 steps",
      completed: ["checkpoint: After the unit tests pass", "read the inputs"],
      next: "write the docs",
      artifacts: [
        { path: "a", commit: CANDIDATE.base },
        { path: "tasks/a/attempts/01/digest.md" },
        { path: "tasks/a/attempts/01/outcome.json" },
      ],
      digest: "digest of t1",
      cost: { inputTokens: 10, cachedInputTokens: 0, outputTokens: 1, usd: 0 },
      updatedAt: taskOf(world, "a").updatedAt,
    });
  });

  it.each<[string, Fact[], string | null]>([
    ["nothing before the first attempt", [], null],
    ["the one before stays while an attempt runs", [started("a")], null],
    ["before the checks", [started("a"), ended, sealed], "verifying"],
    ["before the review", [started("a"), ended, sealed, green], "reviewing"],
    ["before the merge", [started("a"), ended, sealed, green, reviewed, merging], "merging"],
  ])("%s", (_name, facts, phase) => {
    const checkpoint = checkpointOf(taskOf(worldOf(submitted("a"), ...facts), "a"), ROOT);
    expect(checkpoint?.phase ?? null).toBe(phase);
    if (checkpoint !== null) {
      expect(checkpoint).toMatchObject({ digest: null, completed: ["did it"], step: "attempt 1, chunk 1" });
      expect(checkpoint.artifacts[0]).toEqual({ path: "a", commit: CANDIDATE.commit });
    }
  });

  it("goes straight to the review when there is nothing to check", () => {
    const world = worldOf(submitted("a", { acceptance: [{ text: "it reads well" }] }), started("a"), ended, sealed);
    expect(checkpointOf(taskOf(world, "a"), ROOT)?.phase).toBe("reviewing");
  });

  it("in words", () => {
    const checkpoint = checkpointOf(taskOf(brokenOff(), "a"), ROOT);
    if (checkpoint === null) throw new Error("there is none");
    expect(describeCheckpoint(checkpoint, [])).toBe(
      "a was before working (attempt 1, chunk 1, 2 of 3 steps, done: read the inputs; After the unit tests pass); everything it needs is there; next: write the docs",
    );
    expect(describeCheckpoint(checkpoint, ["worktrees/a"])).toContain("missing: worktrees/a; next");
  });
});

describe("the file", () => {
  function boardOn(disk = makeMemoryDisk()) {
    const machine = pretendMachine();
    return { disk, board: openMemoryBoard(disk, { identity: machine.start() }) };
  }
  const FILE = "tasks/a/checkpoint.json";

  it("is one per task: written once, rewritten at the next phase, gone when the task has ended", async () => {
    const { disk, board } = boardOn();
    const checkpoints = createCheckpoints(board);
    const world = worldOf(submitted("a"), started("a"));
    expect(checkpoints.due(world)).toEqual([]);
    for (const fact of [ended, sealed]) pour(world, fact);
    await checkpoints.write(checkpoints.due(world));
    expect(await readCheckpoint(board, "a")).toMatchObject({ phase: "verifying" });
    expect(checkpoints.due(world)).toEqual([]);
    for (const fact of [green, reviewed, merging]) pour(world, fact);
    await checkpoints.write(checkpoints.due(world));
    expect(await readCheckpoint(board, "a")).toMatchObject({ phase: "merging" });
    pour(world, { type: "task.ended", task: "a", status: "accepted", failure: null, summary: "" });
    await checkpoints.write(checkpoints.due(world));
    expect(disk.files.has(FILE)).toBe(false);
    expect(checkpoints.due(world)).toEqual([]);
  });

  it("stays from the break until the next chunk has reached something, and an engine that died leaves none behind", async () => {
    const { disk, board } = boardOn();
    const world = brokenOff();
    const first = createCheckpoints(board);
    await first.write(first.due(world));
    pour(world, started("a", 2));
    expect(first.due(world)).toEqual([]);
    expect(disk.files.get(FILE)).toContain("digest of t1");
    pour(world, { type: "task.ended", task: "a", status: "failed", failure: null, summary: "" });
    const second = createCheckpoints(boardOn(disk).board);
    await second.write(second.due(world));
    expect(disk.files.has(FILE)).toBe(false);
  });

  it("is not taken for written when it could not be", async () => {
    const { disk, board } = boardOn();
    const checkpoints = createCheckpoints(board);
    const world = brokenOff();
    disk.failNextWrites(1, "ENOSPC");
    await expect(checkpoints.write(checkpoints.due(world))).rejects.toMatchObject({ code: "BOARD_WRITE" });
    expect(checkpoints.due(world)).toHaveLength(1);
  });

  it.each(["", "{", '{"v":2}', "[]"])("that cannot be read is none: %s", async (text) => {
    const { disk, board } = boardOn();
    disk.files.set(FILE, text);
    expect(await readCheckpoint(board, "a")).toBeNull();
  });
});
