import { expect, it } from "vitest";
import { openMemoryBreakers } from "../../src/blackboard/memory-breakers.ts";
import { inReviewTurn } from "../../src/engine/review/turn.ts";
import type { EffectContext } from "../../src/engine/deps.ts";
import type { RoundHeld } from "../../src/engine/review/round.ts";
import { DEFAULT_CONFIG } from "../../src/model/config.ts";
import { NO_USAGE } from "../../src/model/outcome.ts";
import type { Fact } from "../../src/model/record.ts";
import type { World } from "../../src/model/task.ts";
import { verifies } from "../requirements.ts";
import { pretendMachine } from "../support/pretend-machine.ts";
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

verifies("C2", "C4");

/** A task whose review is next. */
function reviewable(): World {
  const commit = CANDIDATE.commit;
  const about = { task: "a", attempt: 1 } as const;
  return worldOf(
    submitted("a"),
    started("a"),
    { type: "attempt.ended", ...about, outcome: outcome() },
    { type: "candidate.sealed", ...about, candidate: CANDIDATE, failure: null },
    { type: "verification.ended", ...about, commit, results: [], failure: null },
  );
}

function unavailable(kind: string, retryAt: string | null = null): Fact {
  const ended = { type: "review.ended", task: "a", attempt: 1, round: null, feedback: null, usage: NO_USAGE } as const;
  return { ...ended, failure: failure("REVIEW_UNAVAILABLE", kind, retryAt) };
}

it("a reviewer that is away for a passing reason is asked again three times, then a person is", () => {
  const world = reviewable();
  let now = T0;
  const waits: number[] = [];
  for (let round = 1; round <= 3; round += 1) {
    pour(world, unavailable("transient"), now);
    const [later] = decideNow(world, now).facts;
    if (later?.type !== "review.postponed") throw new Error(later?.type);
    pour(world, later, now);
    expect(decideNow(world, now).waiting.get("a")).toMatchObject({ for: "retry" });
    expect(decideNow(world, now).effects).toEqual([]);
    waits.push((Date.parse(later.notBefore) - now) / 1000);
    now = Date.parse(later.notBefore);
    expect(decideNow(world, now).effects).toMatchObject([{ kind: "review" }]);
  }
  expect(waits).toEqual([10.25, 20.25, 30.25]);
  pour(world, unavailable("transient"), now);
  expect(decideNow(world, now).facts).toMatchObject([{ type: "card.opened" }]);
  expect(taskOf(world, "a").tried).toHaveLength(3);
});

it("the time that its provider names is kept; one that a person has to mend is a card at once", () => {
  const world = reviewable();
  pour(world, unavailable("environment", new Date(T0 + 1_800_000).toISOString()));
  expect(decideNow(world).facts).toMatchObject([{ notBefore: new Date(T0 + 1_800_250).toISOString() }]);
  const missing = reviewable();
  pour(missing, unavailable("environment"));
  expect(decideNow(missing).facts).toMatchObject([{ type: "card.opened" }]);
});

it("a review that its breaker does not let through spends nothing", () => {
  const world = reviewable();
  const notBefore = new Date(T0 + 5000).toISOString();
  pour(world, { type: "review.postponed", task: "a", attempt: 1, notBefore, cause: "breaker", why: "it is open" });
  expect(taskOf(world, "a").retries).toEqual({});
  expect(decideNow(world)).toMatchObject({ effects: [], wakeAtMs: T0 + 5000 });
  expect(decideNow(world).waiting.get("a")).toMatchObject({ for: "breaker", detail: "it is open" });
});

it("rounds report to the breaker of the reviewer; those that asked nobody and those cut off say nothing", async () => {
  const breakers = openMemoryBreakers(new Map(), pretendMachine().start());
  let nowMs = T0;
  const clock = { now: () => (nowMs += 1000), sleep: async () => undefined };
  const context = {
    deps: { breakers, clock, random: () => 0, project: "/p" },
    config: DEFAULT_CONFIG,
    task: { id: "a" },
  } as unknown as EffectContext;
  const held: RoundHeld = { round: null, findings: { summary: "", challenges: [] }, calls: [], failure: null };
  const busy = { ...held, failure: failure("REVIEW_UNAVAILABLE", "transient") };
  for (let n = 0; n < 2; n += 1) await inReviewTurn(context, 1, async () => busy);
  await inReviewTurn(context, 1, async () => held);
  await expect(inReviewTurn(context, 1, () => Promise.reject(new Error("aborted")))).rejects.toThrow("aborted");
  expect((await breakers.read("anthropic"))?.state).toMatchObject({
    at: "closed",
    failures: [expect.any(String), expect.any(String)],
  });
  await inReviewTurn(context, 1, async () => busy);
  expect((await breakers.read("anthropic"))?.state.at).toBe("open");
});
