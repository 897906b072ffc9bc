import type { Finding, Invariant } from "../../sim/invariants.ts";
import { makePlan } from "../../sim/make-plan.ts";
import type { Plan, PlannedTask } from "../../sim/plan.ts";
import { runWorld } from "../../sim/run-world.ts";
import type { Tamper } from "../../sim/sim-world.ts";

/** A task whose first worker does its work well; parts may be replaced. */
export function plannedTask(id: string, parts: Partial<PlannedTask> = {}): PlannedTask {
  return {
    id,
    project: "a",
    after: [],
    lane: "worktree",
    review: false,
    merge: true,
    onBranch: true,
    minutes: null,
    shared: null,
    clash: null,
    stories: ["good"],
    ...parts,
  };
}

/** A world in which nothing goes wrong: one project, its tasks submitted at once. Parts may be replaced. */
export function calmPlan(tasks: readonly PlannedTask[], parts: Partial<Plan> = {}): Plan {
  const ids = (project: string): string[] => tasks.filter((task) => task.project === project).map((task) => task.id);
  const projects = [...new Set(tasks.map((task) => task.project))];
  return {
    seed: 1,
    projects,
    parallel: 3,
    moods: false,
    slowness: { chance: 0, maxMs: 0 },
    snapshotBytes: 2000,
    recentTasks: 0,
    tasks,
    acts: projects.map((project, n) => ({ id: `s${n}`, atMs: 0, kind: "submit", project, tasks: ids(project) })),
    faults: [],
    ...parts,
  };
}

/** Seeds that are tried at most until a violation shows. */
const HUNTED = 60;

/** Violations in the worlds of many seeds, until the invariant is among them. */
export async function hunt(
  invariant: Invariant,
  tamper: Tamper,
  planOf: (seed: number) => Plan = makePlan,
): Promise<readonly Finding[]> {
  for (let seed = 1; seed <= HUNTED; seed += 1) {
    const { findings } = await runWorld(planOf(seed), { tamper, stopAt: invariant });
    if (findings.some((finding) => finding.invariant === invariant)) return findings;
  }
  return [];
}

/** Every line of the trace of a world, and its violations. */
export async function traceOf(plan: Plan, tamper?: Tamper): Promise<{ lines: string[]; findings: readonly Finding[] }> {
  const lines: string[] = [];
  const options = { onTrace: (line: string): void => void lines.push(line) };
  const { findings } = await runWorld(plan, tamper === undefined ? options : { ...options, tamper });
  return { lines, findings };
}
