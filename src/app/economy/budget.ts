import { openForReading } from "../../blackboard/board.ts";
import { boardPaths } from "../../blackboard/layout.ts";
import { loadConfig } from "../../blackboard/config-file.ts";
import { sessionRecord } from "../../codex/account/account-follow.ts";
import { NO_CAPS } from "../../decide/spending/caps.ts";
import { expectedOf } from "../../decide/windows/forecast.ts";
import { costOf, priceOf } from "../../decide/spending/price.ts";
import { routeOf } from "../../decide/routing/routing.ts";
import { addDay, addSpending, type CapBook, capsAt, type Spending } from "../../decide/spending/spending.ts";
import { atWork } from "../../decide/cards/asks.ts";
import { taskBudget, type Underway } from "../../decide/spending/task-budget.ts";
import { findTask, restoreWorld } from "../../engine/restore.ts";
import { isoTime } from "../../kernel/durations.ts";
import { CcoError } from "../../kernel/errors.ts";
import { isTaskId } from "../../kernel/ids.ts";
import type { BudgetResult, CapLine, TaskBudget } from "../../model/budget.ts";
import { freshTokens } from "../../model/outcome.ts";
import type { Task, World } from "../../model/task.ts";
import { codexHost } from "../host.ts";
import { reportLedger } from "./ledger.ts";
import { loadPrices } from "./prices.ts";
import type { Project } from "../project.ts";
import { recentOutcomes } from "./route.ts";
import { userCaps } from "./user-caps.ts";
import { VERSION } from "../version.ts";

/**
 * Caps, and the budgets of the open tasks or of the one that is named. Throws CONFIG_INVALID, TASK_UNKNOWN, and what makes the journal
 * unreadable.
 */
export async function budgetReport(project: Project, named: string | undefined): Promise<BudgetResult> {
  const board = openForReading(project.board);
  const { world } = await restoreWorld(board, { version: VERSION });
  if (named === undefined) {
    const open = [...world.open].flatMap((id) => world.tasks.get(id) ?? []);
    return { schema: "cco.budget/1", caps: await capLines(project, world), tasks: await taskLines(project, open) };
  }
  const task = isTaskId(named) ? await findTask(board, world, named) : null;
  if (task === null) throw new CcoError("TASK_UNKNOWN", `there is no task ${named} in ${project.root}`);
  return { schema: "cco.budget/1", caps: [], tasks: await taskLines(project, [task]) };
}

/** Every cap of the project, set or not, and those of the user that are set. */
async function capLines(project: Project, world: World): Promise<CapLine[]> {
  const warnings: string[] = [];
  const [{ config }, user] = await Promise.all([
    loadConfig(project.root),
    userCaps(project, { warn: (message) => warnings.push(message) }).look(),
  ]);
  const broken = warnings[0];
  if (broken !== undefined) throw new CcoError("CONFIG_INVALID", broken);
  const own: Spending = new Map();
  await reportLedger(project, "day", (row) => addSpending(own, row));
  const { raised, asked } = world.notices.caps ?? NO_CAPS;
  const cardOf = (key: string): string | null => asked.find((one) => one.key === key)?.card?.id ?? null;
  const lines = (book: CapBook): CapLine[] => {
    // A cap without end has the sums and the times of one that is not set.
    const all = { dayUsd: Infinity, dayTokens: Infinity, weekUsd: Infinity, weekTokens: Infinity };
    return capsAt(
      { ...book, budget: book.scope === "project" ? unset(book.budget, all) : book.budget },
      Date.now(),
    ).map(({ scope, name, key, limit, raised: more, spent, resetsAt }) => {
      const isSet = Number.isFinite(limit);
      const percent = isSet ? Math.floor((spent / limit) * 100) : null;
      const card = cardOf(key);
      return { scope, name, limit: isSet ? limit : null, raised: more, spent, percent, resetsAt, card };
    });
  };
  const caps = lines({ scope: "project", budget: config.budget, spending: own, raised });
  if (user === null) return caps;
  const all: Spending = new Map(own);
  for (const [day, sum] of user.others) addDay(all, day, sum);
  return [
    ...caps,
    ...lines({ scope: "user", budget: user.budget, spending: all, raised: [...raised, ...user.raised] }),
  ];
}

function unset<T extends object>(budget: { readonly [key in keyof T]: number | null }, all: T): T {
  const set = Object.entries(budget).filter(([, value]) => value !== null);
  return { ...all, ...Object.fromEntries(set) };
}

async function taskLines(project: Project, tasks: readonly Task[]): Promise<TaskBudget[]> {
  const history = tasks.length === 0 ? [] : await recentOutcomes(project);
  const lines: TaskBudget[] = [];
  for (const task of tasks) {
    const { envelope, options } = task;
    const { effort } = routeOf({ envelope, asked: options.effort, history, windows: [], failed: [] });
    const expectedTokens = expectedOf(envelope, effort, history).tokens.p50;
    const underway = await underwayOf(project, task);
    lines.push(...taskBudget(task, { underway, expectedTokens, nowMs: Date.now() }));
  }
  return lines;
}

/** What the worker of a task has used until now, by its session file; null where nothing is under way or to be read. */
async function underwayOf(project: Project, task: Task): Promise<Underway | null> {
  const state = atWork(task.state);
  if (state === null) return null;
  const record = await sessionRecord(codexHost(), boardPaths(project.board).attempt(task.id, state.attempt));
  if (record === null) return null;
  const { input = 0, cached = 0, output = 0 } = record.tokens ?? {};
  const usage = { inputTokens: input, cachedInputTokens: cached, outputTokens: output };
  const model = record.context?.model ?? null;
  const price = model === null ? null : priceOf(await loadPrices(project), model, isoTime(Date.now()));
  const usd = price === null ? 0 : costOf({ ...usage, reasoningTokens: 0, usd: 0 }, price);
  return { toolCalls: record.toolCalls, tokens: freshTokens(usage), usd };
}
