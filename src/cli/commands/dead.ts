import { handleDeadLetter, readDeadLetters } from "../../app/dead-letters.ts";
import { CcoError } from "../../kernel/errors.ts";
import { type Invocation, optionalArg } from "../invocation.ts";

/** `cco dead [retry|drop TASK]`: what is parked and when it is tried again; retry tries it now, drop archives it. */
export async function runDead(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const project = invocation.project();
  const action = optionalArg(invocation, 0);
  const task = optionalArg(invocation, 1);
  if (action !== undefined) {
    if ((action !== "retry" && action !== "drop") || task === undefined) {
      throw new CcoError("USAGE", "dead wants nothing, or retry or drop and a task", { hint: "cco dead retry TASK" });
    }
    await handleDeadLetter(project, action, task);
    if (!out.json) out.line(action === "retry" ? `${task} is tried again` : `${task} is dropped and archived`);
    if (action === "retry") out.note(`come back with: cco wait ${task}`);
  }
  const letters = readDeadLetters(project).filter((letter) => letter.task !== task);
  if (out.json) out.document({ schema: "cco.dead/1", letters });
  else if (action === undefined && letters.length === 0) out.line("no dead letters");
  else if (action === undefined)
    for (const { task: id, priority, retryAfter, attempts, failure } of letters) {
      out.line(`${out.paint("bold", id)}  ${failure.code}: ${failure.message}`);
      const sooner = failure.class === "transient" ? " or when the breaker closes" : "";
      out.line(`  ${priority} priority, attempts so far: ${attempts}, tried again at ${retryAfter}${sooner}`);
      out.line(`  next      cco dead retry ${id}, or cco dead drop ${id}`);
    }
  return 0;
}
