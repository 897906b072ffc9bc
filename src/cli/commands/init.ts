import { initProject } from "../../app/init.ts";
import { pluginInstall } from "../../app/plugin.ts";
import type { Invocation } from "../invocation.ts";

/** `cco init`: makes the blackboard; twice is harmless. */
export async function runInit(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const project = invocation.project();
  const made = await initProject(project);
  const plugin = pluginInstall();
  if (out.json) out.document({ schema: "cco.init/1", board: project.board, created: made, plugin });
  else out.line(made.length === 0 ? `${project.board} is there already` : `made ${project.board} (${made.join(", ")})`);
  out.note("next: cco doctor, then cco new envelope my-task > my-task.md");
  if (!plugin.installed) {
    out.note("for Claude Code, once per user:");
    for (const command of plugin.commands) out.note(`  ${command}`);
  }
  return 0;
}
