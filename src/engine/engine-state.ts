import type { Decision } from "../decide/decide.ts";
import { applyRecord, tasksNamed } from "../decide/fold.ts";
import type { Config } from "../model/config.ts";
import type { TaskOutcome } from "../model/ledger.ts";
import type { Fact } from "../model/record.ts";
import type { World } from "../model/task.ts";
import { type Checkpoints, createCheckpoints } from "./checkpoints.ts";
import type { EngineDeps } from "./deps.ts";
import { createDerivedLines, type DerivedLines } from "./derived-lines.ts";
import { createForecastFile, type ForecastFile } from "./forecast-file.ts";
import { createHistory } from "./ledger.ts";
import { NOTHING_OUTSIDE, type Outside } from "./outside.ts";
import { createProjector, type Projector } from "./pages/projector.ts";
import { bringBack, restoreWorld } from "./restore.ts";
import { createRetirement, type Retirement } from "./retire.ts";
import { createSpending, type SpendingWatch } from "./spending.ts";
import { createTelling, type Telling } from "./events/telling.ts";
import type { Waker } from "./waker.ts";
import { type CapWatch, createCapWatch, recallSpending } from "./caps.ts";
import { createWindowAsking, type WindowAsking } from "./window-asking.ts";
import { createWindowEars, type WindowEars } from "./windows.ts";

/** Everything that one engine knows while it runs. */
export interface EngineState {
  readonly deps: EngineDeps;
  readonly world: World;
  readonly projector: Projector;
  readonly forecast: ForecastFile;
  readonly telling: Telling;
  readonly ears: WindowEars;
  readonly asking: WindowAsking;
  readonly checkpoints: Checkpoints;
  readonly history: readonly TaskOutcome[];
  readonly spending: SpendingWatch;
  readonly caps: CapWatch;
  /** The ledger and whatever else follows from the journal line by line. */
  readonly derived: DerivedLines;
  retirement: Retirement;
  readonly waker: Waker;
  /** Effects under way, by `kind task`. */
  readonly inFlight: Map<string, AbortController>;
  config: Config;
  /** Tail of the queue of journal writes; never rejects. */
  writes: Promise<void>;
  /** What the journal up to `seq` led to; null when something else may have changed. Nothing is decided twice while all is quiet. */
  last: { readonly decision: Decision; readonly seq: number; readonly atMs: number; readonly outside: string } | null;
  /** Breaker and credit windows of the workers' account as they were at the beginning of the round; others change them too. */
  outside: Outside;
}

/** The state of an engine that has read the board and done nothing yet. */
export async function openState(deps: EngineDeps, waker: Waker): Promise<EngineState> {
  const { board, version, log } = deps;
  const config = await deps.loadConfig();
  const history = createHistory();
  const spending = createSpending();
  const derived = createDerivedLines(board, [spending.file, history.file]);
  await derived.open();
  await recallSpending(board, spending.sums);
  const { world, content, unusable } = await restoreWorld(board, {
    version,
    objection: ({ lines }) => (derived.behind(lines) === null ? null : `${derived.behind(lines) ?? ""} has lost lines`),
    onRecord: (before, record) => derived.take(before, record),
  });
  derived.replayed(world);
  if (unusable !== null) log.warn(`the whole journal was read: ${unusable}`);
  if (content.torn > 0) log.warn(`dropped ${content.torn} bytes of an unfinished last journal line`);
  const projector = createProjector(board);
  const inFlight = new Map<string, AbortController>();
  const state: EngineState = {
    deps,
    world,
    projector,
    derived,
    waker,
    inFlight,
    config,
    forecast: createForecastFile(board),
    telling: createTelling(deps, () => waker.wake()),
    ears: createWindowEars(deps),
    asking: createWindowAsking(deps),
    checkpoints: createCheckpoints(board),
    history: history.outcomes,
    spending,
    caps: createCapWatch(deps),
    retirement: createRetirement({
      board,
      world,
      projector,
      derived,
      version,
      recent: deps.recentTasks,
      snapshotSeq: content.snapshot?.seq ?? 0,
      isBusy: (task) => [...inFlight.keys()].some((key) => key.endsWith(` ${task}`)),
      undisturbed: (work) => inTurn(state, work),
    }),
    writes: Promise.resolve(),
    last: null,
    outside: NOTHING_OUTSIDE,
  };
  return state;
}

/** Journals facts and folds them in, one batch after the other: the order of the world is the order of the journal. */
export function record(state: EngineState, facts: readonly Fact[]): Promise<void> {
  if (facts.length === 0) return Promise.resolve();
  const { deps, world, derived } = state;
  return inTurn(state, async () => {
    // Before the append: what is in the journal is folded in as a whole.
    for (const fact of facts) await bringBack(deps.board, world, tasksNamed(fact));
    for (const line of await deps.board.append(facts, deps.clock.now())) {
      derived.take(world, line);
      state.spending.take(world, line);
      applyRecord(world, line);
    }
  });
}

/** Does one piece of work on the journal after the other. */
export function inTurn<T>(state: EngineState, work: () => Promise<T>): Promise<T> {
  const done = state.writes.then(work);
  state.writes = done.then(
    () => undefined,
    () => undefined,
  );
  return done;
}
