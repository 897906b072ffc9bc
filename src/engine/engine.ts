import { describeThrown, CcoError } from "../kernel/errors.ts";
import { atWork } from "../decide/cards/asks.ts";
import { decide, type Decision, type Effect, type EffectKind } from "../decide/decide.ts";
import { windowsAt } from "../decide/windows/window.ts";
import type { Fact } from "../model/record.ts";
import type { EffectContext, EngineDeps } from "./deps.ts";
import { type EngineState, inTurn, openState, record } from "./engine-state.ts";
import { EFFECT_RUNS } from "./effects.ts";
import { commandEffect, refusalText } from "./inbox.ts";
import { closeMerged } from "./merge.ts";
import { reportCheckpoints } from "./checkpoints.ts";
import { effectFailed } from "./effect-failed.ts";
import type { Retirement } from "./retire.ts";
import { lookOutside, stampOf } from "./outside.ts";
import { leavePlace, leaveTurn } from "./turn.ts";
import { createWaker } from "./waker.ts";

/** Longest time between two looks at the inbox, in ms: watching is a hint, this is the truth. Rarer when nothing is under way. */
const INBOX_POLL_MS = { busy: 2000, idle: 10_000 };

/** Time after which a board that could not be written is tried again, in ms. */
const WRITE_RETRY_MS = 1000;

/** Runs the engine until nothing is open for `engine.idleSeconds`, or until the signal. Throws BOARD_LOCKED when one runs already. */
export async function runEngine(deps: EngineDeps, signal: AbortSignal): Promise<void> {
  await deps.board.lock();
  const waker = createWaker(deps.clock);
  const stopWatching = deps.board.watchInbox(() => waker.wake());
  try {
    const state = await openState(deps, waker);
    await reportCheckpoints(deps, state.world);
    await loop(state, signal);
  } finally {
    stopWatching();
    await deps.board.unlock();
  }
}

async function loop(state: EngineState, signal: AbortSignal): Promise<void> {
  const { deps, waker } = state;
  signal.addEventListener("abort", () => waker.wake());
  let opening: readonly Fact[] = [{ type: "engine.started", pid: deps.pid, version: deps.version }];
  let idleSince: number | null = null;
  while (!signal.aborted) {
    const round = await oneRound(state, opening);
    const now = deps.clock.now();
    if (round === "cannot-write") {
      await waker.sleepUntil(now + WRITE_RETRY_MS);
      continue;
    }
    opening = [];
    if (await retire(state)) continue;
    // An effect that ended while the round went on leaves something to decide.
    const busy = state.inFlight.size + round.effects.length > 0 || round.wakeAtMs !== null || state.telling.busy();
    idleSince = busy ? null : (idleSince ?? now);
    const idleEnd = idleSince === null ? Infinity : idleSince + state.config.engine.idleSeconds * 1000;
    if (now >= idleEnd) break;
    const poll = state.inFlight.size > 0 ? INBOX_POLL_MS.busy : INBOX_POLL_MS.idle;
    await waker.sleepUntil(Math.min(now + poll, round.wakeAtMs ?? Infinity, idleEnd));
  }
  for (const controller of state.inFlight.values()) controller.abort();
  state.telling.close();
  await record(state, [
    { type: "engine.stopped", pid: deps.pid, why: signal.aborted ? "asked to stop" : "nothing to do" },
  ]);
}

/** Lets what has ended leave the world when it is time; true when a part of it is left to do, or the pages have to follow. */
async function retire(state: EngineState): Promise<boolean> {
  try {
    const step = await state.retirement.step();
    if (step === "done") state.last = null;
    return step !== "nothing";
  } catch (error) {
    if (!(error instanceof CcoError)) throw error;
    // The journal has everything all the same: an engine that cannot put history away goes on with all of it.
    if (error.code !== "BOARD_WRITE") state.retirement = NO_RETIREMENT;
    state.deps.log.warn(`history is not put away: ${describeThrown(error)}`);
    return false;
  }
}

const NO_RETIREMENT: Retirement = { step: async () => "nothing" };

/** Inbox, decision, effects, projections: once. A board that cannot be written now is waited for, with everything kept. */
async function oneRound(state: EngineState, opening: readonly Fact[]): Promise<Decision | "cannot-write"> {
  try {
    const taken = await drainInbox(state, opening);
    await state.ears.listen(state.world);
    await state.asking.beforeStart(state.world);
    state.outside = await lookOutside(state.deps);
    await record(state, await state.telling.hear(state.world, state.config, state.outside));
    state.config = await state.caps.look(state.config, state.last?.decision ?? null);
    const { last } = state;
    if (last !== null && isStill(last, state)) {
      await deleteTaken(state, taken);
      return last.decision;
    }
    const decision = await settle(state);
    const outside = stampNow(state);
    state.last = { decision, seq: state.world.seq, atMs: state.deps.clock.now(), outside };
    runEffects(state, decision);
    // Before the pages: whoever reads there that a task has ended finds in the ledger what it cost.
    await state.derived.flush();
    await state.caps.project(state.world, state.spending.sums);
    await state.telling.tell(state.world, state.config);
    await state.projector.project(state.world, decision.waiting);
    await state.forecast.project(state.world, state.history, windowsAt(state.outside.windows, state.deps.clock.now()));
    // Last: whoever sent a command and sees its file gone finds in the projections what came of it.
    await deleteTaken(state, taken);
    return decision;
  } catch (error) {
    if (!cannotWrite(error)) throw error;
    state.last = null;
    state.deps.log.warn(describeThrown(error));
    return "cannot-write";
  }
}

/** True while nothing can have changed since the last decision: no new line, its time has not come, and the clock was not set back. */
function isStill(last: NonNullable<EngineState["last"]>, state: EngineState): boolean {
  const { world, deps } = state;
  const now = deps.clock.now();
  if (last.outside !== stampNow(state)) return false;
  return last.seq === world.seq && last.atMs <= now && now < (last.decision.wakeAtMs ?? Infinity);
}

/** Differs when anything differs that decisions depend on besides the journal. */
function stampNow({ outside, caps }: EngineState): string {
  return `${stampOf(outside)} ${caps.stamp()}`;
}

function isAtWork({ world, task }: EffectContext): boolean {
  const now = world.tasks.get(task.id);
  return now !== undefined && atWork(now.state) !== null;
}

function cannotWrite(error: unknown): boolean {
  return error instanceof CcoError && error.code === "BOARD_WRITE";
}

/** Journals every command of the inbox and returns their ids, to be deleted afterwards; a command is never lost and never done twice. */
async function drainInbox(state: EngineState, opening: readonly Fact[]): Promise<readonly string[]> {
  const { deps } = state;
  const { items, rejected } = await deps.board.readInbox();
  for (const name of rejected) deps.log.warn(`set aside a command that cannot be read: ${name}`);
  let lead = opening;
  for (const item of items) {
    if (state.world.commands.has(item.id)) continue;
    if (item.command.type === "submit") state.config = await deps.loadConfig();
    const { facts, sources } = await inTurn(state, () => commandEffect(deps.board, state.world, item));
    for (const [task, source] of sources)
      await deps.board.writeFile(`tasks/${task}/envelope.md`, source, { durable: true });
    for (const fact of facts) {
      if (fact.type === "command.refused")
        await deps.board.writeFile(`refused/${item.id}.json`, refusalText(fact, deps.clock.now()), { durable: true });
    }
    await record(state, [...lead, ...facts, { type: "command.done", command: item.id }]);
    lead = [];
    deps.board.crashPoint("inbox.after-journal");
  }
  await record(state, lead);
  return items.map((item) => item.id);
}

async function deleteTaken(state: EngineState, taken: readonly string[]): Promise<void> {
  for (const id of taken) await state.deps.board.deleteInboxItem(id);
}

/** Decides and journals until nothing more follows from what is known; checkpoints are on disk before what follows is begun. */
async function settle(state: EngineState): Promise<Decision> {
  const { deps, world } = state;
  for (;;) {
    await writesDone(state);
    const { config, outside, history } = state;
    const caps = state.caps.inputs(config, state.spending.sums);
    const at = { nowMs: deps.clock.now(), random: deps.random };
    const decision = decide(world, { config, ...outside, history, caps, ...at });
    if (decision.facts.length > 0) {
      await record(state, decision.facts);
      continue;
    }
    const due = state.checkpoints.due(world);
    if (due.length === 0) return decision;
    await state.checkpoints.write(due);
  }
}

/** Waits for the facts that are on their way: a decision without them could end a task as queued that has just begun to run. */
async function writesDone(state: EngineState): Promise<void> {
  for (let seen: unknown = null; seen !== state.writes;) {
    seen = state.writes;
    await seen;
  }
}

/** Starts what should be under way and is not, ends what is under way and should not be. */
function runEffects(state: EngineState, decision: Decision): void {
  const wanted = new Map(decision.effects.map((effect) => [`${effect.kind} ${effect.task.id}`, effect]));
  for (const [key, controller] of state.inFlight) if (!wanted.has(key)) controller.abort();
  for (const [key, effect] of wanted) if (!state.inFlight.has(key)) launch(state, key, effect);
}

function launch(state: EngineState, key: string, effect: Effect): void {
  const controller = new AbortController();
  state.inFlight.set(key, controller);
  void runEffect(state, effect, controller.signal)
    .catch(async (error: unknown) => {
      state.deps.log.warn(`${key}: ${describeThrown(error)}`);
      await state.deps.clock.sleep(WRITE_RETRY_MS);
    })
    .finally(() => {
      state.inFlight.delete(key);
      state.last = null;
      state.waker.wake();
    });
}

/** Runs an effect and journals what happened; rejects only when that could not be written, and is then done again. */
async function runEffect(state: EngineState, effect: Effect, signal: AbortSignal): Promise<void> {
  const context = {
    deps: state.deps,
    config: state.config,
    task: effect.task,
    world: state.world,
    history: state.history,
    windows: windowsAt(state.outside.windows, state.deps.clock.now()),
    wake: () => state.waker.wake(),
    signal,
  };
  let recorded: readonly Fact[] = [];
  try {
    const facts = await EFFECT_RUNS[effect.kind](context);
    if (signal.aborted) return;
    await record(state, facts);
    recorded = facts;
  } catch (error) {
    if (signal.aborted) return;
    if (cannotWrite(error)) throw error;
    await record(state, effectFailed(state.deps, effect, error));
  } finally {
    await tidyUp(context, effect.kind, recorded);
  }
}

/** Puts away what an effect leaves behind, once it is known which of its facts are in the journal. Failing costs a folder or a slot, never the task. */
async function tidyUp(context: EffectContext, kind: EffectKind, recorded: readonly Fact[]): Promise<void> {
  try {
    // What came to nothing may hold a slot or the probe, and nobody else gives them back while this engine lives.
    const isRunning = isAtWork(context);
    if (kind === "start" && !isRunning) await leaveTurn(context, context.task.attempts.length + 1);
    if (kind === "attempt" && !isRunning) await leavePlace(context, context.task.attempts.length);
    if (kind === "merge") await closeMerged(context, recorded);
  } catch (error) {
    context.deps.log.warn(`after the ${kind} of ${context.task.id}: ${describeThrown(error)}`);
  }
}
