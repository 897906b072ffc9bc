import { loadConfig } from "../../blackboard/config-file.ts";
import { openWindows } from "../../blackboard/windows.ts";
import { closedFor } from "../../decide/windows/window-gate.ts";
import { isoTime } from "../../kernel/durations.ts";
import { CcoError } from "../../kernel/errors.ts";
import type { SubmittedTask } from "../../model/command.ts";
import { processIdentities } from "../../process/process-identity.ts";
import { stateFolder } from "../host.ts";
import type { Project } from "../project.ts";
import { recentOutcomes } from "./route.ts";
import { refreshOldWindows } from "./window-refresh.ts";

/** Throws WINDOW_CLOSED when one of the tasks would have to wait for a credit window of the account. */
export async function refuseClosedWindow(
  project: Project,
  submitted: readonly SubmittedTask[],
  account: string,
): Promise<void> {
  await refreshOldWindows(account);
  const windows = await openWindows(stateFolder(), processIdentities).read(account);
  if (windows === null) return;
  const [{ config }, history] = await Promise.all([loadConfig(project.root), recentOutcomes(project)]);
  const nowMs = Date.now();
  const state = { at: "queued", notBefore: isoTime(nowMs), feedback: null } as const;
  const tasks = submitted.map(({ envelope, options }) => ({ envelope, options, state, attempts: [] }));
  const closed = closedFor(tasks, { windows, history, running: [], config, nowMs });
  if (closed === null) return;
  const { detail, untilMs, task } = closed;
  throw new CcoError("WINDOW_CLOSED", `${task.envelope.task} would have to wait: ${detail}`, {
    data: { task: task.envelope.task, until: isoTime(untilMs) },
  });
}
