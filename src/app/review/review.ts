import { join } from "node:path";
import { loadConfig } from "../../blackboard/config-file.ts";
import { writeDurable } from "../../blackboard/atomic-write.ts";
import { createClaudeReviewer } from "../../claude/reviewer.ts";
import { createCodexSandbox } from "../../codex/confinement/sandbox.ts";
import { reviewersFor, wantsConcrete } from "../../decide/review/loop.ts";
import { holdRound } from "../../engine/review/round.ts";
import { reviewLimits, type ReviewSubject, type ReviewTools } from "../../engine/review/tools.ts";
import { parseEnvelope } from "../../envelope/parse.ts";
import { type Change, type ChangeQuery, findChange } from "../../git/change.ts";
import { createGitRepo } from "../../git/repo.ts";
import { redact } from "../../guard/secrets.ts";
import { CcoError } from "../../kernel/errors.ts";
import { isErrorCode } from "../../kernel/error-table.ts";
import { folderNumber } from "../../kernel/ids.ts";
import { type Envelope, makeEnvelope } from "../../model/envelope.ts";
import type { Failure } from "../../model/outcome.ts";
import type { Challenge, ReviewRound } from "../../model/review.ts";
import type { ReviewReport } from "../../model/review-report.ts";
import { ownEnvironment } from "../../process/own-programs.ts";
import { identityOf } from "../../process/process-identity.ts";
import { codexHost } from "../host.ts";
import { ensureBoard } from "../init.ts";
import { noteCall } from "../economy/note-call.ts";
import type { Project } from "../project.ts";
import { requireTask } from "../board/read-board.ts";
import { readText } from "../board/read-text.ts";
import { reviewFolder, reviewProcessFile } from "./review-folder.ts";
import { renderReview } from "./review-page.ts";
import { systemClock, systemIds } from "../system.ts";

/** Which change: a task's, what HEAD has on top of a commit, or what is not committed. Exactly one of them. */
export type ReviewWhat =
  | { readonly kind: "task"; readonly task: string }
  | { readonly kind: "since"; readonly ref: string }
  | { readonly kind: "uncommitted" };

export interface ReviewOptions {
  /** Rounds at most; a round without a VALID challenge is the last one. */
  readonly rounds: number;
  readonly signal: AbortSignal;
  onProgress(line: string): void;
}

/**
 * Reviews a change of anybody's: Claude challenges it, its evidence is executed in the sandbox, a judge rules on the rest. Needs no
 * engine and no task; writes below `.cco/reviews/` and removes its copies of the repository. Throws USAGE when there is nothing to
 * review, and what kept the reviewer from answering (exit 7).
 */
export async function reviewChange(project: Project, what: ReviewWhat, options: ReviewOptions): Promise<ReviewReport> {
  const { config } = await loadConfig(project.root);
  const { query, envelope, subject } = readOrder(project, what);
  const host = codexHost();
  const change = await findChange({ root: project.root, env: host.env }, query);
  if (change.files.length === 0)
    throw new CcoError("USAGE", `there is nothing to review: ${subject} changes no file`, NOTHING);
  ensureBoard(project);
  const id = systemIds().next();
  const dir = reviewFolder(project, id);
  await writeDurable(reviewProcessFile(project, id), `${JSON.stringify(identityOf(process.pid))}\n`);
  const clock = systemClock();
  const repo = createGitRepo({ root: project.root, env: host.env });
  const tools: ReviewTools = {
    repo,
    sandbox: createCodexSandbox(host),
    reviewer: createClaudeReviewer({ env: ownEnvironment(), cwd: project.root, now: () => clock.now() }),
    clock,
    signal: options.signal,
    cleanLog: redactFile,
  };
  const copies = join(project.board, "worktrees", `review-${id}`);
  try {
    await repo.openScratch(copies, change.commit);
    const about = reviewSubject(change, envelope, { path: copies, name: nameOf(what) });
    const held = await holdRounds(tools, about, { project, dir, limits: reviewLimits(config, 0), options });
    const report = { subject, dir, ...held };
    await writeDurable(join(dir, "report.md"), renderReview(report));
    return report;
  } finally {
    await repo.dropScratch(copies);
  }
}

const NOTHING = { hint: "change something, or name another change: cco review TASK, --base REF, --uncommitted" };

function readOrder(
  project: Project,
  what: ReviewWhat,
): { query: ChangeQuery; envelope: Envelope | null; subject: string } {
  if (what.kind === "uncommitted") return { query: what, envelope: null, subject: "what is not committed" };
  if (what.kind === "since") return { query: what, envelope: null, subject: `what HEAD has on top of ${what.ref}` };
  const task = requireTask(project, what.task);
  if (task.commit === null) {
    throw new CcoError("USAGE", `${what.task} has left no change yet: it is ${task.status}`, {
      hint: `cco status ${what.task}`,
    });
  }
  const text = readText(join(task.paths.task, "envelope.md")) ?? "";
  return {
    query: { kind: "commit", commit: task.commit, base: task.base },
    envelope: parseEnvelope(text, "envelope.md").envelope,
    subject: `the change of ${what.task}`,
  };
}

/** Name of a change in prompts: a task's id, or one that says that there is none. */
function nameOf(what: ReviewWhat): string {
  return what.kind === "task" ? what.task : "review";
}

function reviewSubject(
  change: Change,
  envelope: Envelope | null,
  copy: { readonly path: string; readonly name: string },
): ReviewSubject {
  return {
    task: copy.name,
    attempt: 1,
    envelope: envelope ?? orderOf(change),
    place: { path: copy.path, branch: null },
    base: change.base,
    commit: change.commit,
    files: change.files,
    scratch: copy.path,
  };
}

/** What a change that nobody wrote an order for is held to. Its own messages are no order: whoever made it wrote them. */
function orderOf(change: Change): Envelope {
  return makeEnvelope({
    task: "review",
    goal: "A change made without a written order: find where it breaks what worked, or does not do what it plainly sets out to do.",
    risk: "medium",
    acceptance: [
      { text: "What worked before the change works after it" },
      { text: "What the change adds does what its names, comments and tests say" },
      { text: "No input that can be expected makes it fail, hang, lose data or open a hole" },
    ],
    write: change.files.map(({ path }) => path),
  });
}

interface Holding {
  readonly project: Project;
  readonly dir: string;
  readonly limits: ReturnType<typeof reviewLimits>;
  readonly options: ReviewOptions;
}

type Held = Pick<ReviewReport, "rounds" | "converged" | "summaries" | "raised" | "usd">;

/** Rounds until one has no VALID challenge; nobody fixes anything between them, so each looks for what is left. */
async function holdRounds(tools: ReviewTools, subject: ReviewSubject, holding: Holding): Promise<Held> {
  const { dir, limits, options, project } = holding;
  const rounds: ReviewRound[] = [];
  const summaries: string[] = [];
  const raised: (readonly Challenge[])[] = [];
  const paths = subject.files.map(({ path }) => path);
  let usd = 0;
  while (rounds.length < options.rounds) {
    const round = rounds.length + 1;
    options.onProgress(`round ${round}: Claude looks for faults in ${paths.length} file(s)`);
    const held = await holdRound(tools, subject, {
      round,
      dir: join(dir, folderNumber(round)),
      reviewers: reviewersFor(subject.envelope, paths),
      standing: [],
      priorClaims: rounds.flatMap((past) => past.challenges.map(({ ruling, claim }) => `${ruling}: ${claim}`)),
      concrete: wantsConcrete(rounds),
      limits,
    });
    for (const call of held.calls) {
      usd += call.usage.usd;
      await noteCall(project, subject.task === "review" ? null : subject.task, call);
    }
    if (held.round === null) throw unavailable(held.failure, subject.task);
    rounds.push(held.round);
    summaries.push(redact(held.findings.summary));
    raised.push(held.findings.challenges);
    if (!hasValid(held.round)) break;
  }
  const last = rounds.at(-1);
  const converged = last !== undefined && !hasValid(last);
  await writeDurable(
    join(dir, "rulings.json"),
    `${JSON.stringify({ schema: "cco.review/1", rounds, converged }, null, 2)}\n`,
  );
  return { rounds, converged, summaries, raised, usd };
}

function hasValid(round: ReviewRound): boolean {
  return round.challenges.some(({ ruling }) => ruling === "VALID");
}

/** A change that is reviewed by itself is no task that could be tried once more. */
function unavailable(failure: Failure | null, task: string): CcoError {
  const code = failure !== null && isErrorCode(failure.code) ? failure.code : "REVIEW_UNAVAILABLE";
  const next =
    failure?.next
      .replace(/, or dispatch with --no-review/, "")
      .replaceAll(`cco retry ${task}`, "the same cco review again") ?? "cco doctor";
  return new CcoError(code, failure?.message ?? "the reviewer did not answer", { hint: next });
}

async function redactFile(path: string): Promise<void> {
  const text = readText(path);
  if (text === null) return;
  const clean = redact(text);
  if (clean !== text) await writeDurable(path, clean);
}
