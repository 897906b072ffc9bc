import { folderNumber } from "../../kernel/ids.ts";
import { reviewersFor, wantsConcrete } from "../../decide/review/loop.ts";
import { addUsage, NO_USAGE } from "../../model/outcome.ts";
import type { Fact } from "../../model/record.ts";
import type { Task } from "../../model/task.ts";
import { feedbackText, standingChallenges } from "./challenges.ts";
import type { EffectContext } from "../deps.ts";
import { keepTests } from "./keep-tests.ts";
import { redactLog } from "../redaction.ts";
import { holdRound, type RoundHeld } from "./round.ts";
import { type ReviewLimits, reviewLimits, type ReviewSubject, type ReviewTools } from "./tools.ts";
import { inReviewTurn, reviewTurn } from "./turn.ts";

/** One review round of a task: what was executed is ruled, written down, and told to the next attempt. */
export async function reviewCandidate(context: EffectContext): Promise<readonly Fact[]> {
  const { task, deps } = context;
  const state = task.state;
  const subject = subjectOf(context);
  if ((state.at !== "sealed" && state.at !== "verified") || subject === null) return [];
  const round = task.rounds.length + 1;
  const dir = deps.board.paths.review(task.id, round);
  const folder = `tasks/${task.id}/review/${folderNumber(round)}`;
  await deps.board.writeFile(`${folder}/commit`, `${subject.commit}\n`);
  const postponed = await reviewTurn(context, state.attempt, round);
  if (postponed !== null) return [postponed];
  const order = {
    round,
    dir,
    reviewers: reviewersFor(
      task.envelope,
      subject.files.map(({ path }) => path),
    ),
    standing: await standingChallenges(deps.board, task),
    priorClaims: priorClaims(task),
    concrete: wantsConcrete(task.rounds),
    limits: limitsOf(context),
  };
  const held = await inReviewTurn(context, round, () => holdRound(toolsOf(context), subject, order));
  deps.board.crashPoint("review.after-answer");
  const calls = [...held.calls];
  const usage = calls.map((call) => call.usage).reduce(addUsage, NO_USAGE);
  const about = { type: "review.ended", task: task.id, attempt: state.attempt, usage, calls } as const;
  if (held.round === null) {
    const failure = held.failure === null ? null : { ...held.failure, attempt: state.attempt };
    return [{ ...about, round: null, feedback: null, failure }];
  }
  await writeRound(context, folder, held);
  const feedback = feedbackText(held.findings.challenges, held.round.challenges, task.envelope);
  const candidate = feedback === null ? await keepTests(context) : null;
  const kept = candidate === null ? {} : { candidate };
  return [{ ...about, round: held.round, feedback, failure: null, ...kept }];
}

/** Claims that the reviewer is told of: the latest that were ruled on. A flood of one round is not sent back to the next. */
const CLAIMS_TOLD = 60;

function priorClaims({ rounds }: Task): string[] {
  const ruled = rounds
    .flatMap(({ challenges }) => challenges)
    .filter(({ executed, ruling }) => executed || ruling !== "NOISE");
  return ruled.slice(-CLAIMS_TOLD).map(({ ruling, claim }) => `${ruling}: ${claim}`);
}

/** Keeps findings, rulings and test files of a round. */
async function writeRound({ deps, task }: EffectContext, folder: string, held: RoundHeld): Promise<void> {
  const { round, findings } = held;
  if (round === null) return;
  const write = (name: string, value: unknown): Promise<void> =>
    deps.board.writeFile(`${folder}/${name}`, `${JSON.stringify(value, null, 2)}\n`, { durable: true });
  for (const [index, { evidence }] of findings.challenges.entries()) {
    if (evidence.kind !== "failing-test" || evidence.content === undefined) continue;
    if (round.challenges[index]?.ruling !== "VALID") continue;
    const name =
      evidence.path
        ?.split("/")
        .at(-1)
        ?.replaceAll(/[^\w.-]/g, "_") ?? "test";
    await deps.board.writeFile(`${folder}/evidence/${folderNumber(index + 1)}/${name}.txt`, evidence.content);
  }
  await write("findings.json", findings);
  const converged = !round.challenges.some((challenge) => challenge.ruling === "VALID");
  await write("rulings.json", { schema: "cco.review/1", rounds: [...task.rounds, round], converged });
}

/** What a review of this task's candidate is about; null when there is none. */
export function subjectOf({ task, deps }: EffectContext): ReviewSubject | null {
  const { place, candidate, envelope } = task;
  if (place === null || candidate === null) return null;
  const { base, commit, files } = candidate;
  const scratch = `${deps.board.paths.worktrees}/${task.id}`;
  return { task: task.id, attempt: task.attempts.length, envelope, place, base, commit, files, scratch };
}

export function limitsOf({ task, config }: EffectContext): ReviewLimits {
  return reviewLimits(config, slowestCheck(task));
}

function slowestCheck(task: Task): number {
  return Math.max(0, ...task.verification.map(({ durationMs }) => durationMs));
}

/** The engine's ports as a review sees them. */
export function toolsOf({ deps, signal }: EffectContext): ReviewTools {
  const { repo, sandbox, reviewer, clock } = deps;
  return { repo, sandbox, reviewer, clock, signal, cleanLog: (log) => redactLog(deps.board, log) };
}
