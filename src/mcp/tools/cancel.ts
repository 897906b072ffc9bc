import * as z from "zod";
import { cancelTasks } from "../../app/cancel.ts";
import { requireTask } from "../../app/board/read-board.ts";
import { answer, taskLine } from "../texts.ts";
import { defineTool } from "../tool.ts";
import { tell, waitFor } from "../waiting.ts";

/** Longest time that a worker may take to end, in s; then the cancel goes on in the background. */
const ENDING_SECONDS = 30;

/** `cancel`: ends the worker's processes; its work tree stays. */
export const cancelTool = defineTool({
  name: "cancel",
  description: "End the worker of a task. Its work tree stays.",
  arguments: z.strictObject({ task: z.string() }),
  reads: false,
  async run({ task: id }, call) {
    requireTask(call.project, id);
    await cancelTasks(call.project, [id]);
    const tasks = await waitFor([id], call, { seconds: ENDING_SECONDS, until: "first" });
    tell(call, tasks);
    return answer(tasks.map(taskLine), `in Bash: cco retry ${id} --feedback "…" starts it again`);
  },
});
