import type { Call, LedgerRow, TaskOutcome } from "../../model/ledger.ts";
import type { AttemptOutcome, Usage } from "../../model/outcome.ts";
import type { Fact, JournalRecord } from "../../model/record.ts";
import type { Task, World } from "../../model/task.ts";
import { atWork } from "../cards/asks.ts";
import { kindOf } from "../routing/routing.ts";

type FactOf<T extends Fact["type"]> = Extract<Fact, { type: T }>;
type Row = Omit<LedgerRow, "seq" | "part">;

/**
 * The rows of the ledger that a record makes: one for every call of a model. `world` is as it was before the record. What the fold adds
 * to the usage of a task is what its rows add up to, to the token.
 */
export function ledgerRows(world: World, record: JournalRecord): Row[] {
  const { fact, at } = record;
  if (fact.type === "attempt.ended") {
    const task = world.tasks.get(fact.task);
    // Also of a worker that ended while a question of it was open.
    const state = task === undefined ? null : atWork(task.state);
    return task === undefined || state?.attempt !== fact.attempt ? [] : [attemptRow(task, fact, at)];
  }
  if (fact.type === "review.ended" || fact.type === "diagnosis.ended" || fact.type === "spec.challenged") {
    const run = world.tasks.get(fact.task)?.run ?? null;
    const attempt = fact.type === "spec.challenged" ? null : fact.attempt;
    return callsOf(fact).map((call) => ({ at, run, task: fact.task, attempt, ...callRow(call) }));
  }
  if (fact.type === "call.noted") {
    const run = fact.about === null ? null : (world.tasks.get(fact.about)?.run ?? null);
    return [{ at, run, task: fact.about, attempt: null, ...callRow(fact.call) }];
  }
  return [];
}

function attemptRow(task: Task, fact: FactOf<"attempt.ended">, at: string): Row {
  const { outcome } = fact;
  const entry = task.attempts.find((one) => one.attempt === fact.attempt);
  const feedback = atWork(task.state)?.feedback ?? null;
  return {
    at,
    run: task.run,
    task: task.id,
    attempt: fact.attempt,
    role: "worker",
    model: outcome.model,
    effort: outcome.effort ?? entry?.effort ?? task.options.effort,
    ...tokensOf(outcome.usage),
    usd: isPriced(outcome) ? outcome.usage.usd : null,
    outcome: outcome.failure?.code ?? "ok",
    price: outcome.price ?? null,
    retry: fact.attempt > 1 && feedback?.from !== "chunk",
    ms: workingMs(outcome),
    prompt: outcome.prompt ?? null,
  };
}

/** Without a price there are tokens only; journals from before there were prices hold none. */
function isPriced(outcome: AttemptOutcome): boolean {
  return typeof outcome.price === "string" || outcome.usage.usd > 0;
}

function callRow(call: Call): Omit<Row, "at" | "run" | "task" | "attempt"> {
  const { role, model, usage, outcome } = call;
  // A call that was killed cannot say what it cost.
  const isSilent = outcome !== "ok" && usage.inputTokens + usage.outputTokens === 0;
  return {
    role,
    model,
    effort: call.effort ?? null,
    ...tokensOf(usage),
    usd: isSilent ? null : usage.usd,
    outcome,
    price: null,
    retry: false,
    ms: null,
    prompt: null,
  };
}

/** The calls of a review. A fact from before they were listed stands for one call, if anything was spent or it failed. */
function callsOf(fact: FactOf<"review.ended" | "diagnosis.ended" | "spec.challenged">): readonly Call[] {
  if (fact.type === "spec.challenged" || fact.calls !== undefined) return fact.calls ?? [];
  const { usage, failure } = fact;
  if (failure === null && usage.inputTokens + usage.outputTokens + usage.usd === 0) return [];
  return [{ role: "reviewer", model: null, usage, outcome: failure?.code ?? "ok" }];
}

function tokensOf(usage: Usage) {
  const { inputTokens, cachedInputTokens, outputTokens, reasoningTokens } = usage;
  return { inputTokens, cachedInputTokens, outputTokens, reasoningTokens };
}

/** Nobody knows when a lost session ended. */
function workingMs({ exit }: AttemptOutcome): number | null {
  const ms = Date.parse(exit.endedAt) - Date.parse(exit.startedAt);
  return exit.reason === "lost" || !Number.isFinite(ms) ? null : Math.max(0, ms);
}

/** The row of `outcomes.jsonl` that a record makes: a task that ends with it. `world` is as it was before the record. */
export function outcomeRows(world: World, record: JournalRecord): Omit<TaskOutcome, "seq" | "part">[] {
  const { fact, at } = record;
  if (fact.type !== "task.ended") return [];
  const task = world.tasks.get(fact.task);
  if (task === undefined || task.state.at === "ended") return [];
  const { inputTokens, cachedInputTokens, outputTokens, usd } = task.usage;
  const times = task.attempts.map(({ outcome }) => (outcome === null ? 0 : (workingMs(outcome) ?? 0)));
  return [
    {
      at,
      run: task.run,
      task: task.id,
      status: fact.status,
      code: fact.failure?.code ?? null,
      kind: kindOf(task.envelope),
      efforts: task.attempts.map(({ outcome, effort }) => effort ?? outcome?.effort ?? task.options.effort),
      inputTokens,
      cachedInputTokens,
      outputTokens,
      usd,
      ms: times.reduce((sum, ms) => sum + ms, 0),
      toolCalls: task.attempts.reduce(
        (sum, { outcome }) => sum + (outcome === null ? 0 : (outcome.workCalls ?? outcome.toolCalls)),
        0,
      ),
    },
  ];
}
