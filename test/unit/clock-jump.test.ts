import { describe, expect, it } from "vitest";
import type { Fact } from "../../src/model/record.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { createWaker } from "../../src/engine/waker.ts";
import { decideNow, pour, started, submitted, T0, worldOf } from "../support/worlds.ts";

const HOUR = 3_600_000;

const retryAt = (notBeforeMs: number): Fact => ({
  type: "retry.decided",
  task: "a",
  notBefore: new Date(notBeforeMs).toISOString(),
  feedback: null,
  cause: "CODEX_NETWORK",
  why: "again",
});

/** A task that waits one second for its next attempt, decided at T0. */
function waitingForRetry() {
  const world = worldOf(submitted("a"), started("a"));
  pour(world, { type: "attempt.ended", task: "a", attempt: 1, outcome: cutOff() });
  pour(world, retryAt(T0 + 1000));
  return world;
}

function cutOff() {
  return {
    signals: { exit: false, turn: false, sidecar: false },
    report: null,
    usage: { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0, usd: 0 },
    exit: { v: 1, reason: "exit-code", code: 1, signal: null, detail: "", startedAt: "", endedAt: "" },
    threadId: null,
    model: null,
    version: null,
    toolCalls: 0,
    failure: null,
    notes: [],
  } as const satisfies Extract<Fact, { type: "attempt.ended" }>["outcome"];
}

describe("a clock that is set", () => {
  it("back an hour does not turn a wait of a second into one of an hour", () => {
    const world = waitingForRetry();
    expect(decideNow(world, T0).waiting.get("a")).toMatchObject({ for: "retry" });
    // Small corrections are no jump: the wait goes on.
    expect(decideNow(world, T0 - 2000).waiting.get("a")).toMatchObject({ for: "retry" });
    expect(decideNow(world, T0 - HOUR).effects.map((effect) => effect.kind)).toEqual(["start"]);
  });

  it("forward an hour starts what waited for less", () => {
    expect(decideNow(waitingForRetry(), T0 + HOUR).effects.map((effect) => effect.kind)).toEqual(["start"]);
  });

  it("back during a sleep: the sleeper wakes after the time that it was given, and a wake still counts", async () => {
    let now = T0;
    const slept: number[] = [];
    const clock: Clock = {
      now: () => now,
      async sleep(ms, signal) {
        slept.push(ms);
        now -= HOUR;
        if (ms > 2000) await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
      },
    };
    const waker = createWaker(clock);
    await waker.sleepUntil(now + 2000);
    await waker.sleepUntil(now + 2000);
    expect(slept).toEqual([2000, 2000]);
    const long = waker.sleepUntil(now + HOUR);
    waker.wake();
    await long;
    waker.wake();
    await waker.sleepUntil(now + HOUR);
    expect(slept).toHaveLength(3);
  });
});
