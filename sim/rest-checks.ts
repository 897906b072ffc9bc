import { addUsage, NO_USAGE, type Usage } from "../src/model/outcome.ts";
import { type LedgerRow, ledgerRowSchema } from "../src/model/ledger.ts";
import { eventSchema } from "../src/model/event.ts";
import type { Fact } from "../src/model/record.ts";
import type { Task } from "../src/model/task.ts";
import { runCommand } from "./checks.ts";
import { hasWork } from "./faces.ts";
import { checkTip } from "./observer.ts";
import { isSettled, pictureOf } from "./project-record.ts";
import { openCards, pendingCards, pictureOnDisk, readShown } from "./projection-checks.ts";
import type { SimProject, SimWorld } from "./sim-world.ts";
import { checkOf, fileOf } from "./submission.ts";

/** What has to hold when nothing happens any more. */
export function checkAtRest(world: SimWorld, project: SimProject): void {
  const { findings } = world;
  const { record, name } = project;
  checkTip(world, project);
  findings.expect(!hasWork(project), "task-lost", name, () => "there is work, and nobody does it");
  for (const id of record.commands) {
    findings.expect(record.done.has(id), "command-lost", `${name} ${id}`, () => "it is not in the journal");
  }
  for (const task of record.world.tasks.values()) {
    checkTask(world, project, task);
    checkUsage(world, project, task);
  }
  checkCards(world, project);
  checkEvents(world, project);
  for (const folder of world.yard.folders.values()) {
    if (!folder.dir.startsWith(`${project.root}/`)) continue;
    findings.expect(!folder.working, "worker-left", folder.dir, () => "its worker runs for ever");
  }
}

function checkTask(world: SimWorld, project: SimProject, task: Task): void {
  const { findings } = world;
  const { record, name } = project;
  const subject = `${name} ${task.id}`;
  const { state } = task;
  const settled = isSettled(record.world, task) || state.at === "blocked";
  findings.expect(settled, "task-lost", subject, () => `it is ${state.at} for ever`);
  const picture = pictureOnDisk(project.disk, task.id);
  findings.expect(picture === pictureOf(task), "projection", subject, () => `it shows "${picture}"`);
  const merged = state.at === "ended" && state.status === "accepted" && wasMerged(record.lines, task.id);
  const times = record.merges.get(task.id) ?? 0;
  if (!merged) findings.expect(times === 0, "merged-unaccepted", subject, () => `it is ${pictureOf(task)}`);
  else checkMerged(world, project, task);
}

function wasMerged(lines: readonly { readonly fact: Fact }[], id: string): boolean {
  const last = lines.findLast(({ fact }) => fact.type === "merge.ended" && fact.task === id)?.fact;
  return last?.type === "merge.ended" && last.outcome.kind === "merged";
}

function checkMerged(world: SimWorld, { record, repo, name }: SimProject, task: Task): void {
  const planned = world.tasks.get(task.id);
  const tip = repo.branches.get("main");
  if (planned === undefined || tip === undefined) return;
  const subject = `${name} ${task.id}`;
  world.findings.expect(
    record.merges.get(task.id) === 1,
    "merge-missing",
    subject,
    () => "main was never moved for it",
  );
  if (record.userPaths.has(fileOf(task.id))) return;
  // Another task may have made this one's check red since, but its own work has to be there.
  const own = runCommand(checkOf({ ...planned, clash: null }), repo.commits.get(tip).files);
  world.findings.expect(own.exitCode === 0, "merge-missing", subject, () => `on main: ${own.output.trim()}`);
}

function checkUsage(world: SimWorld, project: SimProject, task: Task): void {
  const { findings, yard } = world;
  const { record, name, disk, root } = project;
  const subject = `${name} ${task.id}`;
  const ended = new Set<number>();
  let attempts = NO_USAGE;
  let reviews = NO_USAGE;
  for (const { fact } of record.lines) {
    const isReview = fact.type === "review.ended" || fact.type === "diagnosis.ended" || fact.type === "spec.challenged";
    if (isReview && fact.task === task.id) reviews = addUsage(reviews, fact.usage);
    if (fact.type !== "attempt.ended" || fact.task !== task.id || ended.has(fact.attempt)) continue;
    // A second line about the same attempt says what the first one said.
    ended.add(fact.attempt);
    attempts = addUsage(attempts, fact.outcome.usage);
  }
  const sum = tokens(addUsage(attempts, reviews));
  findings.expect(
    tokens(task.usage) === sum,
    "ledger",
    subject,
    () => `${tokens(task.usage)} in the fold, ${sum} in the journal`,
  );
  const rows = ledgerOf(project).filter((row) => row.task === task.id);
  const inLedger = rows.reduce((total, row) => total + row.inputTokens + row.outputTokens, 0);
  findings.expect(inLedger === sum, "ledger", subject, () => `${inLedger} in ledger.jsonl, ${sum} in the journal`);
  const shown = readShown(disk.files.get(`tasks/${task.id}/status.json`));
  const onBoard = shown === null ? 0 : shown.usage.inputTokens + shown.usage.outputTokens;
  findings.expect(onBoard === sum, "ledger", subject, () => `${onBoard} on the board, ${sum} in the journal`);
  let spent = NO_USAGE;
  for (const folder of yard.folders.values()) {
    if (folder.dir.startsWith(`${root}/.cco/tasks/${task.id}/`)) spent = addUsage(spent, folder.usage);
  }
  findings.expect(tokens(spent) === tokens(attempts), "spent-unrecorded", subject, () => {
    return `${tokens(spent)} tokens spent by workers, ${tokens(attempts)} in the journal`;
  });
}

/** The rows of the ledger; each may be there once. */
function ledgerOf({ disk }: SimProject): LedgerRow[] {
  const lines = (disk.files.get("ledger.jsonl") ?? "").split("\n").slice(0, -1);
  const rows = lines.map((line) => ledgerRowSchema.parse(JSON.parse(line)));
  if (new Set(rows.map(({ seq, part }) => `${seq}.${part}`)).size < rows.length)
    throw new Error("a ledger row is there twice");
  return rows;
}

function tokens(usage: Usage): number {
  return usage.inputTokens + usage.outputTokens;
}

function checkCards(world: SimWorld, project: SimProject): void {
  const open = openCards(project);
  const shown = new Set(pendingCards(project));
  for (const id of open)
    world.findings.expect(shown.has(id), "card-lost", `${project.name} ${id}`, () => "it is not on the board");
  for (const id of shown)
    world.findings.expect(open.has(id), "card-lost", `${project.name} ${id}`, () => "it is not open any more");
}

function checkEvents({ findings }: SimWorld, { record, disk, name }: SimProject): void {
  const lines = ["events.1.jsonl", "events.jsonl"].flatMap((file) => (disk.files.get(file) ?? "").split("\n"));
  const ids = lines.filter((line) => line !== "").map((line) => eventSchema.parse(JSON.parse(line)).id);
  const told = new Set(ids);
  findings.expect(told.size === ids.length, "told-twice", name, () => `${ids.length - told.size} lines too many`);
  for (const event of record.world.notices.events)
    findings.expect(told.has(event.id), "event-lost", `${name} ${event.id}`, () => event.line);
}
