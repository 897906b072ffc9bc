import { makeMemoryDisk } from "../src/blackboard/memory-disk.ts";
import { isoTime } from "../src/kernel/durations.ts";
import type { AttemptOrder } from "../src/ports/worker.ts";
import { makeClock } from "./clock.ts";
import { withChanges } from "./commits.ts";
import { type Invariant, makeFindings } from "./invariants.ts";
import { makeMachine } from "./machine.ts";
import { workerStarted } from "./observer.ts";
import type { Plan } from "./plan.ts";
import { makeProjectRecord } from "./project-record.ts";
import { makeRandom } from "./random.ts";
import { makeRepoState } from "./repo-state.ts";
import { plannedTask, projectAt, type SimProject, type SimWorld, type Tamper } from "./sim-world.ts";
import { fileOf } from "./submission.ts";
import { STORIES, type Story } from "./worker-stories.ts";
import { makeWorkerYard } from "./worker-yard.ts";

/** How a world is run. `onTrace`: gets every event as a line. `stopAt`: the world ends as soon as this is violated. */
export interface WorldOptions {
  readonly stopAt?: Invariant;
  readonly tamper?: Tamper;
  readonly onTrace?: (line: string) => void;
}

/** The world of a plan before anything has happened. */
export function makeWorld(plan: Plan, options: WorldOptions): SimWorld {
  const clock = makeClock();
  const machine = makeMachine();
  const random = makeRandom(plan.seed);
  const { onTrace } = options;
  const trace = (text: () => string): void =>
    onTrace?.(`${(clock.elapsed() / 1000).toFixed(3).padStart(10)}s ${text()}`);
  const note = (text: string): void => trace(() => text);
  const yard = makeWorkerYard({
    clock,
    machine,
    random: random.fork("yard"),
    story: (order) => storyOf(world, order),
    work: (order, work) => doWork(world, order, work),
    hasChange: (dir) => [...world.projects.values()].some(({ repo }) => repo.patches.has(dir)),
    onStart(folder) {
      trace(() => `worker started in ${folder.dir}`);
      workerStarted(world, folder);
    },
    onReply({ dir, n, isAsked, first, reply }) {
      trace(() => `answer ${n} for ${dir}: ${reply.verdict} by ${reply.by}`);
      const same = first === undefined || JSON.stringify(first) === JSON.stringify(reply);
      const detail = (): string => JSON.stringify({ dir, n, first, reply });
      world.findings.expect(isAsked && same, "answered-twice", dir, detail);
    },
    onSteer({ dir, k, isNext, first, text }) {
      trace(() => `word ${k} for ${dir}: ${text}`);
      const detail = (): string => JSON.stringify({ dir, k, first, text });
      world.findings.expect(isNext && (first ?? text) === text, "told-out-of-order", dir, detail);
    },
    onEnd: (folder) => trace(() => `worker ended in ${folder.dir}`),
  });
  const world: SimWorld = {
    plan,
    tasks: new Map(plan.tasks.map((task) => [task.id, task])),
    clock,
    random,
    machine,
    leases: new Map(),
    breakers: new Map(),
    windows: new Map(),
    launches: new Map(),
    yard,
    weather: { slowUntilMs: 0, stormUntilMs: 0, noReviewerUntilMs: 0, usageLimitUntilMs: 0, resetsAt: null },
    findings: makeFindings(() => clock.elapsed(), note),
    projects: new Map(plan.projects.map((name) => [name, makeProject(name)])),
    tamper: options.tamper ?? ((deps) => deps),
    cardListeners: new Set(),
    trace,
  };
  return world;
}

function makeProject(name: string): SimProject {
  const root = `/${name}`;
  return {
    name,
    root,
    disk: makeMemoryDisk(),
    repo: makeRepoState(root, { "README.md": `project ${name}`, "shared/1.txt": "1", "shared/2.txt": "2" }),
    record: makeProjectRecord(),
    live: new Set(),
    started: 0,
  };
}

/** What a worker does that starts now: what was planned for it, unless the provider lets nobody in. */
function storyOf(world: SimWorld, order: AttemptOrder): { story: Story; resetsAt: string | null } {
  const { weather, clock, random } = world;
  const { stories } = plannedTask(world, order.task);
  const last = stories.at(-1) ?? "good";
  // A credit window that never opens again would be waited for without an end.
  const planned = stories[order.attempt - 1] ?? (last === "usage-limit" ? "good" : last);
  const now = clock.elapsed();
  const inStorm = now < weather.stormUntilMs ? "rate-limited" : planned;
  const name = now < weather.usageLimitUntilMs ? "usage-limit" : inStorm;
  const own = isoTime(clock.now() + Math.round(random.fork(order.dir).spread(1000, 60_000)));
  const resetsAt = name === "usage-limit" ? (weather.resetsAt ?? own) : null;
  world.trace(() => `${order.dir} is told as: ${name}`);
  return { story: STORIES[name], resetsAt };
}

/** Edits of a worker in its work tree. Each attempt leaves a text of its own, so that it always changes something. */
function doWork(world: SimWorld, order: AttemptOrder, work: Story["work"]): void {
  const { repo } = projectAt(world, order.cwd);
  const tree = repo.trees.get(order.cwd);
  if (tree === undefined) {
    world.findings.add("tree-gone", order.dir, `${order.cwd} is gone while its worker works`);
    return;
  }
  const { shared } = plannedTask(world, order.task);
  const stray = `outside/${order.task}.txt`;
  const changes = new Map<string, string | null>([[fileOf(order.task), `${work} attempt ${order.attempt}`]]);
  if (work === "stray") changes.set(stray, "not asked for").set(fileOf(order.task), `good attempt ${order.attempt}`);
  if (work === "good") changes.set(stray, null);
  if (work !== "half" && shared !== null) changes.set(shared, `by ${order.task}`);
  if (order.lane === "cloud") repo.patches.set(order.dir, work === "none" ? new Map() : changes);
  else if (work !== "none") tree.files = withChanges(tree.files, changes);
}
