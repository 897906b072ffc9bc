import { isoTime } from "../src/kernel/durations.ts";
import { fail, succeed } from "../src/kernel/result.ts";
import { makeFailure } from "../src/model/failure.ts";
import { NO_USAGE } from "../src/model/outcome.ts";
import type { Challenge } from "../src/model/review.ts";
import type { SpecChallenge } from "../src/model/spec-challenge.ts";
import type { Asked, Question, Reviewer } from "../src/ports/reviewer.ts";
import type { VirtualClock } from "./clock.ts";
import type { Random } from "./random.ts";
import { fileOf } from "./submission.ts";

/** What the reviewer needs of the world. */
export interface ReviewerDeps {
  readonly clock: VirtualClock;
  readonly random: Random;
  /** True: reviews fail now and then, and find something. */
  readonly moods: boolean;
  isDown(): boolean;
}

/** Share of reviews with a challenge that its evidence proves, with one that it disproves, and with one that cannot be run. */
const VALID = 0.12;
const NOISE = 0.2;
const NOT_RUNNABLE = 0.1;
const FAILS = 0.02;
/** Share of orders with an open point. */
const OPEN = 0.2;

function openPoint(goal: string): SpecChallenge {
  return { id: "S1", claim: "it says too little", quote: goal, proposal: `${goal} Write it well.` };
}

/** The in-memory twin of the Claude reviewer. */
export function openMemoryReviewer(deps: ReviewerDeps): Reviewer {
  const { clock } = deps;
  return {
    readiness: async () => succeed({ path: "/bin/reviewer", version: "0.0.0", login: "simulated" }),
    review: (order, signal) =>
      answer(order, "review", signal, (random) => ({
        summary: "read",
        challenges: deps.moods ? challengesOf(order.task, random) : [],
      })),
    read: (order, signal) => answer(order, "read", signal, () => ({ reading: "it prints a word", concerns: [] })),
    judge: (order, signal) =>
      answer(order, "judge", signal, (random) => ({
        rulings: order.challenges.map(({ id }) => ({
          id,
          ruling: random.chance(0.3) ? "VALID" : "NOISE",
          reason: "read",
        })),
      })),
    diagnose: (order, signal) =>
      answer(order, "diagnose", signal, () => ({ diagnosis: "it prints", cause: "implementation", advice: "do not" })),
    attack: (order, signal) =>
      answer(order, "attack", signal, (random) => ({
        summary: "read",
        challenges: deps.moods && random.chance(OPEN) ? [openPoint(order.envelope.goal)] : [],
      })),
  };

  async function answer<T>(order: Question, call: string, signal: AbortSignal, value: (random: Random) => T): Asked<T> {
    const random = deps.random.again(`${order.dir} ${call}`);
    await clock.sleep(random.spread(500, 20_000), signal);
    const usage = { ...NO_USAGE, inputTokens: random.int(1, 500), outputTokens: random.int(1, 50) };
    if (signal.aborted || deps.isDown() || (deps.moods && random.chance(FAILS))) {
      const soon = isoTime(clock.now() + random.int(0, 30_000));
      return unavailable(order, random.chance(0.5) ? soon : null);
    }
    return succeed({ value: value(random), usage, model: order.model });
  }
}

/** `retryAt` null: a person has to act. */
function unavailable(order: Question, retryAt: string | null) {
  const failure = makeFailure("REVIEW_UNAVAILABLE", "the reviewer did not answer", { task: order.task, retryAt });
  return fail({ ...failure, usage: NO_USAGE, model: order.model });
}

function challengesOf(task: string, random: Random): Challenge[] {
  const challenges: Challenge[] = [];
  if (random.chance(VALID))
    challenges.push(challenge("proven", { command: `tell ${fileOf(task)}`, observed: "wrong" }));
  if (random.chance(NOISE)) challenges.push(challenge("disproven", { command: "print right", observed: "wrong" }));
  if (random.chance(NOT_RUNNABLE)) challenges.push(challenge("words", {}));
  return challenges;
}

function challenge(id: string, evidence: { command?: string; observed?: string }): Challenge {
  const claim = { id, claim: `${id}: it prints the wrong word`, violates: "it works", severity: "major" } as const;
  return { ...claim, path: "src", line: 1, evidence: { kind: "counterexample", expected: "right", ...evidence } };
}
