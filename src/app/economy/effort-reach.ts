import { effortReach, type EffortReach } from "../../codex/installed/catalogue.ts";
import { readStartContext } from "../../codex/installed/readiness.ts";
import { codexHost } from "../host.ts";

/** Whether the effort of a task reaches the model of the installed worker; null where no worker can be found. */
export async function workersEffort(): Promise<EffortReach | null> {
  const context = await readStartContext(codexHost());
  return context.ok ? effortReach(context.value) : null;
}
