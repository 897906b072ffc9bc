import type { Fact, JournalRecord } from "../model/record.ts";
import { addUsage, type Failure, NO_USAGE } from "../model/outcome.ts";
import type { AttemptHistory, Task, TaskState, World } from "../model/task.ts";
import { applyTalk, atWork, endOfTalk } from "./cards/asks.ts";
import { applyCaps } from "./spending/caps-fold.ts";
import { withoutTransient } from "./failures/cures.ts";
import { park, unpark } from "./failures/dead-letters.ts";
import { countTask } from "./cards/escalation.ts";
import { isInterruption } from "./feedback.ts";
import { endDiagnosis, noteSpec, endReview, NO_LOOP } from "./review/fold.ts";
import { noted } from "./history.ts";
import { noteBreaker, noteEvents } from "./events/notices.ts";
import { answerCard, NO_CHUNKS, reopen } from "./failures/reopen.ts";

type FactOf<T extends Fact["type"]> = Extract<Fact, { type: T }>;

/** Applies one journal line to the world, in place. Lines that do not fit the state of their task change nothing. */
export function applyRecord(world: World, record: JournalRecord): void {
  world.seq = record.seq;
  const fact = record.fact;
  if (fact.type === "task.submitted") return submit(world, fact, record.at);
  if (fact.type === "command.done") return rememberCommand(world, fact.command);
  if (fact.type === "breaker.turned") return noteBreaker(world.notices, record);
  if (applyCaps(world, record)) return;
  const id = taskOf(fact);
  const task = id === null ? undefined : world.tasks.get(id);
  if (task === undefined) return;
  const moved = transition(task, fact, record.at);
  // A worker that gets on, or is not heard of, changes no state.
  if (moved === task && fact.type !== "event.missing") return;
  const next = countEscalation(world, fact, noted(moved, fact, record.at), record.at);
  noteEvents(world.notices, record, task, next);
  world.tasks.set(next.id, { ...next, updatedAt: record.at });
  if (next.state.at === "ended") world.open.delete(next.id);
  else world.open.add(next.id);
}

function countEscalation({ notices }: World, fact: Fact, task: Task, at: string): Task {
  if (fact.type === "card.opened" && fact.card.tier === "gate") return countTask(notices.weeks, task, at, true);
  return fact.type === "task.ended" ? countTask(notices.weeks, task, at, false) : task;
}

function taskOf(fact: Fact): string | null {
  if (fact.type === "card.opened") return fact.card.task;
  if (fact.type === "call.noted") return fact.about;
  return "task" in fact ? fact.task : null;
}

/** Tasks that have to be in the world when a fact is applied; a task that is submitted is not there yet, those it waits for are. */
export function tasksNamed(fact: Fact): readonly string[] {
  if (fact.type === "task.submitted") return fact.envelope.after;
  const id = taskOf(fact);
  return id === null ? [] : [id];
}

/** Inbox files live for seconds; this many remembered ids outlast every file that a crash can leave behind. */
const REMEMBERED_COMMANDS = 1000;

function rememberCommand(world: World, id: string): void {
  world.commands.add(id);
  if (world.commands.size <= REMEMBERED_COMMANDS) return;
  for (const oldest of world.commands) {
    world.commands.delete(oldest);
    return;
  }
}

function submit(world: World, fact: FactOf<"task.submitted">, at: string): void {
  if (world.tasks.has(fact.task)) return;
  world.open.add(fact.task);
  world.tasks.set(fact.task, {
    id: fact.task,
    run: fact.run,
    session: fact.session,
    envelope: fact.envelope,
    options: fact.options,
    base: fact.base,
    submittedAt: at,
    updatedAt: at,
    state: { at: "queued", notBefore: at, feedback: null },
    place: null,
    workBase: null,
    attempts: [],
    verification: [],
    rounds: [],
    loop: NO_LOOP,
    spec: null,
    usage: NO_USAGE,
    candidate: null,
    cancelRequested: false,
    retries: {},
    chunks: NO_CHUNKS,
    left: null,
    opened: 0,
    parked: null,
    tried: [],
    cards: 0,
  });
}

/** The one transition function of a task: state × fact → state. Returns the task itself when nothing changes. */
function transition(task: Task, fact: Fact, at: string): Task {
  const { state } = task;
  const work = atWork(state);
  switch (fact.type) {
    case "attempt.started":
      return state.at === "queued" ? startAttempt(task, fact, at) : task;
    case "step.reached":
      return work?.attempt === fact.attempt ? reachStep(task, fact) : task;
    case "attempt.ended":
      return work?.attempt === fact.attempt ? endAttempt(task, fact, { at, state: work }) : task;
    case "chunk.ended":
      return state.at === "attempted" ? endChunk(task, fact, { at, state }) : task;
    case "candidate.sealed":
      return state.at === "attempted" ? seal(task, fact) : task;
    case "verification.ended":
      if (state.at !== "sealed") return task;
      return withFailure(
        { ...task, verification: fact.results, state: { at: "verified", ...carry(state), failure: fact.failure } },
        fact.failure,
      );
    case "review.ended":
      return withFailure(endReview(task, fact), fact.failure);
    case "diagnosis.ended":
      return endDiagnosis(task, fact);
    case "spec.challenged":
      return noteSpec(task, fact);
    case "call.noted":
      return { ...task, usage: addUsage(task.usage, fact.call.usage) };
    case "merge.started":
      return hasCandidate(state) ? { ...task, state: { at: "merging", ...carry(state) } } : task;
    case "merge.ended":
      return state.at === "merging" ? endMerge(task, fact, state) : task;
    case "retry.decided":
      return decideRetry(task, fact);
    case "review.postponed":
      return hasCandidate(state) && state.at !== "merging" ? postpone(task, fact, state) : task;
    case "task.parked":
      return park(task, fact, at);
    case "task.swept":
      return unpark(task, at);
    case "card.opened":
      return openCard(task, fact);
    case "card.answered":
      return state.at === "blocked" && state.card.id === fact.card ? answerCard(task, fact, at) : task;
    case "cancel.requested":
      return state.at === "ended" ? task : endOfTalk({ ...task, cancelRequested: true });
    case "task.reopened":
      return reopen(task, fact, at);
    case "task.ended":
      if (state.at === "ended") return task;
      return { ...task, state: { at: "ended", status: fact.status, failure: fact.failure, summary: fact.summary } };
    default:
      return applyTalk(task, fact);
  }
}

type WithCandidate = Extract<TaskState, { at: "sealed" | "verified" | "reviewed" | "merging" }>;

function hasCandidate(state: TaskState): state is WithCandidate {
  return state.at === "sealed" || state.at === "verified" || state.at === "reviewed" || state.at === "merging";
}

function carry(state: WithCandidate): Pick<WithCandidate, "attempt" | "candidate"> {
  return { attempt: state.attempt, candidate: state.candidate };
}

function startAttempt(task: Task, fact: FactOf<"attempt.started">, at: string): Task {
  const entry: AttemptHistory = {
    attempt: fact.attempt,
    startedAt: at,
    endedAt: null,
    outcome: null,
    failure: null,
    ...(fact.effort === undefined ? {} : { effort: fact.effort }),
  };
  return {
    ...task,
    place: fact.place,
    workBase: fact.base,
    attempts: [...task.attempts, entry],
    verification: [],
    step: undefined,
    talk: undefined,
    chunks: { ...task.chunks, line: Math.max(1, task.chunks.line) },
    state: { at: "running", attempt: fact.attempt, place: fact.place, feedback: fact.feedback },
  };
}

function reachStep(task: Task, { k, n, of, text }: FactOf<"step.reached">): Task {
  return k > (task.step?.k ?? 0) ? { ...task, step: { k, n, of, text } } : task;
}

function endAttempt(
  task: Task,
  fact: FactOf<"attempt.ended">,
  { at, state }: { at: string; state: Extract<TaskState, { at: "running" }> },
): Task {
  const left = fact.left ?? null;
  const attempts = task.attempts.map((entry) =>
    entry.attempt === fact.attempt
      ? { ...entry, endedAt: at, outcome: fact.outcome, failure: fact.outcome.failure }
      : entry,
  );
  return {
    ...task,
    attempts,
    usage: addUsage(task.usage, fact.outcome.usage),
    left,
    state: { at: "attempted", attempt: fact.attempt, outcome: fact.outcome, feedback: state.feedback, left },
  };
}

/** The next session is the next chunk of the same line of work; no retry is spent. */
function endChunk(
  task: Task,
  fact: FactOf<"chunk.ended">,
  { at, state }: { at: string; state: Extract<TaskState, { at: "attempted" }> },
): Task {
  const { line, breaks, idle, last } = task.chunks;
  const chunks = { line: line + 1, breaks: breaks + 1, idle: fact.progress ? 0 : idle + 1, last: state.left ?? last };
  // A session that moved the work on has put the trouble with the provider behind it.
  const retries = fact.progress ? withoutTransient(task.retries) : task.retries;
  return { ...task, chunks, retries, state: { at: "queued", notBefore: at, feedback: fact.feedback } };
}

/** Notes a failure on the latest attempt, so that history tells why it was not the last. */
function withFailure(task: Task, failure: Failure | null): Task {
  if (failure === null) return task;
  const last = task.attempts.length - 1;
  return { ...task, attempts: task.attempts.map((entry, i) => (i === last ? { ...entry, failure } : entry)) };
}

function seal(task: Task, fact: FactOf<"candidate.sealed">): Task {
  const state = { at: "sealed", attempt: fact.attempt, candidate: fact.candidate, failure: fact.failure } as const;
  return withFailure({ ...task, candidate: fact.candidate, state }, fact.failure);
}

/** The reviewer could not be asked now, and is asked later. */
function postpone(task: Task, fact: FactOf<"review.postponed">, state: WithCandidate): Task {
  const { notBefore, why, cause } = fact;
  const by = cause === "breaker" ? "breaker" : "retry";
  const retries = by === "breaker" ? task.retries : { ...task.retries, [cause]: (task.retries[cause] ?? 0) + 1 };
  return {
    ...task,
    retries,
    state: { at: "verified", ...carry(state), failure: null, postponed: { notBefore, why, by } },
  };
}

function endMerge(task: Task, fact: FactOf<"merge.ended">, state: WithCandidate): Task {
  const candidate = fact.candidate ?? state.candidate;
  const failure = "failure" in fact.outcome ? fact.outcome.failure : null;
  const next = {
    ...task,
    candidate,
    workBase: candidate.base,
    verification: fact.results.length > 0 ? fact.results : task.verification,
    state: { at: "merged", attempt: fact.attempt, candidate, outcome: fact.outcome } as const,
    ...(fact.outcome.kind === "merged" ? { mergedInto: fact.outcome.branch } : {}),
  };
  return withFailure(next, failure);
}

function decideRetry(task: Task, fact: FactOf<"retry.decided">): Task {
  if (task.state.at === "ended" || task.state.at === "running" || task.state.at === "queued") return task;
  return {
    ...task,
    retries: { ...task.retries, [fact.cause]: (task.retries[fact.cause] ?? 0) + 1 },
    chunks: isInterruption(fact.cause) ? task.chunks : { ...task.chunks, line: 0, idle: 0 },
    state: { at: "queued", notBefore: fact.notBefore, feedback: fact.feedback },
  };
}

function openCard(task: Task, fact: FactOf<"card.opened">): Task {
  if (task.state.at === "ended" || task.state.at === "blocked") return task;
  return {
    ...task,
    cards: task.cards + 1,
    state: { at: "blocked", card: fact.card, failure: fact.failure, before: task.state },
  };
}
