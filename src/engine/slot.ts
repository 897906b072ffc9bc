import type { EffectContext } from "./deps.ts";

/** Time between two looks at the shared worker slots, in ms. */
const SLOT_POLL_MS = 500;

/** Waits for a worker slot and takes it, or finds the one that the task has. Throws when it is not wanted any more, and holds none then. */
export async function takeSlot(context: EffectContext): Promise<void> {
  const { deps, task, config, signal } = context;
  const account = await accountOf(context);
  const holder = { project: deps.project, task: task.id };
  while (!(await deps.slots.acquire(account, config.worker.parallel, holder))) {
    await deps.clock.sleep(SLOT_POLL_MS, signal);
    signal.throwIfAborted();
  }
  if (signal.aborted) await releaseSlot(context);
  signal.throwIfAborted();
}

/** Gives the task's slot back; none is fine. */
export async function releaseSlot(context: EffectContext): Promise<void> {
  const { deps, task } = context;
  await deps.slots.release(await accountOf(context), { project: deps.project, task: task.id });
}

/** Credit account of the installed worker; one name for "not known", so that slots are still counted. */
export async function accountOf(context: EffectContext): Promise<string> {
  const ready = await context.deps.worker.readiness();
  return ready.ok ? ready.value.account : "unknown";
}
