import { ensureEngine } from "../../app/engine/engine-process.ts";
import { type Invocation, isOn } from "../invocation.ts";

/** `cco engine`: starts the engine in the background, or here with --foreground. */
export async function runEngineCommand(invocation: Invocation): Promise<number> {
  const project = invocation.project();
  if (!isOn(invocation, "foreground")) {
    ensureEngine(project);
    invocation.out.note("engine started; it ends by itself when nothing is left to do");
    return 0;
  }
  const { runProjectEngine } = await import("../../app/engine/run-engine.ts");
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stop.abort());
  await runProjectEngine(project, stop.signal, (line) => void process.stderr.write(line));
  return 0;
}
