import { applyRecord } from "../src/decide/fold.ts";
import type { Fact, JournalRecord } from "../src/model/record.ts";
import { type Task, emptyWorld, type World } from "../src/model/task.ts";

/** What the observer knows of a project: its journal as it was acknowledged, and the fold of it. */
export interface ProjectRecord {
  world: World;
  readonly lines: JournalRecord[];
  /** Statuses and cards that the board may show at the next projection: those at the last one and everything since. */
  readonly recent: RecentPicture;
  /** Commands that were put into the inbox. */
  readonly commands: Set<string>;
  /** Commands that are in the journal. */
  readonly done: Set<string>;
  /** Moves of a user's branch that brought the work of a task along, by task. */
  readonly merges: Map<string, number>;
  /** Attempts since a person last asked for more, by task. */
  readonly attempts: Map<string, number>;
  /** Where `main` was when it was last looked at; null before. */
  tip: string | null;
  /** Paths that the user has committed. */
  readonly userPaths: Set<string>;
}

/** What was true of each task at some time since the projection before. */
export interface RecentPicture {
  readonly statuses: Map<string, Set<string>>;
  readonly cards: Set<string>;
  /** Cards that were open at the projection before. */
  openBefore: ReadonlySet<string>;
}

/** Nothing has happened yet. */
export function makeProjectRecord(): ProjectRecord {
  return {
    world: emptyWorld(),
    lines: [],
    recent: { statuses: new Map(), cards: new Set(), openBefore: new Set() },
    commands: new Set(),
    done: new Set(),
    merges: new Map(),
    attempts: new Map(),
    tip: null,
    userPaths: new Set(),
  };
}

/** Takes one line into the record. */
export function takeLine(record: ProjectRecord, line: JournalRecord): void {
  record.lines.push(line);
  applyRecord(record.world, line);
  const { fact } = line;
  if (fact.type === "command.done") record.done.add(fact.command);
  if (fact.type === "task.reopened" || fact.type === "card.answered") record.attempts.set(fact.task, 0);
  if (fact.type === "attempt.started") record.attempts.set(fact.task, (record.attempts.get(fact.task) ?? 0) + 1);
  // Waiting for a credit window is no fault of the task and not bounded; a chunk is no attempt at the whole.
  const isFree = fact.type === "retry.decided" && fact.cause === "CODEX_USAGE_LIMIT";
  // A sweep is one more try each time until the letter is archived.
  if (isFree || fact.type === "chunk.ended" || fact.type === "task.swept") {
    record.attempts.set(fact.task, (record.attempts.get(fact.task) ?? 0) - 1);
  }
  const task = record.world.tasks.get(taskOf(fact));
  if (task === undefined) return;
  remember(record.recent, task);
  if (fact.type === "task.submitted") record.recent.statuses.get(task.id)?.add(NO_PICTURE);
}

/** Task that a fact is about, or nothing. */
export function taskOf(fact: Fact): string {
  if (fact.type === "card.opened") return fact.card.task;
  return "task" in fact ? fact.task : "";
}

/** What the board has to show of a task, in short. */
export function pictureOf(task: Task): string {
  const { state } = task;
  const card = state.at === "blocked" ? state.card.id : "none";
  return `${statusOf(task)}, ${task.attempts.length} attempts, card ${card}`;
}

function statusOf({ state }: Task): string {
  if (state.at === "ended") return state.status;
  if (state.at === "dead") return "dead";
  if (state.at === "queued") return "waiting";
  return state.at === "blocked" ? "blocked" : "running";
}

/** Picture of a task that is not on the board yet. */
export const NO_PICTURE = "not on the board";

function remember(recent: RecentPicture, task: Task): void {
  const pictures = recent.statuses.get(task.id) ?? new Set<string>();
  recent.statuses.set(task.id, pictures.add(pictureOf(task)));
  if (task.state.at === "blocked") recent.cards.add(task.state.card.id);
}

/** A projection has ended: from here on only what is true now, and what comes, may be seen at the next one. */
export function beginRound(record: ProjectRecord): void {
  const { recent, world } = record;
  recent.statuses.clear();
  recent.cards.clear();
  for (const task of world.tasks.values()) remember(recent, task);
  recent.openBefore = new Set(recent.cards);
}

/** True when nothing will happen to the task without a person: it has ended, or what it waits for ended otherwise or will not go on. */
export function isSettled(world: World, task: Task): boolean {
  if (task.state.at === "ended") return true;
  return task.state.at === "queued" && isPaused(world, task);
}

function isPaused(world: World, task: Task): boolean {
  return task.envelope.after.some((id) => {
    const before = world.tasks.get(id);
    if (before === undefined) return true;
    if (before.state.at === "ended") return before.state.status !== "accepted";
    return before.state.at === "queued" && isPaused(world, before);
  });
}
