import type { EngineDeps } from "../src/engine/deps.ts";
import { runEngine } from "../src/engine/engine.ts";
import { CcoError, describeThrown } from "../src/kernel/errors.ts";
import type { Fact } from "../src/model/record.ts";
import type { CrashPoint } from "../src/ports/blackboard.ts";
import { enginePorts, tearJournal } from "./engine-ports.ts";
import { gateDeps } from "./gated-ports.ts";
import { EngineCrashed, makeGate } from "./gate.ts";
import { checkHistory } from "./history-checks.ts";
import { boardProjected, engineEnded, linesAppended } from "./observer.ts";
import type { Random } from "./random.ts";
import type { Session, SimProject, SimWorld } from "./sim-world.ts";

/** What a session tells whoever started it. */
export interface SessionEvents {
  /** The engine reached a named crash point; true kills it there. */
  reached(point: CrashPoint): boolean;
  /** The engine works no longer. */
  ended(): void;
}

/** The process of an engine that was asked to stop may stay this long after it has given its lock back, in ms. */
const LINGER_MS = 2000;

/** A process and what it is in the middle of. */
interface Process {
  gone: boolean;
  /** Facts on their way to the journal, while nothing of them is there. */
  appending: readonly Fact[] | null;
}

/** Starts the real engine on a project, with ports that die with it. */
export function startSession(world: SimWorld, project: SimProject, events: SessionEvents): Session {
  const { machine, clock } = world;
  project.started += 1;
  const name = `${project.name} engine ${project.started}`;
  const random = world.random.fork(name);
  const identity = machine.start();
  const process: Process = { gone: false, appending: null };
  const isGone = (): boolean => process.gone;
  const stop = new AbortController();

  function leave(how: string): void {
    if (process.gone) return;
    process.gone = true;
    machine.end(identity);
    world.trace(() => `${name} ${how}`);
  }

  function crash(why: string): void {
    if (process.gone) return;
    if (process.appending !== null && random.chance(0.5)) tearJournal(project.disk, process.appending, random.next());
    leave(`is killed: ${why}`);
    events.ended();
  }

  function reached(point: CrashPoint): void {
    if (process.gone) throw new EngineCrashed();
    if (point === "journal.after-append") process.appending = null;
    if (point === "projection.after-write") boardProjected(world, project);
    if (!events.reached(point)) return;
    crash(point);
    throw new EngineCrashed();
  }

  const gate = makeGate({ isGone, delayMs: () => delayMs(world, random), sleep: (ms) => clock.sleep(ms) });
  const ports = world.tamper(enginePorts(world, project, { identity, random, isGone, reached }), world);
  world.trace(() => `${name} starts as process ${identity.pid}`);
  runEngine(observe(world, project, { deps: gateDeps(ports, gate), process }), stop.signal).then(
    () => {
      if (stop.signal.aborted) clock.after(random.int(0, LINGER_MS), () => leave("is gone"));
      else engineEnded(world, project, identity.pid);
      if (!stop.signal.aborted) leave("ends by itself");
      events.ended();
    },
    (error: unknown) => {
      world.findings.expect(isExpected(error), "engine-failed", project.name, () => describeThrown(error));
      leave(`fails: ${describeThrown(error)}`);
      events.ended();
    },
  );
  return { isGone, crash, stop: () => stop.abort() };
}

/** Errors with which an engine may end: a full disk, or another engine that is there already. */
function isExpected(error: unknown): boolean {
  return error instanceof CcoError && (error.code === "BOARD_WRITE" || error.code === "BOARD_LOCKED");
}

/** How long the next call takes on each side of its effect, in ms. */
function delayMs({ plan, weather, clock }: SimWorld, random: Random): number {
  const isSlow = clock.elapsed() < weather.slowUntilMs;
  const { chance, maxMs } = isSlow ? { chance: 0.5, maxMs: 1500 } : plan.slowness;
  return chance > 0 && random.chance(chance) ? random.int(1, Math.ceil(maxMs)) : 0;
}

/** Tells the observer what the engine was told, at the moment at which it hears of it. */
function observe(world: SimWorld, project: SimProject, of: { deps: EngineDeps; process: Process }): EngineDeps {
  const { deps, process } = of;
  const { board } = deps;
  return {
    ...deps,
    board: {
      ...board,
      async append(facts, nowMs) {
        process.appending = facts;
        try {
          const lines = await board.append(facts, nowMs);
          linesAppended(world, project, lines);
          return lines;
        } finally {
          process.appending = null;
        }
      },
      async readJournal(options) {
        try {
          return await board.readJournal(options);
        } finally {
          await checkHistory(world, project);
        }
      },
    },
  };
}
