import { join } from "node:path";
import { foldLedger, type Grouping, type LedgerReport } from "../../decide/spending/ledger-report.ts";
import { type LedgerRow, ledgerRowSchema, taskOutcomeSchema } from "../../model/ledger.ts";
import { readJsonl } from "../../process/jsonl.ts";
import type { ReadKind } from "./count-read.ts";
import { knownProjects } from "../known-projects.ts";
import type { Project } from "../project.ts";
import { sumReads } from "../board/read-sums.ts";

export { GROUPINGS, type LedgerReport, tokensOf } from "../../decide/spending/ledger-report.ts";

const MAX_LINE_BYTES = 64 * 1024;

/** The rows of the ledger, oldest first, one at a time. Lines that are none are passed over. */
async function* readLedger(project: Project): AsyncGenerator<LedgerRow, void, undefined> {
  for await (const line of linesOf(project, "ledger.jsonl")) {
    const row = ledgerRowSchema.safeParse(line);
    if (row.success) yield row.data;
  }
}

async function* linesOf(project: Project, name: string): AsyncGenerator<unknown, void, undefined> {
  for await (const frame of readJsonl(join(project.board, name), MAX_LINE_BYTES)) {
    if (frame.kind === "record") yield frame.value;
  }
}

/** Reads the whole ledger once, by project those of all projects of the user; `onRow` sees every row on the way. */
export async function reportLedger(
  project: Project,
  by: Grouping,
  onRow: (row: LedgerRow, project: string) => void = () => undefined,
): Promise<LedgerReport> {
  const fold = foldLedger(by);
  let accepted = 0;
  for (const one of by === "project" ? knownProjects(project) : [project]) {
    for await (const row of readLedger(one)) {
      fold.add(row, one.root);
      onRow(row, one.root);
    }
    accepted += await countAccepted(one);
  }
  return fold.report(accepted);
}

const endedSchema = taskOutcomeSchema.pick({ task: true, status: true });

async function countAccepted(project: Project): Promise<number> {
  const accepted = new Set<string>();
  for await (const line of linesOf(project, "outcomes.jsonl")) {
    const ended = endedSchema.safeParse(line).data;
    if (ended?.status === "accepted") accepted.add(ended.task);
  }
  return accepted.size;
}

/** What had to be read for a task, in estimated tokens: by workers as prompts, by Claude as answers of cco. */
export interface TaskContext {
  readonly task: string | null;
  readonly prompts: number;
  readonly promptTokens: number;
  readonly reads: number;
  readonly readTokens: Readonly<Record<ReadKind, number>>;
}

/** Context by task. `since`: reads before that are not known. */
export async function reportContext(
  project: Project,
): Promise<{ readonly since: string | null; readonly tasks: readonly TaskContext[] }> {
  const prompts = new Map<string | null, { prompts: number; promptTokens: number }>();
  for await (const row of readLedger(project)) {
    if (row.prompt === null) continue;
    const sum = prompts.get(row.task) ?? { prompts: 0, promptTokens: 0 };
    prompts.set(row.task, { prompts: sum.prompts + 1, promptTokens: sum.promptTokens + row.prompt.tokens });
  }
  const { since, sums } = await sumReads(project);
  const read = new Map(sums.map((sum) => [sum.task, sum]));
  const tasks = [...new Set([...prompts.keys(), ...read.keys()])];
  return {
    since,
    tasks: tasks.map((task) => ({
      task,
      ...(prompts.get(task) ?? { prompts: 0, promptTokens: 0 }),
      reads: read.get(task)?.reads ?? 0,
      readTokens: read.get(task)?.tokens ?? { mcp: 0, hook: 0, cli: 0 },
    })),
  };
}
