import { join } from "node:path";
import { openForReading } from "../blackboard/board.ts";
import { boardPaths } from "../blackboard/layout.ts";
import { admit, type Waiting } from "../decide/admission.ts";
import { atWork } from "../decide/cards/asks.ts";
import { restoreWorld } from "../engine/restore.ts";
import { CcoError } from "../kernel/errors.ts";
import { DEFAULT_CONFIG } from "../model/config.ts";
import type { Task, World } from "../model/task.ts";
import type { JournalContent } from "../ports/blackboard.ts";
import { hasExit, readClaim, workerOf } from "../process/attempt-files.ts";
import { isAlive } from "../process/process-identity.ts";
import { watchEngineFailure } from "./engine/engine-failure.ts";
import { ensureEngine, isEngineRunning } from "./engine/engine-process.ts";
import type { Project } from "./project.ts";
import { readTask } from "./board/read-board.ts";
import { hasOpenWork, waitingCommands } from "./engine/recover.ts";
import { systemClock } from "./system.ts";
import { VERSION } from "./version.ts";

/** Where the worker of a running attempt is. `ended`: its exit record is there and not yet read. */
export type WorkerState = "alive" | "ended" | "dead" | "not started";

/** One open task: where it was, and what is done now. */
export interface ResumedTask {
  readonly id: string;
  readonly phase: Task["state"]["at"];
  readonly attempt: number;
  readonly worker: WorkerState | null;
  readonly was: string;
  readonly now: string;
}

/** Where things are on a blackboard. `engine` `killed`: it ended without a last word; `idle`: in good order. */
export interface BoardState {
  readonly engine: "running" | "killed" | "idle";
  /** Bytes of an unfinished last journal line, which count for nothing. */
  readonly torn: number;
  /** Commands in the inbox that no engine has taken. */
  readonly commands: number;
  readonly tasks: readonly ResumedTask[];
  readonly seq: number;
}

/** Reads the journal and looks at the processes; changes nothing. Throws BOARD_CORRUPT, BOARD_VERSION. */
export async function readBoardState(project: Project): Promise<BoardState> {
  const running = isEngineRunning(project);
  const { world, content } = await restoreWorld(openForReading(project.board), { version: VERSION });
  const { waiting } = admit(world, DEFAULT_CONFIG.worker.parallel, systemClock().now());
  return {
    engine: running ? "running" : lastWord(content),
    torn: content.torn,
    commands: waitingCommands(project),
    tasks: openTasks(world).map((task) => resumed(project, task, waiting.get(task.id))),
    seq: world.seq,
  };
}

/** Time that an engine has to take the board over, in ms. */
const TAKE_OVER_MS = 30_000;

/** Time between two looks for it, in ms. */
const LOOK_MS = 100;

/** Starts an engine when there is something for it and waits until it has taken over; false when there is nothing. Throws ENGINE_START and why it failed. */
export async function takeOver(project: Project, before: BoardState): Promise<boolean> {
  if (before.engine === "running") return true;
  if (before.tasks.length === 0 && !hasOpenWork(project)) return false;
  const clock = systemClock();
  const throwEngineFailure = watchEngineFailure(project);
  for (let waitedMs = 0; waitedMs < TAKE_OVER_MS; waitedMs += LOOK_MS) {
    ensureEngine(project);
    await clock.sleep(LOOK_MS);
    throwEngineFailure();
    const content = await openForReading(project.board).readJournal();
    if (hasStarted(content, before.seq)) return true;
  }
  throw new CcoError("ENGINE_START", `no engine has taken over within ${TAKE_OVER_MS / 1000} s`, {
    hint: `read ${join(project.board, "engine.log")}, then cco engine --foreground`,
  });
}

/** True when an engine has come since this line; a snapshot is made by one that works. */
function hasStarted({ snapshot, records }: JournalContent, seq: number): boolean {
  if (snapshot !== null && snapshot.seq > seq) return true;
  return records.some((record) => record.seq > seq && record.fact.type === "engine.started");
}

function lastWord({ snapshot, records }: JournalContent): "killed" | "idle" {
  const last = records.findLast(({ fact }) => fact.type === "engine.started" || fact.type === "engine.stopped");
  if (last === undefined) return snapshot === null ? "idle" : "killed";
  return last.fact.type === "engine.started" ? "killed" : "idle";
}

function openTasks(world: World): Task[] {
  return [...world.open].map((id) => world.tasks.get(id)).filter((task) => task !== undefined);
}

function resumed(project: Project, task: Task, waiting: Waiting | undefined): ResumedTask {
  const { id, state } = task;
  const worker = atWork(state) === null ? null : workerState(project, task);
  return {
    id,
    phase: state.at,
    attempt: task.attempts.length,
    worker,
    ...inWords(task, worker, waitText(project, id, waiting)),
  };
}

/** What a queued task waits for; caps, breakers and windows are what the last engine saw. */
function waitText(project: Project, id: string, waiting: Waiting | undefined): Wait {
  if (waiting !== undefined) return { detail: `${waiting.for}: ${waiting.detail}`, paused: waiting.paused };
  return { detail: readTask(project, id)?.waitingFor ?? "next in line", paused: false };
}

interface Wait {
  readonly detail: string;
  readonly paused: boolean;
}

function workerState(project: Project, task: Task): WorkerState {
  const dir = boardPaths(project.board).attempt(task.id, task.attempts.length);
  if (hasExit(dir)) return "ended";
  const claim = readClaim(dir);
  if (claim === "none") return "not started";
  if (claim === "unreadable" || !isAlive(claim)) return "dead";
  const worker = workerOf(claim);
  return worker === null || isAlive(worker) ? "alive" : "dead";
}

type Words = Pick<ResumedTask, "was" | "now">;

const WORKER_WORDS: Readonly<Record<WorkerState, Words>> = {
  alive: { was: "its worker is alive", now: "it is adopted and goes on" },
  ended: { was: "its worker has ended meanwhile", now: "what it left is read and judged" },
  dead: {
    was: "its worker is dead and left no record",
    now: "what is left of it is ended and kept; then it is decided",
  },
  "not started": { was: "its worker was not started yet", now: "it is started, once" },
};

function inWords(task: Task, worker: WorkerState | null, wait: Wait): Words {
  const { state } = task;
  if (worker === "alive" && state.at === "blocked")
    return {
      was: `its worker is alive and waits for ${state.card.id}`,
      now: `it goes on after cco decide ${state.card.id}`,
    };
  if (worker !== null) return WORKER_WORDS[worker];
  switch (state.at) {
    case "queued":
      return {
        was: `waited (${wait.detail})`,
        now: wait.paused ? "nothing, until that is settled" : "it starts when its turn comes",
      };
    case "attempted":
      return { was: "its worker had ended", now: "its change is committed and checked" };
    case "sealed":
      return { was: "its checks were running", now: "they are run again from the start" };
    case "verified":
      return { was: "its checks were done", now: "it is reviewed, again if that was cut off" };
    case "reviewed":
    case "merging":
      return { was: "it was being merged", now: "the merge is finished, once" };
    case "dead":
      return { was: "it is parked as a dead letter", now: `it is tried again at ${state.retryAfter}` };
    case "blocked":
      return { was: `it waits for ${state.card.id}`, now: `nothing, until cco decide ${state.card.id}` };
    default:
      return { was: "it was about to end", now: "it is ended" };
  }
}
