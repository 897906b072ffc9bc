import type { MemoryBreakers } from "../src/blackboard/memory-breakers.ts";
import type { MemoryDisk } from "../src/blackboard/memory-disk.ts";
import type { MemoryLeases } from "../src/blackboard/memory-slots.ts";
import type { EngineDeps } from "../src/engine/deps.ts";
import type { Card } from "../src/model/card.ts";
import type { VirtualClock } from "./clock.ts";
import type { Findings } from "./invariants.ts";
import type { Machine } from "./machine.ts";
import type { Plan, PlannedTask } from "./plan.ts";
import type { ProjectRecord } from "./project-record.ts";
import type { Random } from "./random.ts";
import type { RepoState } from "./repo-state.ts";
import type { WorkerYard } from "./worker-yard.ts";

/** One engine process of one project, from its start to its end or death. */
export interface Session {
  isGone(): boolean;
  /** Kills the process. */
  crash(why: string): void;
  /** Asks it to end, as SIGTERM does. */
  stop(): void;
}

/** Deliberate damage to the ports of an engine, to see that the simulator notices. */
export type Tamper = (deps: EngineDeps, world: SimWorld) => EngineDeps;

/** Trouble that comes over all projects for a while; each until a time in ms since the start. */
export interface Weather {
  slowUntilMs: number;
  stormUntilMs: number;
  noReviewerUntilMs: number;
  usageLimitUntilMs: number;
  /** When the credit window opens again: ISO 8601, as the provider says it. */
  resetsAt: string | null;
}

/** One project of the user: what lies on its disk, and the engines that run. */
export interface SimProject {
  readonly name: string;
  readonly root: string;
  readonly disk: MemoryDisk;
  readonly repo: RepoState;
  readonly record: ProjectRecord;
  /** Engines that work now: one, or for a moment a second one that is about to find the lock taken. */
  readonly live: Set<Session>;
  /** Engines started so far. */
  started: number;
}

/** A simulated world while it runs. */
export interface SimWorld {
  readonly plan: Plan;
  readonly tasks: ReadonlyMap<string, PlannedTask>;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly machine: Machine;
  readonly leases: MemoryLeases;
  readonly breakers: MemoryBreakers;
  readonly windows: Map<string, string>;
  /** When a worker was launched in a folder, by the machine's clock in ms. */
  readonly launches: Map<string, number>;
  readonly yard: WorkerYard;
  readonly weather: Weather;
  readonly findings: Findings;
  readonly projects: ReadonlyMap<string, SimProject>;
  readonly tamper: Tamper;
  /** Called with every card that is opened. */
  readonly cardListeners: Set<(project: SimProject, card: Card) => void>;
  /** Writes down what happens; free when nobody reads it. */
  trace(text: () => string): void;
}

/** The project with this name. */
export function projectOf(world: SimWorld, name: string): SimProject {
  const project = world.projects.get(name);
  if (project === undefined) throw new Error(`no project ${name}`);
  return project;
}

/** The project in which an absolute path lies. */
export function projectAt(world: SimWorld, path: string): SimProject {
  return projectOf(world, path.split("/")[1] ?? "");
}

/** The task with this id as it was planned. */
export function plannedTask(world: SimWorld, id: string): PlannedTask {
  const task = world.tasks.get(id);
  if (task === undefined) throw new Error(`no task ${id} in the plan`);
  return task;
}
