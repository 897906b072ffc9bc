import type { CrashPoint } from "../src/ports/blackboard.ts";
import type { Plan, PlannedAct, PlannedFault, PlannedTask } from "./plan.ts";
import { makeRandom, type Random } from "./random.ts";
import type { StoryName } from "./worker-stories.ts";

/** Every crash point there is, with how often it may be reached before the crash. */
const CRASH_POINTS: Readonly<Record<CrashPoint, number>> = {
  "journal.before-append": 60,
  "journal.after-append": 60,
  "inbox.after-journal": 4,
  "attempt.after-intent": 8,
  "attempt.after-spawn": 8,
  "attempt.after-exit": 8,
  "attempt.after-report": 8,
  "seal.after-commit": 6,
  "verify.after-run": 6,
  "review.after-answer": 5,
  "merge.after-rebase": 4,
  "merge.after-forward": 4,
  "projection.after-write": 60,
  "journal.after-rotate": 1,
  "task.after-keep": 8,
  "page.after-write": 6,
  "snapshot.before-write": 8,
  "snapshot.after-write": 8,
  "archive.after-write": 1,
  "archive.after-remove": 1,
};

const POINT_NAMES = Object.keys(CRASH_POINTS).filter((name): name is CrashPoint => name in CRASH_POINTS);

/** How often each story is told where a worker does not simply do its work. */
const MISHAPS: Readonly<Record<StoryName, number>> = {
  good: 0,
  lie: 6,
  idle: 2,
  stray: 2,
  wordless: 2,
  "no-sidecar": 1,
  "no-turn": 1,
  "bad-exit": 2,
  "says-failed": 1,
  "says-blocked": 2,
  silent: 2,
  endless: 1,
  stuck: 2,
  killed: 2,
  lost: 3,
  orphaned: 3,
  cut: 2,
  unavailable: 2,
  network: 2,
  auth: 1,
  "rate-limited": 3,
  "usage-limit": 1,
  "cloud-failed": 0,
  "cloud-gone": 0,
};

/** Nothing goes wrong from outside after this time, in ms. */
const CALM_MS = 240_000;

/** Pids, folders and branches carry these names. */
const PROJECTS = ["a", "b"];

/** The world that belongs to a seed. */
export function makePlan(seed: number): Plan {
  const random = makeRandom(seed).fork("plan");
  const projects = random.chance(0.4) ? PROJECTS : PROJECTS.slice(0, 1);
  const tasks = planTasks(random.fork("tasks"), projects);
  return {
    seed,
    projects,
    parallel: random.int(1, 4),
    moods: true,
    slowness: random.chance(0.5)
      ? { chance: 0, maxMs: 0 }
      : { chance: random.next() * 0.5, maxMs: random.spread(1, 300) },
    ...planHistory(random.fork("history")),
    tasks,
    acts: planActs(random.fork("acts"), projects, tasks),
    faults: planFaults(random.fork("faults"), projects),
  };
}

/** Mostly so that snapshots come all the time and tasks leave the world as soon as they have ended. */
function planHistory(random: Random): Pick<Plan, "snapshotBytes" | "recentTasks"> {
  return {
    snapshotBytes: Math.round(random.spread(500, 50_000)),
    recentTasks: random.chance(0.7) ? 0 : random.int(1, 3),
  };
}

function planTasks(random: Random, projects: readonly string[]): PlannedTask[] {
  const tasks: PlannedTask[] = [];
  const count = Math.floor(random.spread(1, 15.99));
  for (let n = 1; n <= count; n += 1) {
    const own = random.fork(`t${n}`);
    const project = own.pick(projects);
    const lane = laneOf(own);
    const before = tasks.filter((task) => task.project === project).map((task) => task.id);
    tasks.push({
      id: `t${n}`,
      project,
      after: before.filter(() => own.chance(0.25)).slice(-3),
      lane,
      review: own.chance(0.7),
      merge: own.chance(0.95),
      onBranch: own.chance(0.97),
      minutes: own.chance(0.1) ? own.spread(0.2, 4) : null,
      shared: own.chance(0.12) ? `shared/${own.int(1, 2)}.txt` : null,
      clash: before.length > 0 && own.chance(0.06) ? own.pick(before) : null,
      stories: lane === "cloud" ? [...planCloud(own.fork("cloud stories")), ...planStories(own)] : planStories(own),
    });
  }
  return tasks;
}

/** The share of the attached lane comes from a stream of its own. */
function laneOf(random: Random): PlannedTask["lane"] {
  if (random.chance(0.06)) return "local";
  if (random.fork("cloud").chance(0.1)) return "cloud";
  return random.fork("lane").chance(0.2) ? "attached" : "worktree";
}

function planStories(random: Random): StoryName[] {
  const stories: StoryName[] = [];
  const calm = random.chance(0.6) ? 0.9 : 0.4;
  while (!random.chance(0.4) && stories.length < 8) {
    stories.push(random.chance(calm) ? "good" : random.weighted(MISHAPS));
  }
  return [...stories, random.chance(0.85) ? "good" : random.weighted(MISHAPS)];
}

/** What only a task in the cloud may come to. */
function planCloud(random: Random): StoryName[] {
  return random.chance(0.5) ? [] : [random.pick(["cloud-failed", "cloud-gone", "no-sidecar", "lost"] as const)];
}

function planActs(random: Random, projects: readonly string[], tasks: readonly PlannedTask[]): PlannedAct[] {
  const acts: PlannedAct[] = [];
  const add = (act: (id: string) => PlannedAct): void => void acts.push(act(`u${acts.length + 1}`));
  const when = (): number => random.int(0, CALM_MS);
  for (const project of projects) planSubmits(random.fork(`submit ${project}`), { project, tasks, add });
  for (const { id: task } of tasks) {
    if (random.chance(0.12)) add((id) => ({ id, atMs: when(), kind: "cancel", task }));
    if (random.chance(0.12)) add((id) => ({ id, atMs: when(), kind: "retry", task }));
  }
  planTalk(random.fork("talk"), projects, { tasks, add });
  for (const project of projects) {
    const path = (): string => (random.chance(0.5) ? "shared/1.txt" : `src/${random.pick(tasks).id}.txt`);
    if (random.chance(0.15)) add((id) => ({ id, atMs: when(), kind: "commit", project, path: path() }));
    if (random.chance(0.3)) add((id) => ({ id, atMs: when(), kind: "commit", project, path: "notes.txt" }));
    const forMs = random.int(1000, 90_000);
    if (random.chance(0.2)) add((id) => ({ id, atMs: when(), kind: "edit", project, path: path(), forMs }));
    for (const kind of ["garbage", "second-engine", "stop-engine"] as const) {
      if (random.chance(0.1)) add((id) => ({ id, atMs: when(), kind, project }));
    }
  }
  return acts;
}

function planTalk(
  random: Random,
  projects: readonly string[],
  { tasks, add }: { tasks: readonly PlannedTask[]; add: (act: (id: string) => PlannedAct) => void },
): void {
  const atMs = (): number => random.int(0, CALM_MS);
  for (const { id: task, lane } of tasks)
    if (lane === "attached")
      for (let n = random.int(0, 3); n > 0; n -= 1) add((id) => ({ id, atMs: atMs(), kind: "steer", task }));
  for (const project of projects) {
    const [everyMs, times] = [random.int(1000, 20_000), random.int(1, 12)];
    if (random.chance(0.6)) add((id) => ({ id, atMs: atMs(), kind: "answer", project, everyMs, times }));
  }
}

/** Cuts the tasks of a project into one to three runs; nobody is submitted before those it waits for. */
function planSubmits(
  random: Random,
  of: { project: string; tasks: readonly PlannedTask[]; add: (act: (id: string) => PlannedAct) => void },
): void {
  const own = of.tasks.filter((task) => task.project === of.project).map((task) => task.id);
  const cuts = Math.min(own.length, random.int(1, 3));
  let atMs = random.int(0, 2000);
  for (let n = 0; n < cuts; n += 1) {
    const tasks = own.slice(Math.floor((own.length * n) / cuts), Math.floor((own.length * (n + 1)) / cuts));
    const at = atMs;
    of.add((id) => ({ id, atMs: at, kind: "submit", project: of.project, tasks }));
    atMs += random.int(0, CALM_MS / 3);
  }
}

function planFaults(random: Random, projects: readonly string[]): PlannedFault[] {
  const faults: PlannedFault[] = [];
  const count = random.pick([() => 0, () => random.int(1, 3), () => random.int(2, 6), () => random.int(4, 20)])();
  for (let n = 1; n <= count; n += 1) faults.push(planFault(random.fork(`f${n}`), `f${n}`, projects));
  return faults;
}

function planFault(random: Random, id: string, projects: readonly string[]): PlannedFault {
  const project = random.pick(projects);
  const atMs = random.int(0, CALM_MS / 2);
  const forMs = Math.round(random.spread(500, CALM_MS / 2));
  const kind = random.weighted({
    "crash-at": 8,
    crash: 4,
    reboot: 1,
    "kill-supervisor": 2,
    "clock-jump": 2,
    "disk-full": 2,
    slow: 2,
    storm: 1,
    "usage-limit": 1,
    "no-reviewer": 1,
  });
  switch (kind) {
    case "crash-at": {
      const point = random.pick(POINT_NAMES);
      return { id, kind, project, point, nth: random.int(1, CRASH_POINTS[point]) };
    }
    case "crash":
      return { id, kind, project, atMs };
    case "reboot":
      return { id, kind, atMs };
    case "kill-supervisor":
      return { id, kind, atMs, alone: random.chance(0.5) };
    case "clock-jump":
      return { id, kind, atMs, ms: random.chance(0.5) ? -random.int(1, 120_000) : random.int(1, 86_400_000) };
    case "disk-full":
      return { id, kind, project, atMs, forMs };
    default:
      return { id, kind, atMs, forMs };
  }
}
