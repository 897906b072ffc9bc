import { spawn } from "node:child_process";
import { join } from "node:path";
import { isEngineRunning } from "../engine/engine-process.ts";
import { ccoProgram } from "../package-root.ts";
import { systemClock } from "../system.ts";

/** Time between two looks whether an engine is gone, in ms, and how long is looked. */
const GONE_POLL_MS = 50;
const GONE_MS = 20_000;

/** Cancels what is open in a drill's repository and waits until its engine is gone. */
export async function endEngine(repo: string, env: Readonly<Record<string, string>>): Promise<void> {
  const clock = systemClock();
  const project = { root: repo, board: join(repo, ".cco") };
  if (isEngineRunning(project)) {
    const args = [ccoProgram(), "cancel", "--all", "--quiet", "--project", repo];
    const cancel = spawn(process.execPath, args, { cwd: repo, env, stdio: "ignore", detached: true });
    await new Promise<void>((resolve) => {
      cancel.once("error", () => resolve());
      cancel.once("close", () => resolve());
    });
  }
  for (const until = clock.now() + GONE_MS; isEngineRunning(project) && clock.now() < until;)
    await clock.sleep(GONE_POLL_MS);
}
