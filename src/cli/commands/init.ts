import { initProject } from "../../app/init.ts";
import type { Invocation } from "../invocation.ts";

/** `cco init`: makes the blackboard; twice is harmless. */
export async function runInit(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const project = invocation.project();
  const made = await initProject(project);
  if (out.json) out.document({ schema: "cco.init/1", board: project.board, created: made });
  else out.line(made.length === 0 ? `${project.board} is there already` : `made ${project.board} (${made.join(", ")})`);
  out.note("next: cco doctor, then cco new envelope my-task > my-task.md");
  return 0;
}
