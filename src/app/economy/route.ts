import { join } from "node:path";
import { readLastLines } from "../../blackboard/line-file.ts";
import { type Route, routeOf } from "../../decide/routing/routing.ts";
import { windowsAt } from "../../decide/windows/window.ts";
import { parseJson } from "../../kernel/json.ts";
import type { Effort, LintFinding } from "../../model/envelope.ts";
import { type TaskOutcome, taskOutcomeSchema } from "../../model/ledger.ts";
import { envelopeError, lintFiles } from "../envelopes.ts";
import type { Project } from "../project.ts";
import { workersWindows } from "./windows.ts";

/** How much of the end of `outcomes.jsonl` is history, in bytes; a line has some 300. */
const HISTORY_BYTES = 256 * 1024;

/** Said of work for the cloud, which nobody is sent to by himself. */
const CLOUD = "it asks for the cloud: effort and model are those of its environment there";

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
  const now = windowsAt(windows, Date.now());
  const routes = envelopes.map(({ envelope }) => {
    const route = routeOf({ envelope, asked: envelope.effort, history, windows: now, failed: [] });
    const reasons = envelope.lane === "cloud" ? [...route.reasons, CLOUD] : route.reasons;
    return { task: envelope.task, asked: envelope.effort, ...route, reasons };
  });
  return { routes, findings };
}

/** Tasks of a project that have ended lately, oldest first. */
export async function recentOutcomes(project: Project): Promise<TaskOutcome[]> {
  const lines = await readLastLines(join(project.board, "outcomes.jsonl"), HISTORY_BYTES);
  return lines.flatMap((line) => taskOutcomeSchema.safeParse(parseJson(line)).data ?? []);
}
