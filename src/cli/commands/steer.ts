import { sendCommand } from "../../app/engine/client.ts";
import { requireTask } from "../../app/board/read-board.ts";
import { claudeSession } from "../../app/session.ts";
import { CcoError } from "../../kernel/errors.ts";
import { type Invocation, textArg } from "../invocation.ts";

/** `cco steer TASK TEXT`: tells the attached worker of a task something while it works; it hears it with its next step. */
export async function runSteer(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const project = invocation.project();
  const task = requireTask(project, textArg(invocation, 0));
  const text = textArg(invocation, 1).trim();
  if (text === "") throw new CcoError("USAGE", "there is nothing to tell", { hint: `cco steer ${task.id} "TEXT"` });
  const by = claudeSession(project) === undefined ? "user" : "claude";
  await sendCommand(project, { v: 1, type: "steer", task: task.id, text, by });
  if (out.json) out.document({ schema: "cco.steer/1", task: task.id, text });
  else out.line(`told ${task.id}; the worker hears it with its next step`);
  return 0;
}
