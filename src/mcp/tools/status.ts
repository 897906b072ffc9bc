import * as z from "zod";
import { openCards } from "../../app/cards.ts";
import { type ListedTask, listTasks } from "../../app/board/finished-pages.ts";
import { isEnded } from "../../app/board/settled.ts";
import { tasksAtHand } from "../../app/board/tasks-at-hand.ts";
import { answer, nextStep, taskLine } from "../texts.ts";
import { defineTool } from "../tool.ts";

/** Most ended tasks that are named beside the open ones. */
const ENDED_NAMED = 5;

/** `status`: the world in a few lines, or one task. */
export const statusTool = defineTool({
  name: "status",
  description: "What runs, waits and needs a decision now, or one task. Returns at once.",
  arguments: z.strictObject({ task: z.string().optional() }),
  reads: true,
  async run({ task: id }, { project }) {
    const tasks = await tasksAtHand(project, id);
    if (id !== undefined) {
      const lines = tasks.flatMap((task) => [taskLine(task), `files: ${task.paths.task}`]);
      return answer(lines, nextStep(tasks));
    }
    const open = tasks.filter((task) => !isEnded(task));
    const ended = tasks.filter(isEnded);
    const cards = openCards(project).length;
    const latest = ended.toSorted((a, b) => b.updatedAt.localeCompare(a.updatedAt)).slice(0, ENDED_NAMED);
    const lines = [
      `${open.length} open, ${cards} card(s), ${counts(listTasks(project, ended))}`,
      ...open.map(taskLine),
      ...(latest.length === 0 ? [] : ["ended last:"]),
      ...latest.map(taskLine),
    ];
    return answer(lines, nextStep(open));
  },
});

function counts(ended: readonly ListedTask[]): string {
  const numbers = new Map<string, number>();
  for (const { status } of ended) numbers.set(status, (numbers.get(status) ?? 0) + 1);
  return [...numbers].map(([status, count]) => `${count} ${status}`).join(", ") || "none ended";
}
