import { describe, expect, it } from "vitest";
import { decide } from "../../src/decide/decide.ts";
import type { BreakerLook } from "../../src/model/breaker.ts";
import { DEFAULT_CONFIG } from "../../src/model/config.ts";
import { deadLetterSchema } from "../../src/model/dead-letter.ts";
import type { Fact } from "../../src/model/record.ts";
import type { World } from "../../src/model/task.ts";
import { deadLetterProjector } from "../../src/engine/dead-letters.ts";
import { openMemoryBoard } from "../../src/blackboard/memory-board.ts";
import { makeMemoryDisk } from "../../src/blackboard/memory-disk.ts";
import { renderTemplate } from "../../src/envelope/templates.ts";
import { verifies } from "../requirements.ts";
import { pretendMachine } from "../support/pretend-machine.ts";
import { failure, outcome, pour, started, submitted, T0, taskOf, worldOf } from "../support/worlds.ts";

verifies("C5");

const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

function decideAt(world: World, nowMs: number, breaker: BreakerLook = { kind: "closed", closedMs: null }) {
  return decide(world, { config: DEFAULT_CONFIG, breaker, nowMs, random: () => 0 });
}

/** Lets attempt n fail at a time, and whatever follows from it. */
function fail(
  world: World,
  attempt: number,
  atMs: number,
  failed = failure("CODEX_UNAVAILABLE", "transient"),
): Fact | undefined {
  pour(world, started("a", attempt), atMs);
  pour(world, { type: "attempt.ended", task: "a", attempt, outcome: outcome(failed) }, atMs);
  const [next] = decideAt(world, atMs).facts;
  if (next !== undefined) pour(world, next, atMs);
  return next;
}

/** A world whose task a has used up its retries at T0. */
function parkedWorld(...facts: Fact[]): World {
  const world = worldOf(submitted("a"), ...facts);
  for (let n = 1; n <= 4; n += 1) fail(world, n, T0);
  expect(taskOf(world, "a").state.at).toBe("dead");
  return world;
}

const due = (world: World): number => {
  const { state } = taskOf(world, "a");
  return state.at === "dead" ? (Date.parse(state.retryAfter) - T0) / MINUTE : Number.NaN;
};

describe("dead letters", () => {
  it("are swept after 15 minutes, an hour or a day, by who waits for them and how small they are", () => {
    expect(due(parkedWorld())).toBe(60);
    expect(due(parkedWorld(submitted("b", { after: ["a"] })))).toBe(15);
    const small = worldOf(submitted("a", { size: "light" }));
    fail(small, 1, T0, failure("CODEX_AUTH", "auth"));
    expect(due(small)).toBe(1440);
  });

  it("wait as long as the provider has asked for", () => {
    const world = worldOf(submitted("a"));
    pour(world, started("a"));
    const failed = failure("CODEX_QUOTA", "auth", new Date(T0 + 3 * DAY).toISOString());
    pour(world, { type: "attempt.ended", task: "a", attempt: 1, outcome: outcome(failed) });
    for (const fact of decideAt(world, T0).facts) pour(world, fact);
    expect(due(world)).toBe(3 * 1440);
  });

  it("pause what waits for them, and keep the engine until they are due", () => {
    const world = parkedWorld(submitted("b", { after: ["a"] }));
    const { waiting, wakeAtMs, facts, effects } = decideAt(world, T0);
    expect(waiting.get("b")).toMatchObject({ for: "deps", paused: true });
    expect({ wakeAtMs, facts, effects }).toEqual({ wakeAtMs: T0 + 15 * MINUTE, facts: [], effects: [] });
  });

  it("go on where they were, with one more try per sweep, and are archived after a week", () => {
    const world = parkedWorld();
    let now = T0;
    let attempts = 4;
    for (let sweeps = 0; sweeps < 3; sweeps += 1) {
      now += 60 * MINUTE;
      const [swept] = decideAt(world, now).facts;
      expect(swept).toMatchObject({ type: "task.swept", task: "a" });
      if (swept !== undefined) pour(world, swept, now);
      expect(taskOf(world, "a").state).toMatchObject({ at: "queued", feedback: { from: "interrupted" } });
      attempts += 1;
      expect(fail(world, attempts, now)).toMatchObject({ type: "task.parked" });
    }
    expect(decideAt(world, T0 + 7 * DAY).facts).toMatchObject([{ type: "task.ended", status: "dead" }]);
  });

  it("are tried when the breaker closes, not while it is open; those of a refused login are not", () => {
    const world = parkedWorld();
    const open: BreakerLook = { kind: "open", untilMs: T0 + 2 * 60 * MINUTE, why: "" };
    expect(decideAt(world, T0 + 60 * MINUTE, open)).toMatchObject({ facts: [], wakeAtMs: T0 + 120 * MINUTE });
    expect(decideAt(world, T0 + MINUTE, { kind: "closed", closedMs: T0 - 1 }).facts).toEqual([]);
    const closed: BreakerLook = { kind: "closed", closedMs: T0 + MINUTE };
    expect(decideAt(world, T0 + MINUTE, closed).facts).toMatchObject([{ why: "the breaker has closed" }]);
    const auth = worldOf(submitted("a"));
    fail(auth, 1, T0, failure("CODEX_AUTH", "auth"));
    expect(decideAt(auth, T0 + MINUTE, closed).facts).toEqual([]);
  });

  it("a person's retry forgets what was counted, and the week begins anew", () => {
    const world = parkedWorld();
    pour(world, { type: "task.reopened", task: "a", feedback: null, by: "user" });
    expect(taskOf(world, "a")).toMatchObject({ parked: null, retries: {}, state: { at: "queued" } });
  });

  it("a cancelled one is gone", () => {
    const world = parkedWorld();
    pour(world, { type: "cancel.requested", task: "a", by: "user" });
    expect(decideAt(world, T0).facts).toMatchObject([{ type: "task.ended", status: "cancelled" }]);
  });
});

describe("the files of dead letters", () => {
  it("are there while the task is parked and in the archive afterwards, also when an engine was killed in between", async () => {
    const disk = makeMemoryDisk();
    const board = openMemoryBoard(disk, { identity: pretendMachine().start(), onCrashPoint: () => undefined }, "/b");
    const world = parkedWorld();
    await deadLetterProjector(board)(world);
    const letter = deadLetterSchema.parse(JSON.parse(disk.files.get("dead-letters/a.json") ?? ""));
    expect(letter).toMatchObject({
      task: "a",
      priority: "medium",
      attempts: 4,
      failure: { code: "CODEX_UNAVAILABLE" },
    });
    expect(letter.summary).toContain("retry 3 of 3");
    for (const fact of decideAt(world, T0 + 7 * DAY).facts) pour(world, fact, T0 + 7 * DAY);
    await deadLetterProjector(board)(world);
    expect(disk.files.has("dead-letters/a.json")).toBe(false);
    expect(deadLetterSchema.parse(JSON.parse(disk.files.get("dead-letters/archive/a.json") ?? ""))).toMatchObject({
      task: "a",
    });
  });

  it("have the form of the template", () => {
    const template: unknown = JSON.parse(renderTemplate("dead-letter", { id: "a", size: "full" }));
    expect(deadLetterSchema.safeParse(template).error).toBeUndefined();
  });
});
