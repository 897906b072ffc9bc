import fc from "fast-check";
import { expect, it } from "vitest";
import type { Effect } from "../../src/decide/decide.ts";
import { NO_USAGE } from "../../src/model/outcome.ts";
import type { Fact } from "../../src/model/record.ts";
import type { RuledChallenge } from "../../src/model/review.ts";
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

const CODES: readonly (readonly [string, string])[] = [
  ["VERIFY_FAILED", "logic"],
  ["VERIFY_NOTHING_CHANGED", "logic"],
  ["SCOPE_VIOLATION", "logic"],
  ["REPORT_MISSING", "logic"],
  ["REPORT_BLOCKED", "logic"],
  ["CODEX_UNAVAILABLE", "transient"],
  ["CODEX_STREAM_CUT", "transient"],
  ["CODEX_SILENT", "transient"],
  ["CODEX_AUTH", "auth"],
  ["CODEX_LOST", "state"],
  ["SANDBOX_BROKEN", "environment"],
  ["REVIEW_UNAVAILABLE", "environment"],
  ["MERGE_CONFLICT", "logic"],
  ["SOMETHING_NEW", "logic"],
];

/** What an effect may come to: nothing wrong (null), or one of the failures. */
const fate = fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 2, arbitrary: fc.constantFrom(...CODES) });

const VALID: RuledChallenge = {
  id: "C1",
  claim: "it fails",
  kind: "failing-test",
  ruling: "VALID",
  reason: "",
  executed: true,
  runs: [],
};

function outcomeOf(effect: Effect, fallen: readonly [string, string] | null): Fact {
  const task = effect.task.id;
  const state = effect.task.state;
  const attempt = "attempt" in state ? state.attempt : effect.task.attempts.length + 1;
  const bad = fallen === null ? null : failure(fallen[0], fallen[1]);
  switch (effect.kind) {
    case "start":
      return started(task, attempt);
    case "attempt":
    case "stop":
      return { type: "attempt.ended", task, attempt, outcome: outcome(bad) };
    case "seal":
      return { type: "candidate.sealed", task, attempt, candidate: CANDIDATE, failure: bad };
    case "verify":
      return { type: "verification.ended", task, attempt, commit: CANDIDATE.commit, results: [], failure: bad };
    case "review":
      return {
        type: "review.ended",
        task,
        attempt,
        round: { round: effect.task.rounds.length + 1, challenges: fallen === null ? [] : [VALID], substantiveRate: 1 },
        feedback: fallen === null ? null : "it fails",
        usage: NO_USAGE,
        failure: null,
      };
    case "diagnose":
      return { type: "diagnosis.ended", task, attempt, round: 2, diagnosis: null, usage: NO_USAGE, failure: null };
    default: {
      const merged = { kind: "merged", commit: CANDIDATE.commit, branch: "main" } as const;
      return {
        type: "merge.ended",
        task,
        attempt,
        outcome: bad === null ? merged : { kind: "failed", failure: bad },
        candidate: null,
        results: [],
      };
    }
  }
}

/** Plays a world to its end on a virtual clock; returns the number of steps, or throws when it does not end. */
function play(world: World, fates: readonly (readonly [string, string] | null)[]): number {
  let now = T0;
  for (let step = 0; step < 2000; step += 1) {
    const decision = decideNow(world, now);
    expect(runningOf(world)).toBeLessThanOrEqual(3);
    const begun = decision.effects.filter((effect) => effect.kind === "start").length;
    expect(runningOf(world) + begun).toBeLessThanOrEqual(3);
    if (decision.facts.length > 0) {
      for (const fact of decision.facts) pour(world, fact, now);
      continue;
    }
    const effect = decision.effects[step % Math.max(1, decision.effects.length)];
    if (effect !== undefined) {
      pour(world, outcomeOf(effect, fates[step % fates.length] ?? null), now);
      continue;
    }
    if (decision.wakeAtMs === null) return step;
    now = Math.max(now + 1, decision.wakeAtMs);
  }
  throw new Error("the world does not come to rest");
}

function runningOf(world: World): number {
  return [...world.tasks.values()].filter((task) => task.state.at === "running").length;
}

verifies("A8");

it("every world comes to rest, whatever happens, with a bounded number of attempts and nothing lost", () => {
  fc.assert(
    fc.property(fc.array(fate, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 6 }), (fates, count) => {
      const ids = Array.from({ length: count }, (_, i) => `t${i}`);
      const world = worldOf(...ids.map((id, i) => submitted(id, i > 2 ? { after: [`t${i - 2}`] } : {})));
      play(world, fates);
      for (const id of ids) {
        const task = taskOf(world, id);
        const paused = decideNow(world).waiting.get(id);
        expect(task.state.at === "ended" || paused?.paused === true).toBe(true);
        expect(task.attempts.length).toBeLessThanOrEqual(12 + (task.parked?.times ?? 0));
        if (task.state.at === "ended" && task.state.status === "failed") expect(task.state.failure).not.toBeNull();
      }
    }),
    { numRuns: 300 },
  );
});

it("a task that was cancelled ends cancelled or, when its merge had begun, accepted", () => {
  fc.assert(
    fc.property(fc.array(fate, { minLength: 1, maxLength: 10 }), fc.integer({ min: 0, max: 12 }), (fates, when) => {
      const world = worldOf(submitted("a"));
      for (let step = 0; step < when; step += 1) {
        const { facts, effects } = decideNow(world);
        const [effect] = effects;
        if (facts.length > 0) for (const fact of facts) pour(world, fact);
        else if (effect !== undefined) pour(world, outcomeOf(effect, fates[step % fates.length] ?? null));
      }
      if (taskOf(world, "a").state.at === "ended") return;
      pour(world, { type: "cancel.requested", task: "a", by: "user" });
      play(world, [null]);
      const state = taskOf(world, "a").state;
      expect(state.at === "ended" && ["cancelled", "accepted"].includes(state.status)).toBe(true);
    }),
    { numRuns: 300 },
  );
});
