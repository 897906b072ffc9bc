import * as z from "zod";
import { openCards } from "../../app/cards.ts";
import { readLatestTasks, requireTask } from "../../app/board/read-board.ts";
import { isSettled } from "../../app/board/settled.ts";
import { unreadTasks } from "../../app/board/unread.ts";
import type { Card } from "../../model/card.ts";
import type { TaskResult } from "../../model/result.ts";
import { answer, answerStep, cardLines, nextStep, taskLine } from "../texts.ts";
import { defineTool, type ToolCall } from "../tool.ts";
import { tasksNow, tell, waitFor } from "../waiting.ts";

/** `wait`: returns on the first event that matters: a task has ended or needs somebody. What was told before is no event. */
export const waitTool = defineTool({
  name: "wait",
  description:
    "Wait until a task has ended or needs a decision (default: any open task). Returns only what is new; call it again for the rest. " +
    "Costs nothing while waiting.",
  arguments: z.strictObject({
    tasks: z.array(z.string()).optional().describe("task ids; default: all open ones"),
    seconds: z.number().nonnegative().optional().describe("longest wait; default: as long as the client allows"),
  }),
  reads: true,
  async run({ tasks: named, seconds }, call) {
    const ids =
      named === undefined || named.length === 0 ? openIds(call) : named.map((id) => requireTask(call.project, id).id);
    const known = tasksNow(call, ids);
    const waited = known.filter((task) => !call.told.has(task)).map(({ id }) => id);
    if (waited.length === 0) return told(known, call);
    const tasks = await waitFor(waited, call, { seconds, until: "first" });
    const news = tasks.filter(isSettled);
    tell(call, news);
    const open = tasks.filter((task) => !isSettled(task));
    const cards = cardsOf(news, call);
    const [card] = cards;
    const lines = [
      // A card that follows says why.
      ...news.map((task) => (cards.some(({ id }) => id === task.card) ? `${task.id}: ${task.status}` : taskLine(task))),
      ...stillOpen(open, news.length === 0),
      ...cards.flatMap((each) => cardLines(each, 160)),
    ];
    return answer(lines, card === undefined ? nextStep(tasks) : answerStep(card));
  },
});

/** Without names: what has not settled, and what settled meanwhile without anybody having been told. */
function openIds({ project, told }: ToolCall): string[] {
  const unread = new Set(unreadTasks(project).map(({ id }) => id));
  const isNews = (task: TaskResult): boolean => unread.has(task.id) || (told.expects(task.id) && !told.has(task));
  const tasks = readLatestTasks(project).filter((task) => !isSettled(task) || isNews(task));
  return tasks.map(({ id }) => id);
}

function told(tasks: readonly TaskResult[], call: ToolCall): string {
  const cards = openCards(call.project).length;
  const head = tasks.length === 0 ? "nothing runs" : "all of them have ended or wait for a decision, as told before";
  const next = tasks.length === 0 && cards > 0 ? "decide {} lists the open cards" : nextStep(tasks);
  return answer([head, ...tasks.map(taskLine), ...(cards > 0 ? [`${cards} open card(s)`] : [])], next);
}

function cardsOf(tasks: readonly TaskResult[], call: ToolCall): Card[] {
  const ids = new Set(tasks.map(({ card }) => card));
  return ids.size === 0 ? [] : openCards(call.project).filter(({ id }) => ids.has(id));
}

function stillOpen(tasks: readonly TaskResult[], nothingNew: boolean): string[] {
  if (tasks.length === 0) return [];
  if (nothingNew) return ["nothing new yet; the work goes on", ...tasks.slice(0, 6).map(taskLine)];
  return [
    `still open: ${tasks
      .slice(0, 8)
      .map(({ id, phase }) => `${id} (${phase})`)
      .join(", ")}${tasks.length > 8 ? " …" : ""}`,
  ];
}
