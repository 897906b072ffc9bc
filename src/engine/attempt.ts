import { atWork } from "../decide/cards/asks.ts";
import { spentMs } from "../decide/limits/chunks.ts";
import { spentOf } from "../decide/spending/budget.ts";
import { costOf, priceOf, ratesOf } from "../decide/spending/price.ts";
import { stuckLimits } from "../decide/limits/stuck.ts";
import { isoTime } from "../kernel/durations.ts";
import { estimateTokens } from "../kernel/tokens.ts";
import type { Config } from "../model/config.ts";
import type { Effort } from "../model/envelope.ts";
import type { AttemptOutcome } from "../model/outcome.ts";
import type { Fact } from "../model/record.ts";
import type { Task } from "../model/task.ts";
import type { AttemptBudget, AttemptLimits, AttemptOrder } from "../ports/worker.ts";
import { cloudOrder, takeChange } from "./cloud.ts";
import type { EffectContext } from "./deps.ts";
import { noteLeftover } from "./leftover.ts";
import { withoutSecrets } from "./redaction.ts";
import { withSalvage } from "./salvage.ts";
import { accountOf, releaseSlot } from "./slot.ts";
import { newSteps } from "./steps.ts";
import { bindTurn, reportAttempt, takeTurn } from "./turn.ts";
import { noteWindows } from "./windows.ts";

type Rates = NonNullable<AttemptBudget["rates"]>;

/** Runs the attempt that the journal says is under way: starts it or finds it again, waits, reads the evidence. */
export async function runAttempt(context: EffectContext): Promise<readonly Fact[]> {
  const { deps, task, config } = context;
  const rates = ratesOf(await context.deps.loadPrices(), isoTime(context.deps.clock.now()));
  const order = { ...orderOf(context, rates), ...(await cloudOrder(context)) };
  const account = await accountOf(context);
  const slot = { project: deps.project, task: task.id };
  const isNew = deps.worker.holder(order.dir) === null;
  // While this engine was dead another project may have got the slot: nothing starts without one, what was started is only watched.
  if (isNew) await takeTurn(context, order.attempt);
  const hasSlot = isNew || (await deps.slots.acquire(account, config.worker.parallel, slot));
  deps.board.crashPoint("attempt.after-intent");
  if (hasSlot) await deps.worker.launch(order);
  deps.board.crashPoint("attempt.after-spawn");
  const holder = deps.worker.holder(order.dir);
  if (holder !== null) {
    await deps.slots.bind(account, slot, holder);
    await bindTurn(context, order.attempt, holder);
  }
  return finishAttempt(context, order);
}

/** Ends a running attempt on request and reads what is there. */
export async function stopAttempt(context: EffectContext): Promise<readonly Fact[]> {
  const order = orderOf(context, {});
  await context.deps.worker.stop(order.dir, "cancelled");
  return finishAttempt(context, order);
}

async function finishAttempt(context: EffectContext, order: AttemptOrder): Promise<readonly Fact[]> {
  const { deps, task, signal } = context;
  const deaf = order.lane === "attached" ? deps.worker.live?.onAsk(order.dir, context.wake) : undefined;
  const exit = await deps.worker.watch(order.dir, signal).finally(() => deaf?.());
  deps.board.crashPoint("attempt.after-exit");
  const collected = await takeChange(
    context,
    order,
    await priced(context, order, await deps.worker.collect(order, exit)),
  );
  const outcome = withoutSecrets(await withSalvage(context, order, collected));
  await deps.board.writeFile(
    `tasks/${task.id}/attempts/${order.dir.slice(-2)}/outcome.json`,
    `${JSON.stringify(outcome, null, 2)}\n`,
    { durable: true },
  );
  const left = await noteLeftover(context, order, outcome);
  await reportAttempt(context, order.attempt, outcome);
  await noteWindows(context, order.attempt, outcome);
  deps.board.crashPoint("attempt.after-report");
  await releaseSlot(context);
  return [
    ...(await newSteps(deps, context.world.tasks.get(task.id) ?? task)),
    { type: "attempt.ended", task: task.id, attempt: order.attempt, outcome, ...(left === null ? {} : { left }) },
  ];
}

/** The outcome with what its tokens cost, by the table of today, and with the size of its prompt. */
async function priced(
  { deps }: EffectContext,
  { prompt }: AttemptOrder,
  outcome: AttemptOutcome,
): Promise<AttemptOutcome> {
  const { usage, model, exit } = outcome;
  const price = model === null ? null : priceOf(await deps.loadPrices(), model, exit.endedAt);
  return {
    ...outcome,
    usage: { ...usage, usd: price === null ? 0 : costOf(usage, price) },
    price: price === null ? null : `${price.model}@${price.date}`,
    prompt: { bytes: new TextEncoder().encode(prompt).length, tokens: estimateTokens(prompt) },
  };
}

function orderOf(context: EffectContext, rates: Rates): AttemptOrder {
  const { deps, task, config } = context;
  const state = atWork(task.state);
  if (state === null) throw new Error(`task ${task.id} is ${task.state.at}, not running`);
  const limits = { ...limitsOf(task, config, rates), ...stuckOf(context, rates) };
  return {
    task: task.id,
    attempt: state.attempt,
    dir: deps.board.paths.attempt(task.id, state.attempt),
    cwd: state.place.path,
    prompt: deps.renderPrompt(task.envelope, {
      attempt: state.attempt,
      feedback: state.feedback,
      ...(limits.softMs === undefined ? {} : { sessionMinutes: config.worker.softMinutes }),
    }),
    effort: task.attempts.at(-1)?.effort ?? task.options.effort,
    network: task.envelope.network,
    readOnly: isReadOnly(task),
    lane: task.options.lane,
    limits,
  };
}

/** Limits of the next session. A soft limit that is not below the hard one means that work is not cut into chunks. */
function limitsOf(task: Task, { worker, cards, cloud }: Config, rates: Rates): AttemptLimits {
  const { minutes } = task.envelope.budget;
  const budgetMs = minutes === undefined ? {} : { budgetMs: Math.max(1, minutes * 60_000 - spentMs(task)) };
  const ends = { killGraceMs: worker.killGraceSeconds * 1000, outputBytes: OUTPUT_LIMIT_BYTES };
  if (task.options.lane === "cloud") {
    // Its bridge bounds each of its calls itself and is quiet between them, for as long as the settings say.
    const hardMs = cloud.hardMinutes * 60_000;
    return { hardMs, silenceMs: hardMs, ...budgetMs, ...ends };
  }
  return {
    ...(worker.softMinutes < worker.hardMinutes ? { softMs: worker.softMinutes * 60_000 } : {}),
    hardMs: worker.hardMinutes * 60_000,
    ...budgetMs,
    ...budgetOf(task, rates),
    silenceMs: worker.silenceSeconds * SILENCE_FACTOR[task.options.effort] * 1000,
    ...ends,
    ...(task.options.lane === "attached" ? { askMs: cards.deadlineHours * 3_600_000 + ASK_SLACK_MS } : {}),
  };
}

/** Nothing in the cloud: what its worker does and uses is not seen. */
function stuckOf({ task, config, history }: EffectContext, rates: Rates): Pick<AttemptLimits, "stuck"> {
  if (task.options.lane === "cloud") return {};
  const stuck = stuckLimits(task, { config, history, rates });
  return stuck === null ? {} : { stuck };
}

/** The engine answers at the deadline of a card; a worker without an engine goes on by itself this much later, in ms. */
const ASK_SLACK_MS = 300_000;

/** What is left of the task's calls, tokens and money. */
function budgetOf(task: Task, rates: Rates): Pick<AttemptLimits, "budget"> {
  const { toolCalls, tokens, usd } = task.envelope.budget;
  if (toolCalls === undefined && tokens === undefined && usd === undefined) return {};
  const spent = spentOf(task);
  const budget: AttemptBudget = {
    ...(toolCalls === undefined ? {} : { toolCalls: { left: toolCalls - spent.toolCalls, of: toolCalls } }),
    ...(tokens === undefined ? {} : { tokens: { left: tokens - spent.tokens, of: tokens } }),
    ...(usd === undefined ? {} : { usd: { left: usd - spent.usd, of: usd }, rates }),
  };
  return { budget };
}

/** A model that thinks harder is longer without a word. */
const SILENCE_FACTOR = { auto: 1, low: 1, medium: 1, high: 1.5, xhigh: 2 } as const satisfies Record<Effort, number>;

/** Most bytes a worker may print: 256 MB is far above any healthy run (lines reach 1.1 MB each) and far below a disk. */
const OUTPUT_LIMIT_BYTES = 256 * 1024 * 1024;

function isReadOnly(task: Task): boolean {
  const { role, output, write } = task.envelope;
  return (role === "researcher" || role === "reviewer") && output === null && write.length === 0;
}
