import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Card } from "../../src/model/card.ts";
import type { TaskResult } from "../../src/model/result.ts";
import { processIdentities } from "../../src/process/process-identity.ts";

/** A project with a board as an engine leaves it, held by this process so that nobody starts an engine. */
export interface HookStage {
  readonly root: string;
  readonly board: string;
  put(tasks: readonly Partial<TaskResult>[], cards?: readonly Card[]): Promise<void>;
  close(): Promise<void>;
}

export async function setHookStage(): Promise<HookStage> {
  const root = await mkdtemp(join(tmpdir(), "cco-hooks-"));
  const board = join(root, ".cco");
  await mkdir(join(root, ".git"));
  await mkdir(join(board, "decisions", "pending"), { recursive: true });
  await writeFile(join(board, "engine.lock"), JSON.stringify(processIdentities.self()));
  return {
    root,
    board,
    async put(tasks, cards = []) {
      const open = tasks.filter((task) => task.status !== "accepted");
      if (open.length > 0)
        await writeFile(join(board, "open.json"), JSON.stringify({ tasks: open.map(({ id }) => id) }));
      for (const task of tasks) {
        const folder = join(board, "tasks", task.id ?? "");
        await mkdir(folder, { recursive: true });
        await writeFile(join(folder, "status.json"), JSON.stringify(taskLike(task)));
      }
      for (const card of cards) {
        await writeFile(join(board, "decisions", "pending", `${card.id}.json`), JSON.stringify(card));
      }
    },
    close: () => rm(root, { recursive: true, force: true }),
  };
}

/** A whole task of which only some parts matter. */
function taskLike(parts: Partial<TaskResult>): TaskResult {
  return {
    id: "a",
    status: "running",
    lane: "worktree",
    effort: "auto",
    branch: null,
    commit: null,
    base: null,
    attempts: 1,
    chunks: 1,
    signals: null,
    report: null,
    verification: [],
    review: null,
    error: null,
    usage: { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, usd: 0 },
    summary: "working",
    paths: { task: "", lastMessage: null, diff: null, worktree: null },
    phase: "working",
    run: "r",
    startedAt: "2026-01-01T00:00:00.000Z",
    updatedAt: "2026-01-01T00:00:00.000Z",
    ...parts,
  };
}

/** An open card of a task. */
export function cardLike(task: string, context: string): Card {
  return {
    id: `D-${task}-1`,
    task,
    tier: "gate",
    context,
    options: [
      { letter: "A", text: "Try again", pros: "may work", cons: "one more attempt", effect: "retry" },
      { letter: "B", text: "Stop here", pros: "cheap", cons: "not done", effect: "give-up" },
    ],
    recommended: "A",
    reason: "it is cheap",
    risk: "none",
    cost: "0 tokens so far",
    default: "B",
    deadline: "2026-01-02T00:00:00.000Z",
  };
}
