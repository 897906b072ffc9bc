import { createGitRepo } from "../git/repo.ts";
import { CcoError } from "../kernel/errors.ts";
import type { ErrorCode } from "../kernel/error-table.ts";
import type { Effort, Envelope, Lane, LintFinding } from "../model/envelope.ts";
import type { Base, DispatchOptions } from "../model/options.ts";
import { sendCommand } from "./client.ts";
import { lintFiles } from "./envelopes.ts";
import { requireWorker } from "./preflight.ts";
import type { Project } from "./project.ts";
import { ensureBoard } from "./init.ts";
import { systemIds } from "./system.ts";

/** Options of the command line; lane and effort override the envelopes. */
export interface RunOptions {
  readonly lane?: Lane;
  readonly effort?: Effort;
  readonly review: boolean;
  readonly merge: boolean;
  readonly allowDirty: boolean;
}

/** A linted run that has not been submitted. With an error among the findings it must not be. */
export interface PreparedRun {
  readonly id: string;
  readonly ids: readonly string[];
  readonly tasks: readonly { readonly envelope: Envelope; readonly source: string; readonly options: DispatchOptions }[];
  readonly findings: readonly LintFinding[];
  /** Code to end with when there are errors. */
  readonly code: ErrorCode;
}

/** Reads and lints the envelopes. Writes nothing. */
export async function prepareRun(project: Project, files: readonly string[], options: RunOptions): Promise<PreparedRun> {
  const { envelopes, findings } = await lintFiles(project, files);
  const tasks = envelopes.map(({ envelope, source }) => ({
    envelope,
    source,
    options: {
      lane: options.lane ?? envelope.lane,
      effort: options.effort ?? envelope.effort,
      review: options.review,
      merge: options.merge,
      allowDirty: options.allowDirty,
    },
  }));
  return { id: systemIds().next(), ids: tasks.map((task) => task.envelope.task), tasks, findings, code: codeOf(findings) };
}

/** Checks that work can start at all, then hands the run to the engine. Nothing has been written when it throws. */
export async function submitRun(project: Project, run: PreparedRun): Promise<void> {
  await requireWorker();
  const repo = createGitRepo({ root: project.root });
  const base = await repo.base();
  await refuseDirty(run, () => repo.dirtyFiles());
  ensureBoard(project);
  await sendCommand(project, { v: 1, type: "submit", run: run.id, base: portable(base), tasks: [...run.tasks] });
}

async function refuseDirty(run: PreparedRun, dirtyFiles: () => Promise<readonly string[]>): Promise<void> {
  if (!run.tasks.some(({ options }) => options.lane === "local" && !options.allowDirty)) return;
  const dirty = await dirtyFiles();
  if (dirty.length === 0) return;
  throw new CcoError("REPO_DIRTY", `the work tree has ${dirty.length} changed file(s): ${dirty.slice(0, 5).join(", ")}`);
}

function portable(base: Base): Base {
  return { branch: base.branch, commit: base.commit };
}

/** The code of the first error finding; cycles and unknown ids have codes of their own. */
function codeOf(findings: readonly LintFinding[]): ErrorCode {
  const rules = new Set(findings.filter((finding) => finding.severity === "error").map((finding) => finding.rule));
  if (rules.has("envelope/after-cycle")) return "ENVELOPE_CYCLE";
  if (rules.has("envelope/after-unknown")) return "ENVELOPE_UNKNOWN_AFTER";
  return rules.has("envelope/duplicate-task") ? "ENVELOPE_DUPLICATE" : "ENVELOPE_INVALID";
}
