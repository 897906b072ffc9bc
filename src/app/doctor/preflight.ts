import { requireAttachable } from "../../codex/attached/fitness.ts";
import { readinessOf, readStartContext } from "../../codex/installed/readiness.ts";
import { CcoError } from "../../kernel/errors.ts";
import type { Lane } from "../../model/envelope.ts";
import type { WorkerReadiness } from "../../ports/worker.ts";
import { codexHost } from "../host.ts";

/** Why the attached lane is refused here, or null. */
export async function attachedRefusal(): Promise<CcoError | null> {
  const context = await readStartContext(codexHost());
  if (!context.ok) return context.error;
  try {
    requireAttachable(context.value.installation);
    return null;
  } catch (thrown) {
    if (thrown instanceof CcoError) return thrown;
    throw thrown;
  }
}

/** Makes sure before anything is written that a worker could run in these lanes. Throws CODEX_NOT_FOUND, CODEX_VERSION_UNSUPPORTED, CODEX_NOT_LOGGED_IN, CODEX_CONFIG. */
export async function requireWorker(lanes: readonly Lane[] = []): Promise<WorkerReadiness> {
  const context = await readStartContext(codexHost());
  if (!context.ok) throw context.error;
  const ready = readinessOf(context.value);
  // The cloud asks for a login of its own kind, whatever provider the workers here have.
  const onlyCloud = lanes.length > 0 && lanes.every((lane) => lane === "cloud");
  if (ready.login === null && !onlyCloud)
    throw new CcoError("CODEX_NOT_LOGGED_IN", `${ready.path} has no login and no key`);
  if (lanes.includes("attached")) requireAttachable(context.value.installation);
  return ready;
}
