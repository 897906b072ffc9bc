import { createGitRepo } from "../git/repo.ts";
import { CcoError } from "../kernel/errors.ts";
import type { SubmittedTask } from "../model/command.ts";
import type { Effort, Lane, LintFinding } from "../model/envelope.ts";
import { sendCommand } from "./engine/client.ts";
import type { WaitingEngine } from "./engine/engine-process.ts";
import { type EnvelopeFile, envelopeError, lintFiles } from "./envelopes.ts";
import { requireWorker } from "./doctor/preflight.ts";
import { ownPrices } from "./economy/prices.ts";
import type { Project } from "./project.ts";
import { ensureBoard } from "./init.ts";
import { claudeSession } from "./session.ts";
import { systemIds } from "./system.ts";
import { userConfig } from "./economy/user-caps.ts";
import { noteUnread } from "./board/unread.ts";

/** Options of the command line; lane and effort override the envelopes. */
export interface RunOptions {
  readonly lane?: Lane;
  readonly effort?: Effort;
  readonly review: boolean;
  readonly merge: boolean;
  readonly allowDirty: boolean;
  /** False: a run that would have to wait for a credit window is refused. */
  readonly waitWindow: boolean;
}

/** A linted run that has not been submitted. With a `refusal` it must not be. */
export interface PreparedRun {
  readonly id: string;
  readonly ids: readonly string[];
  readonly tasks: readonly SubmittedTask[];
  readonly findings: readonly LintFinding[];
  readonly refusal: CcoError | null;
  readonly waitWindow: boolean;
}

/** Reads and lints the envelopes, given as files or as their texts. Writes nothing. */
export function prepareRun(
  project: Project,
  files: readonly (string | EnvelopeFile)[],
  options: RunOptions,
): PreparedRun {
  const { envelopes, findings } = lintFiles(project, files, options.lane);
  const tasks = envelopes.map(({ envelope, text }) => ({
    envelope,
    source: text,
    options: {
      lane: options.lane ?? envelope.lane,
      effort: options.effort ?? envelope.effort,
      review: options.review,
      merge: options.merge,
      allowDirty: options.allowDirty,
    },
  }));
  const ids = tasks.map((task) => task.envelope.task);
  return {
    id: systemIds().next(),
    ids,
    tasks,
    findings,
    refusal: envelopeError(findings),
    waitWindow: options.waitWindow,
  };
}

/** Checks that work can start at all, then hands the run to the engine. Nothing has been written when it throws. */
export async function submitRun(project: Project, run: PreparedRun, engine: WaitingEngine | null): Promise<void> {
  const repo = createGitRepo({ root: project.root });
  const [base, worker] = await Promise.all([
    repo.base(),
    requireWorker(run.tasks.map(({ options }) => options.lane)),
    ownPrices(project),
    userConfig(),
  ]);
  await refuseDirty(run, () => repo.dirtyFiles());
  if (run.tasks.some(({ options }) => options.lane === "cloud")) {
    const { requireCloud } = await import("./doctor/cloud.ts");
    await requireCloud(project);
  }
  if (!run.waitWindow) {
    const { refuseClosedWindow } = await import("./economy/window-refusal.ts");
    await refuseClosedWindow(project, run.tasks, worker.account);
  }
  ensureBoard(project);
  const session = claudeSession(project);
  await sendCommand(project, { v: 1, type: "submit", run: run.id, base, tasks: [...run.tasks], session }, engine);
  if (session !== undefined) noteUnread(project, run.ids);
}

async function refuseDirty(run: PreparedRun, dirtyFiles: () => Promise<readonly string[]>): Promise<void> {
  if (!run.tasks.some(({ options }) => options.lane === "local" && !options.allowDirty)) return;
  const dirty = await dirtyFiles();
  if (dirty.length === 0) return;
  throw new CcoError(
    "REPO_DIRTY",
    `the work tree has ${dirty.length} changed file(s): ${dirty.slice(0, 5).join(", ")}`,
  );
}
