import type { CrashPoint } from "../src/ports/blackboard.ts";
import type { StoryName } from "./worker-stories.ts";

/** One task of a simulated world. Ids are unique over all projects. */
export interface PlannedTask {
  readonly id: string;
  readonly project: string;
  readonly after: readonly string[];
  readonly lane: "worktree" | "local" | "attached" | "cloud";
  readonly review: boolean;
  readonly merge: boolean;
  /** False: submitted from a detached HEAD. */
  readonly onBranch: boolean;
  /** Budget of all its sessions together; null = none. */
  readonly minutes: number | null;
  /** A path that others change as well: whoever merges second has a conflict. */
  readonly shared: string | null;
  /** A task whose work makes the check of this one red. */
  readonly clash: string | null;
  /** What its workers do, by attempt; the last one goes on for ever. */
  readonly stories: readonly StoryName[];
}

/** What people do from outside. Times are ms from the start. */
export type PlannedAct = { readonly id: string; readonly atMs: number } & (
  | { readonly kind: "submit"; readonly project: string; readonly tasks: readonly string[] }
  | { readonly kind: "cancel" | "retry" | "steer"; readonly task: string }
  /** A person looks at the cards from then on, and answers those that are open, after this time each. */
  | { readonly kind: "answer"; readonly project: string; readonly everyMs: number; readonly times: number }
  | { readonly kind: "commit"; readonly project: string; readonly path: string }
  | { readonly kind: "edit"; readonly project: string; readonly path: string; readonly forMs: number }
  | { readonly kind: "garbage" | "second-engine" | "stop-engine"; readonly project: string }
);

/** What goes wrong. `project` null: all of them. */
export type PlannedFault = { readonly id: string } & (
  | { readonly kind: "crash-at"; readonly project: string; readonly point: CrashPoint; readonly nth: number }
  | { readonly kind: "crash"; readonly project: string; readonly atMs: number }
  | { readonly kind: "reboot"; readonly atMs: number }
  | { readonly kind: "kill-supervisor"; readonly atMs: number; readonly alone: boolean }
  | { readonly kind: "clock-jump"; readonly atMs: number; readonly ms: number }
  | { readonly kind: "disk-full"; readonly project: string; readonly atMs: number; readonly forMs: number }
  | { readonly kind: "slow" | "storm" | "usage-limit" | "no-reviewer"; readonly atMs: number; readonly forMs: number }
);

/** Everything that happens to one simulated world, apart from chance, which the seed decides. */
export interface Plan {
  readonly seed: number;
  readonly projects: readonly string[];
  /** Workers at once, over all projects. */
  readonly parallel: number;
  /** True: the sandbox and the reviewer fail now and then, and reviews find something. */
  readonly moods: boolean;
  /** Share of calls that take a while, and how long at most, in ms. */
  readonly slowness: { readonly chance: number; readonly maxMs: number };
  /** Bytes of the journal between two snapshots, and ended tasks that stay in the world. */
  readonly snapshotBytes: number;
  readonly recentTasks: number;
  readonly tasks: readonly PlannedTask[];
  readonly acts: readonly PlannedAct[];
  readonly faults: readonly PlannedFault[];
}

/** The plan without some of its tasks, acts and faults; what belongs to a task goes with it. */
export function without(plan: Plan, ids: ReadonlySet<string>): Plan {
  const tasks = plan.tasks
    .filter((task) => !ids.has(task.id))
    .map((task) => ({ ...task, after: task.after.filter((id) => !ids.has(id)) }));
  const left = new Set(tasks.map((task) => task.id));
  const acts = plan.acts
    .filter((act) => !ids.has(act.id))
    .map((act) => (act.kind === "submit" ? { ...act, tasks: act.tasks.filter((id) => left.has(id)) } : act))
    .filter((act) => (act.kind === "submit" ? act.tasks.length > 0 : !("task" in act) || left.has(act.task)));
  return { ...plan, tasks, acts, faults: plan.faults.filter((fault) => !ids.has(fault.id)) };
}

/** Everything that can be left out of a plan. */
export function partsOf(plan: Plan): string[] {
  return [...plan.faults, ...plan.acts.filter((act) => act.kind !== "submit"), ...plan.tasks].map((part) => part.id);
}
