import { join } from "node:path";
import { readLastLines } from "../blackboard/line-file.ts";
import { type Route, routeOf } from "../decide/routing.ts";
import { windowsAt } from "../decide/window.ts";
import { parseJson } from "../kernel/json.ts";
import type { Effort, LintFinding } from "../model/envelope.ts";
import { type TaskOutcome, taskOutcomeSchema } from "../model/ledger.ts";
import { envelopeError, lintFiles } from "./envelopes.ts";
import type { Project } from "./project.ts";
import { workersWindows } from "./windows.ts";

/** How much of the end of `outcomes.jsonl` is history, in bytes; a line has some 300. */
const HISTORY_BYTES = 256 * 1024;

/** Where one envelope would go. */
export interface RoutedTask extends Route {
  readonly task: string;
  readonly asked: Effort;
}

/** Routes envelopes as a dispatch would, without starting or writing anything. Throws what is wrong with an envelope. */
export async function routeFiles(
  project: Project,
  files: readonly string[],
): Promise<{ readonly routes: readonly RoutedTask[]; readonly findings: readonly LintFinding[] }> {
  const { envelopes, findings } = lintFiles(project, files);
  const error = envelopeError(findings);
  if (error !== null) throw error;
  const [history, windows] = await Promise.all([recentOutcomes(project), workersWindows()]);
  const routes = envelopes.map(({ envelope }) => ({
    task: envelope.task,
    asked: envelope.effort,
    ...routeOf({ envelope, asked: envelope.effort, history, windows: windowsAt(windows, Date.now()), failed: [] }),
  }));
  return { routes, findings };
}

/** Tasks of a project that have ended lately, oldest first. */
export async function recentOutcomes(project: Project): Promise<TaskOutcome[]> {
  const lines = await readLastLines(join(project.board, "outcomes.jsonl"), HISTORY_BYTES);
  return lines.flatMap((line) => taskOutcomeSchema.safeParse(parseJson(line)).data ?? []);
}
