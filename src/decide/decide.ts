import { assertNever } from "../kernel/assert-never.ts";
import { isoTime } from "../kernel/durations.ts";
import type { Config } from "../model/config.ts";
import type { Failure } from "../model/outcome.ts";
import type { Fact } from "../model/record.ts";
import type { Task, TaskState, World } from "../model/task.ts";
import { makeFailure } from "../model/failure.ts";
import type { BreakerLook } from "../model/breaker.ts";
import type { TaskOutcome } from "../model/ledger.ts";
import type { AccountWindows } from "../model/window.ts";
import { admit, type Waiting } from "./admission.ts";
import { askStep, atWork } from "./cards/asks.ts";
import { exhausted, overrun } from "./spending/budget.ts";
import { cardFor, escalationCard } from "./cards/cards.ts";
import { specPoints } from "./review/spec-challenge.ts";
import { isTimeUsedUp, judgeChunk } from "./limits/chunks.ts";
import { cancelled } from "./cloud.ts";
import { deadStep, parked } from "./failures/dead-letters.ts";
import { chunkFeedback, feedbackFor } from "./feedback.ts";
import { judgeFailure } from "./failures/retry.ts";
import { nextInLoop, openPoints, withAdvice } from "./review/loop.ts";
import { reviewAgain } from "./review/retry.ts";
import { type CapInputs, capDeadlines, capFacts, capsOf, NO_CAPS } from "./spending/caps.ts";
import { capWait } from "./spending/spending.ts";
import { isStuck, stuckAt } from "./limits/stuck-words.ts";
import { worldGate } from "./windows/window-gate.ts";

/** Work that should be under way. Effects are idempotent; their names are unique per task. */
export const EFFECTS = ["start", "attempt", "stop", "seal", "verify", "review", "diagnose", "merge"] as const;
export type EffectKind = (typeof EFFECTS)[number];

/** One effect for one task. */
export interface Effect {
  readonly kind: EffectKind;
  readonly task: Task;
}

/** What has to happen now: facts to write down, effects to have under way, and the next time to look (Unix ms). */
export interface Decision {
  readonly facts: readonly Fact[];
  readonly effects: readonly Effect[];
  readonly waiting: ReadonlyMap<string, Waiting>;
  readonly wakeAtMs: number | null;
}

/** What a decision depends on besides the world. `random` yields numbers in [0, 1). */
export interface DecideInputs {
  readonly config: Config;
  /** The breaker of the workers' account; absent: closed. */
  readonly breaker?: BreakerLook;
  /** Credit windows of the workers' account; absent or null: nobody has reported any. */
  readonly windows?: AccountWindows | null;
  /** Tasks that have ended lately: what work of each kind has cost. */
  readonly history?: readonly TaskOutcome[];
  /** Caps of the project and of the user, and what was spent under them; absent: there are none. */
  readonly caps?: CapInputs;
  readonly nowMs: number;
  readonly random: () => number;
}

/** The same with the world, where a decision about one task has to look at others. */
interface Inputs extends DecideInputs {
  readonly world: World;
}

type Step =
  | { readonly waiting: Extract<Waiting, { untilMs: number }> }
  | { readonly fact: Fact }
  | { readonly effect: EffectKind; readonly wakeAtMs?: number }
  | { readonly wakeAtMs: number }
  | null;

/** The policy: looks at what is, says what should be under way. Level-triggered, pure, total. */
export function decide(world: World, inputs: DecideInputs): Decision {
  const facts: Fact[] = [];
  const effects: Effect[] = [];
  const wakes: number[] = [];
  const { breaker, config } = inputs;
  const caps = inputs.caps === undefined ? [] : capsOf(world, inputs.caps, inputs.nowMs);
  const gates = {
    breaker: breaker === undefined ? null : { look: breaker, settings: config.breaker },
    window: worldGate(world, inputs),
    cap: capWait(caps, world.notices.caps ?? NO_CAPS),
  };
  const known = { ...inputs, world };
  const admission = admit(world, config.worker.parallel, inputs.nowMs, gates);
  const waiting = new Map(admission.waiting);
  const toldElsewhere = inputs.caps?.toldElsewhere ?? [];
  facts.push(...capFacts(world, caps, { config, waiting, toldElsewhere, nowMs: inputs.nowMs }));
  wakes.push(...capDeadlines(world, waiting));
  let merging = [...world.open].some((id) => world.tasks.get(id)?.state.at === "merging");
  for (const id of world.open) {
    const task = world.tasks.get(id);
    if (task === undefined) continue;
    let step = task.cancelRequested ? cancelStep(task) : stepOf(task, known);
    if (step !== null && "fact" in step && step.fact.type === "merge.started") {
      if (merging) step = null;
      merging = true;
    }
    if (step === null) continue;
    if ("fact" in step) facts.push(step.fact);
    else if ("effect" in step) {
      effects.push({ kind: step.effect, task });
      if (step.wakeAtMs !== undefined) wakes.push(step.wakeAtMs);
    } else if ("waiting" in step) waiting.set(id, step.waiting);
    else wakes.push(step.wakeAtMs);
  }
  for (const task of admission.start) if (!task.cancelRequested) effects.push({ kind: "start", task });
  for (const each of waiting.values()) if ("untilMs" in each) wakes.push(each.untilMs);
  return { facts, effects, waiting, wakeAtMs: wakes.length === 0 ? null : Math.min(...wakes) };
}

/** What a task needs next, by its state. Queued tasks are admitted elsewhere. */
function stepOf(task: Task, inputs: Inputs): Step {
  const state = task.state;
  switch (state.at) {
    case "queued":
      return specStep(task, inputs);
    case "ended":
      return null;
    case "running": {
      const asked = askStep(task, inputs.config, inputs.nowMs);
      return asked === null ? { effect: "attempt" } : { fact: asked };
    }
    case "attempted":
      return state.outcome.failure === null
        ? afterWork(task, state, inputs)
        : afterCut(task, state, state.outcome.failure, inputs);
    case "sealed":
      if (state.failure !== null) return afterFailure(task, state.failure, inputs);
      if (task.envelope.acceptance.some((criterion) => criterion.verify !== undefined)) return { effect: "verify" };
      return afterVerification(task, state);
    case "verified":
      if (state.failure !== null) return afterFailure(task, state.failure, inputs);
      return reviewLater(state, inputs.nowMs) ?? afterVerification(task, state);
    case "reviewed":
      return afterReview(task, state, inputs);
    case "merging":
      return { effect: "merge" };
    case "merged":
      return afterMerge(task, state, inputs);
    case "blocked":
      return blockedStep(task, state, inputs.nowMs);
    case "given-up":
      return end(task, "failed", state.failure);
    case "dead":
      return deadStep(task, state, inputs);
    default:
      return assertNever(state);
  }
}

function cancelStep(task: Task): Step {
  const at = task.state.at;
  if (atWork(task.state) !== null) return { effect: "stop" };
  if (at === "merging") return { effect: "merge" };
  if (at === "merged" && task.state.outcome.kind === "merged") return end(task, "accepted", null);
  return end(task, "cancelled", cancelled(task));
}

/** What came to its end far beyond its budget goes no further without a person. */
function afterWork(task: Task, { attempt }: Extract<TaskState, { at: "attempted" }>, inputs: Inputs): Step {
  const over = overrun(task, attempt);
  return over === null ? { effect: "seal" } : afterFailure(task, over, inputs);
}

/** An attempt that ended at its soft limit is a chunk and spends no retry; every other one that did not succeed is a failure. */
function afterCut(task: Task, state: Extract<TaskState, { at: "attempted" }>, failure: Failure, inputs: Inputs): Step {
  if (failure.code.startsWith("BUDGET_")) {
    return afterFailure(task, exhausted(failure, task, state.left), inputs);
  }
  if (isStuck(failure.code)) return afterFailure(task, stuckAt(failure, task, state), inputs);
  if (failure.code !== "CODEX_SOFT_LIMIT") return afterFailure(task, failure, inputs);
  const { attempt, left, feedback } = state;
  const verdict = judgeChunk(task, attempt, left, inputs.config);
  if (verdict.kind === "stop") return afterFailure(task, verdict.failure, inputs);
  const about = { task: task.id, attempt, chunk: task.chunks.line, progress: verdict.progress };
  return { fact: { type: "chunk.ended", ...about, feedback: chunkFeedback(left, feedback) } };
}

/** Open points of an order are decided before anybody works on it. */
function specStep(task: Task, inputs: Inputs): Step {
  const { spec } = task;
  if (spec === null || spec.decided) return null;
  return afterFailure(task, makeFailure("SPEC_CHALLENGED", specPoints(spec.challenges), { task: task.id }), inputs);
}

/** Null: nothing holds the review up. */
function reviewLater({ postponed }: Extract<TaskState, { at: "verified" }>, nowMs: number): Step {
  if (postponed === undefined) return null;
  const untilMs = Date.parse(postponed.notBefore);
  if (nowMs >= untilMs) return null;
  return { waiting: { for: postponed.by, detail: postponed.why, untilMs, paused: false } };
}

function afterVerification(task: Task, state: Extract<TaskState, { candidate: unknown }>): Step {
  const nothingToReview = state.candidate.files.every((file) => file.status === "ignored");
  if (task.options.review && task.envelope.reviewers > 0 && !nothingToReview) return { effect: "review" };
  return startMerge(task, state);
}

function startMerge(task: Task, state: Extract<TaskState, { candidate: unknown }>): Step {
  return { fact: { type: "merge.started", task: task.id, attempt: state.attempt, commit: state.candidate.commit } };
}

function afterReview(task: Task, state: Extract<TaskState, { at: "reviewed" }>, inputs: Inputs): Step {
  if (state.failure !== null) return afterFailure(task, state.failure, inputs);
  if (state.feedback === null) return startMerge(task, state);
  return stepInLoop(task, state.attempt, state.feedback, inputs);
}

/** The challenge loop: a fresh attempt, an expert, or a person. */
function stepInLoop(task: Task, attempt: number, feedback: string, inputs: Inputs): Step {
  const step = nextInLoop(task, inputs.config.review);
  if (step.next === "diagnose") return { effect: "diagnose" };
  const { rounds, loop } = task;
  const timeUp = isTimeUsedUp(task);
  if (step.next === "ask-person" || timeUp) {
    const message = openPoints(rounds, timeUp ? "budget.minutes is used up" : step.why, loop.diagnosis);
    const failure = makeFailure("REVIEW_UNRESOLVED", message, { attempt, task: task.id });
    return afterFailure(task, failure, inputs);
  }
  const text = withAdvice(feedback, loop.diagnosed === rounds.length ? loop.diagnosis : null);
  return {
    fact: {
      type: "retry.decided",
      task: task.id,
      notBefore: isoTime(inputs.nowMs),
      feedback: { from: "review", text },
      cause: "REVIEW_UNRESOLVED",
      why: step.why,
    },
  };
}

function afterMerge(task: Task, state: Extract<TaskState, { at: "merged" }>, inputs: Inputs): Step {
  const outcome = state.outcome;
  if (outcome.kind === "merged" || outcome.kind === "kept") return end(task, "accepted", null);
  return afterFailure(task, outcome.failure, inputs);
}

function blockedStep(task: Task, state: Extract<TaskState, { at: "blocked" }>, nowMs: number): Step {
  const deadlineMs = Date.parse(state.card.deadline);
  // A worker that waits for the answer is watched meanwhile.
  if (nowMs < deadlineMs)
    return state.before.at === "running" ? { effect: "attempt", wakeAtMs: deadlineMs } : { wakeAtMs: deadlineMs };
  const answer = { card: state.card.id, task: task.id, letter: state.card.default, by: "deadline", note: "" };
  return { fact: { type: "card.answered", ...answer } };
}

/** Card, another attempt, a dead letter, or the end: the one place that decides about failures. */
function afterFailure(task: Task, failure: Failure, inputs: Inputs): Step {
  const { config, nowMs, world } = inputs;
  const at = { nowMs, random: inputs.random() };
  const later = reviewAgain(task, failure, config, at);
  if (later !== null) return { fact: later };
  const card = cardFor(task, failure, config, nowMs);
  if (card !== null) return { fact: { type: "card.opened", card, failure } };
  const verdict = judgeFailure(task, failure, config, at);
  switch (verdict.kind) {
    case "ask":
      return { fact: { type: "card.opened", card: escalationCard(task, failure, inputs, verdict.why), failure } };
    case "park": {
      const feedback = feedbackFor(task, failure, "normal");
      return { fact: parked(world, task, { failure, feedback, why: verdict.why }, inputs) };
    }
    case "fail": {
      const reason = verdict.budget === null ? "" : `; ${verdict.why}`;
      return end(task, "failed", { ...failure, message: `${failure.message}${reason}` });
    }
    case "again": {
      const { layer, why, notBeforeMs } = verdict;
      const feedback = feedbackFor(task, failure, layer);
      const notBefore = isoTime(notBeforeMs);
      return { fact: { type: "retry.decided", task: task.id, notBefore, feedback, cause: failure.code, why } };
    }
  }
}

function end(task: Task, status: "accepted" | "failed" | "cancelled", failure: Failure | null): Step {
  return { fact: { type: "task.ended", task: task.id, status, failure, summary: summaryOf(task, status, failure) } };
}

function summaryOf(task: Task, status: string, failure: Failure | null): string {
  if (failure !== null) return `${failure.code}: ${failure.message}`;
  const report = task.attempts.at(-1)?.outcome?.report?.summary ?? "";
  return report === "" ? status : report;
}
