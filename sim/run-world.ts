import { describeThrown } from "../src/kernel/errors.ts";
import { scheduleActs, scheduleFaults } from "./acts.ts";
import { settled } from "./clock.ts";
import { answerCards, makeFaces } from "./faces.ts";
import type { Finding, Invariant } from "./invariants.ts";
import { makeWorld, type WorldOptions } from "./make-world.ts";
import type { Plan } from "./plan.ts";
import { checkHistory } from "./history-checks.ts";
import { checkAtRest } from "./rest-checks.ts";
import type { SimWorld } from "./sim-world.ts";

/** What came of a world. `steps`: pieces of work on the clock; `virtualMs`: time that passed in it. */
export interface WorldResult {
  readonly findings: readonly Finding[];
  readonly steps: number;
  readonly virtualMs: number;
}

/** A world that is still busy after this many steps, or after this much virtual time in ms, does not come to rest. */
const MOST_STEPS = 200_000;
const MOST_MS = 6 * 3_600_000;

/** Plays a plan to its end, with every check on the way and at rest. */
export async function runWorld(plan: Plan, options: WorldOptions = {}): Promise<WorldResult> {
  const world = makeWorld(plan, options);
  const onUnhandled = (error: unknown): void => world.findings.add("engine-failed", "unhandled", describeThrown(error));
  process.on("unhandledRejection", onUnhandled);
  try {
    const steps = await play(world, options.stopAt ?? null);
    return { findings: world.findings.all, steps, virtualMs: world.clock.elapsed() };
  } finally {
    process.off("unhandledRejection", onUnhandled);
  }
}

async function play(world: SimWorld, stopAt: Invariant | null): Promise<number> {
  const { clock, findings } = world;
  const faces = makeFaces(world, scheduleFaults(world));
  scheduleActs(world, faces);
  answerCards(world, faces);
  let steps = 0;
  for (; steps < MOST_STEPS && clock.elapsed() < MOST_MS; steps += 1) {
    await settled();
    if (stopAt !== null && findings.all.some((finding) => finding.invariant === stopAt)) return steps;
    if (!clock.step()) break;
  }
  const isBusy = steps === MOST_STEPS || clock.elapsed() >= MOST_MS;
  const running = [...world.projects.values()]
    .filter((project) => project.live.size > 0)
    .map((project) => project.name);
  findings.expect(
    !isBusy,
    "rest",
    "world",
    () => `still busy after ${steps} steps and ${Math.round(clock.elapsed() / 1000)} s`,
  );
  findings.expect(
    isBusy || running.length === 0,
    "rest",
    "world",
    () => `engines wait for nothing: ${running.join(", ")}`,
  );
  for (const project of world.projects.values()) {
    checkAtRest(world, project);
    await checkHistory(world, project);
  }
  return steps;
}
