import { runDemo } from "../../app/demo.ts";
import { formatDuration } from "../../kernel/durations.ts";
import { type Invocation, isOn } from "../invocation.ts";

/** `cco demo`: the main job end to end, offline; exit 0 when the change was accepted. */
export async function runDemoCommand(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const say = (line: string): void => (out.json ? undefined : out.line(line));
  say("cco demo: the models are scripted (a server on 127.0.0.1 plays them); everything else is real:");
  say("the Codex CLI, its sandbox, Claude Code, git, the tests. Nothing leaves this machine.\n");
  const { task, ms, folder, mainLog } = await runDemo({ keep: isOn(invocation, "keep"), tell: say });
  if (out.json) out.document({ schema: "cco.demo/1", task, ms, folder });
  else {
    say(`\nmain is now:\n${mainLog.replaceAll(/^/gm, "  ")}`);
    say(
      `\n${task?.status ?? "nothing"} in ${formatDuration(ms)}: ${task?.attempts ?? 0} attempts, ${task?.review?.rounds ?? 0} review rounds.`,
    );
    if (folder !== null) say(`look at it: ${folder}`);
  }
  return task?.status === "accepted" ? 0 : 1;
}
