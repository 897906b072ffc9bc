import { decide, type Decision, type EffectKind } from "../../src/decide/decide.ts";
import { applyRecord } from "../../src/decide/fold.ts";
import { ERROR_TABLE, isErrorCode } from "../../src/kernel/error-table.ts";
import { DEFAULT_CONFIG } from "../../src/model/config.ts";
import { makeEnvelope } from "../../src/model/envelope.ts";
import { makeFailure } from "../../src/model/failure.ts";
import { type AttemptOutcome, type Failure, NO_USAGE } from "../../src/model/outcome.ts";
import type { Fact } from "../../src/model/record.ts";
import { emptyWorld, type Task, type World } from "../../src/model/task.ts";

/** One step of a task from state to state; `fact` is the journal line that does it. */
export interface LifeEdge {
  readonly from: string;
  readonly fact: Fact["type"];
  readonly to: string;
}

/** What is made to happen in one life. `effect` null: nothing goes wrong. */
export interface Fate {
  readonly effect: EffectKind | null;
  readonly failure: Failure | null;
  /** Only the first time; else as often as the effect is tried. */
  readonly once: boolean;
  /** Letter that every card is answered with. */
  readonly letter: string;
  /** Step at which the task is cancelled; null = never. */
  readonly cancelAt: number | null;
  /** Steps that the order leaves out. */
  readonly without?: { readonly verify?: true; readonly review?: true };
}

const TASK = "a";
const START_MS = Date.UTC(2026, 0, 1);
/** More steps than any life has: eight chunks of four steps each, and a card in between. */
const MOST_STEPS = 200;
/** Steps of a life in which one thing goes wrong. */
const LONGEST_LIFE = 20;
const EFFECTS_THAT_FAIL = ["attempt", "seal", "verify", "review", "merge"] as const;
const LETTERS = ["A", "B", "C"];
const CANDIDATE = {
  commit: "c",
  base: "b",
  files: [{ path: "a.txt", status: "added" as const }],
  insertions: 1,
  deletions: 0,
};

/** Every step that the policy and the fold let a task take, found by living through each way in which each effect can end. */
export function lifeEdges(): LifeEdge[] {
  const found = new Map<string, LifeEdge>();
  for (const fate of fates()) {
    for (const edge of live(fate)) found.set(`${edge.from} ${edge.fact} ${edge.to}`, edge);
  }
  return [...found.values()];
}

function* fates(): Generator<Fate> {
  const calm = { effect: null, failure: null, once: true, letter: "A", cancelAt: null };
  for (const without of [{}, { verify: true }, { review: true }, { verify: true, review: true }] as const)
    yield { ...calm, without };
  const failures = Object.keys(ERROR_TABLE)
    .filter(isErrorCode)
    .map((code) => makeFailure(code, code));
  for (const effect of EFFECTS_THAT_FAIL)
    for (const failure of failures)
      for (const letter of LETTERS)
        for (const once of [true, false]) yield { effect, failure, once, letter, cancelAt: null };
  // Cancelled at every step of a good life, and of one that a card holds up.
  for (let cancelAt = 0; cancelAt < LONGEST_LIFE; cancelAt += 1) {
    yield { ...calm, cancelAt };
    for (const effect of EFFECTS_THAT_FAIL)
      for (const code of ["REVIEW_UNAVAILABLE", "CODEX_AUTH"] as const)
        yield { ...calm, effect, failure: makeFailure(code, ""), letter: "A", cancelAt };
  }
}

/** Lives one life on a virtual clock, until the task has ended for good or nothing follows. */
export function live(fate: Fate): LifeEdge[] {
  const world = emptyWorld();
  const edges: LifeEdge[] = [];
  let nowMs = START_MS;
  let fallen = 0;
  let reopened = false;
  const pour = (fact: Fact): void => {
    const from = world.tasks.get(TASK)?.state.at ?? "[*]";
    applyRecord(world, { v: 1, seq: world.seq + 1, at: new Date(nowMs).toISOString(), fact });
    const to = world.tasks.get(TASK)?.state.at ?? "[*]";
    if (from !== to) edges.push({ from, fact: fact.type, to });
  };
  pour(submission(fate.without ?? {}));
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const task = world.tasks.get(TASK);
    if (task === undefined) break;
    if (step === fate.cancelAt) pour({ type: "cancel.requested", task: TASK, by: "user" });
    const decision = decideAt(world, nowMs);
    const [effect] = decision.effects;
    if (decision.facts.length > 0) decision.facts.forEach(pour);
    else if (effect !== undefined) {
      const falls = effect.kind === fate.effect && (!fate.once || fallen === 0);
      fallen += falls ? 1 : 0;
      pour(outcomeOf(effect.kind, task, falls ? fate.failure : null));
    } else if (task.state.at === "blocked") {
      const { card } = task.state;
      pour({ type: "card.answered", card: card.id, task: TASK, letter: fate.letter, by: "user", note: "" });
    } else if (decision.wakeAtMs !== null) nowMs = Math.max(nowMs + 1, decision.wakeAtMs);
    else if (task.state.at === "ended" && task.state.status !== "accepted" && !reopened) {
      reopened = true;
      pour({ type: "task.reopened", task: TASK, feedback: null, by: "user" });
    } else break;
  }
  return edges;
}

function decideAt(world: World, nowMs: number): Decision {
  // Archived after 2.4 hours, so that a life has few sweeps.
  const config = { ...DEFAULT_CONFIG, dead: { ...DEFAULT_CONFIG.dead, archiveDays: 0.1 } };
  return decide(world, { config, nowMs, random: () => 0.5 });
}

function submission(without: NonNullable<Fate["without"]>): Fact {
  const envelope = makeEnvelope({
    task: TASK,
    goal: "Do it.",
    acceptance: [{ text: "it works", ...(without.verify === true ? {} : { verify: "true" }) }],
    write: ["**"],
    stop: ["never"],
  });
  const review = without.review !== true;
  const options = { lane: "worktree", effort: "auto", review, merge: true, allowDirty: false } as const;
  return { type: "task.submitted", task: TASK, run: "r", envelope, options, base: { branch: "main", commit: "b" } };
}

/** A round of the challenge loop whose evidence fails. */
function convicted(task: Task, about: { readonly task: string; readonly attempt: number }): Fact {
  const challenge = {
    id: "C1",
    claim: "it fails",
    kind: "failing-test",
    ruling: "VALID",
    reason: "",
    executed: true,
  } as const;
  const round = { round: task.rounds.length + 1, challenges: [{ ...challenge, runs: [] }], substantiveRate: 1 };
  return { type: "review.ended", ...about, round, feedback: "it fails", usage: NO_USAGE, failure: null };
}

/** How an effect ends: well, or with the failure. */
function outcomeOf(kind: EffectKind, task: Task, failure: Failure | null): Fact {
  const attempt = "attempt" in task.state ? task.state.attempt : task.attempts.length + 1;
  const about = { task: TASK, attempt };
  switch (kind) {
    case "start":
      return { type: "attempt.started", ...about, place: { path: "/t", branch: "cco/a" }, base: "b", feedback: null };
    case "attempt":
    case "stop":
      return { type: "attempt.ended", ...about, outcome: attemptOutcome(failure) };
    case "seal":
      return { type: "candidate.sealed", ...about, candidate: CANDIDATE, failure };
    case "verify":
      return { type: "verification.ended", ...about, commit: CANDIDATE.commit, results: [], failure };
    case "review":
      if (failure?.code === "REVIEW_UNRESOLVED") return convicted(task, about);
      return { type: "review.ended", ...about, round: null, feedback: null, usage: NO_USAGE, failure };
    case "diagnose":
      return { type: "diagnosis.ended", ...about, round: 2, diagnosis: null, usage: NO_USAGE, failure };
    case "merge": {
      const merged = { kind: "merged", commit: CANDIDATE.commit, branch: "main" } as const;
      const outcome = failure === null ? merged : ({ kind: "failed", failure } as const);
      return { type: "merge.ended", ...about, outcome, candidate: null, results: [] };
    }
  }
}

function attemptOutcome(failure: Failure | null): AttemptOutcome {
  return {
    signals: { exit: true, turn: true, sidecar: true },
    report: { status: "COMPLETED", summary: "done" },
    usage: NO_USAGE,
    exit: { v: 1, reason: "completed", code: 0, signal: null, detail: "", startedAt: "", endedAt: "" },
    threadId: null,
    model: null,
    version: null,
    toolCalls: 0,
    failure,
    notes: [],
  };
}
