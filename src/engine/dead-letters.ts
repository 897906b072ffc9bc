import { redact } from "../guard/secrets.ts";
import type { DeadLetter } from "../model/dead-letter.ts";
import type { Task, World } from "../model/task.ts";
import type { Blackboard } from "../ports/blackboard.ts";

/** Writes and removes the files of `dead-letters/`; what is on the board already is left alone. */
export function deadLetterProjector(board: Blackboard): (world: World) => Promise<void> {
  /** Text of each letter that lies on the board; empty where an engine before this one may have left one. */
  const shown = new Map<string, string>();
  let first = true;

  async function put(path: string, task: Task): Promise<void> {
    const letter = letterOf(task);
    if (letter !== null) await board.writeFile(path, `${JSON.stringify(letter, null, 2)}\n`, { durable: true });
  }

  return async (world) => {
    if (first) for (const task of world.tasks.values()) if (task.parked !== null) shown.set(task.id, "");
    first = false;
    for (const id of world.open) {
      const task = world.tasks.get(id);
      if (task?.state.at !== "dead" || shown.get(id) === task.updatedAt) continue;
      await put(letterFile(id), task);
      shown.set(id, task.updatedAt);
    }
    for (const id of shown.keys()) {
      const task = world.tasks.get(id);
      if (task?.state.at === "dead") continue;
      if (task?.state.at === "ended" && task.state.status === "dead")
        await put(`dead-letters/archive/${id}.json`, task);
      await board.removeFile(letterFile(id));
      shown.delete(id);
    }
  };
}

function letterFile(task: string): string {
  return `dead-letters/${task}.json`;
}

/** The letter of a task that is dead, parked or archived; null for any other. */
function letterOf(task: Task): DeadLetter | null {
  const { state } = task;
  const failure = state.at === "dead" || state.at === "ended" ? state.failure : null;
  if (failure === null) return null;
  const retryAfter = state.at === "dead" ? state.retryAfter : task.updatedAt;
  return {
    schema: "cco.dead-letter/1",
    task: task.id,
    priority: task.parked?.priority ?? "medium",
    parkedAt: task.parked?.since ?? task.updatedAt,
    retryAfter,
    attempts: task.attempts.length,
    failure: { ...failure, retryAt: retryAfter },
    summary: redact(summaryOf(task)),
  };
}

/** What was tried, how far it came and what the next session starts from. */
function summaryOf(task: Task): string {
  const goal = `Goal: ${task.envelope.goal.replaceAll(/\s+/g, " ").trim()}`;
  const tried = task.tried.slice(-5).map(({ attempt, what }) => `after attempt ${attempt}: ${what}`);
  const left = task.left === null ? "Nothing of its sessions is known to be left." : task.left.digest;
  return [goal, ...tried, left].join("\n");
}
