import type { Waiting } from "../../decide/admission.ts";
import type { Task, World } from "../../model/task.ts";
import type { TaskResult } from "../../model/result.ts";
import type { Blackboard } from "../../ports/blackboard.ts";
import { deadLetterProjector } from "../dead-letters.ts";
import { taskPage, worldPage } from "./pages.ts";
import { taskResult } from "./view.ts";

/** Writes the files that faces and people read; only what changed since the last time. */
export interface Projector {
  project(world: World, waiting: ReadonlyMap<string, Waiting>): Promise<void>;
  /** True when the files of a task show it as it is. */
  isShown(task: Task): boolean;
  /** The task has left the world. */
  forget(id: string): void;
}

/** Ended tasks that the world page still lists. */
const ENDED_ON_PAGE = 20;

/** A projector over a blackboard. It keeps the last text of every file of an open task, nothing of ended ones. */
export function createProjector(board: Blackboard): Projector {
  const written = new Map<string, string>();
  const seen = new Map<string, { readonly task: Task; readonly reason: string }>();
  const projectDeadLetters = deadLetterProjector(board);

  async function write(path: string, text: string): Promise<void> {
    if (written.get(path) === text) return;
    await board.writeFile(path, text);
    written.set(path, text);
  }

  async function remove(path: string): Promise<void> {
    await board.removeFile(path);
    written.delete(path);
  }

  /** The page first: where `status.json` is as it should be, nothing is to be done, and an engine that starts writes nothing anew. */
  async function projectTask(task: Task, result: TaskResult): Promise<void> {
    const text = `${JSON.stringify(result, null, 2)}\n`;
    if (!seen.has(task.id) && (await board.readFile(`tasks/${task.id}/status.json`)) === text) return;
    await write(`tasks/${task.id}/status.md`, taskPage(task, result));
    await write(`tasks/${task.id}/status.json`, text);
    if (task.state.at !== "ended") return;
    written.delete(`tasks/${task.id}/status.json`);
    written.delete(`tasks/${task.id}/status.md`);
  }

  return {
    async project(world, waiting) {
      const open = openWork(world, waiting);
      await (open === null ? remove("open.json") : write("open.json", open));
      await projectDeadLetters(world);
      await write("escalation.json", `${JSON.stringify({ v: 1, weeks: world.notices.weeks })}\n`);
      for (const task of world.tasks.values()) {
        const waits = waiting.get(task.id);
        const reason = waits?.detail ?? "";
        const last = seen.get(task.id);
        if (last?.task === task && last.reason === reason) continue;
        await projectTask(task, taskResult(task, board.paths, waits));
        seen.set(task.id, { task, reason });
      }
      await write("index.json", `${JSON.stringify({ v: 1, tasks: [...world.tasks.keys()] })}\n`);
      const results = recentTasks(world).map((task) => taskResult(task, board.paths, waiting.get(task.id)));
      await write("status.md", worldPage(results));
      board.crashPoint("projection.after-write");
    },
    isShown: (task) => seen.get(task.id)?.task === task,
    forget(id) {
      seen.delete(id);
    },
  };
}

/** `open.json`: the tasks for which any later command starts the engine; null when nothing goes on without a person. */
function openWork(world: World, waiting: ReadonlyMap<string, Waiting>): string | null {
  const tasks = [...world.open].filter((id) => waiting.get(id)?.paused !== true);
  return tasks.length === 0 ? null : `${JSON.stringify({ tasks })}\n`;
}

/** Every open task and the latest ended ones, in the order of submission. */
function recentTasks(world: World): Task[] {
  const tasks = [...world.tasks.values()];
  const ended = tasks.filter((task) => task.state.at === "ended");
  const recent = new Set(ended.sort((a, b) => a.updatedAt.localeCompare(b.updatedAt)).slice(-ENDED_ON_PAGE));
  return tasks.filter((task) => task.state.at !== "ended" || recent.has(task));
}
