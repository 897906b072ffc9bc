import { folderNumber } from "../kernel/ids.ts";
import type { Result } from "../kernel/result.ts";
import { substantiveRate } from "../decide/rulings.ts";
import type { Call } from "../model/ledger.ts";
import { addUsage, NO_USAGE } from "../model/outcome.ts";
import type { Fact } from "../model/record.ts";
import type { Findings, RuledChallenge } from "../model/review.ts";
import type { ReviewAnswer, ReviewFailure } from "../ports/reviewer.ts";
import { feedbackText, ruleAll, standingChallenges } from "./challenges.ts";
import type { EffectContext } from "./deps.ts";

/** Bytes of a diff that are read; the reviewer refuses one that is this long, so a part is never reviewed as the whole. */
const DIFF_LIMIT_BYTES = 900_000;

/** One review round: evidence of the last round first, then the reviewer's; what was run is ruled and written down. */
export async function reviewCandidate(context: EffectContext): Promise<readonly Fact[]> {
  const { task, deps } = context;
  const state = task.state;
  if ((state.at !== "sealed" && state.at !== "verified") || task.place === null) return [];
  const round = task.rounds.length + 1;
  const dir = deps.board.paths.review(task.id, round);
  // What failed before has to pass now, whatever the reviewer says this time; while it fails there is nothing else to ask.
  const standing = await standingChallenges(context);
  const stillRuled = await ruleAll(context, standing, { dir, standing: true });
  if (stillRuled.some((challenge) => challenge.ruling === "VALID")) {
    const findings = { summary: "the evidence of the round before still fails", challenges: standing };
    return closeRound(context, { round, dir, findings, ruled: stillRuled, calls: [] });
  }
  const answer = await askReviewer(context, { round, dir });
  deps.board.crashPoint("review.after-answer");
  if (!answer.ok) {
    const { usage, model, ...failure } = answer.error;
    const calls = [{ role: "reviewer", model, usage, outcome: failure.code } as const];
    const ended = { type: "review.ended", task: task.id, attempt: state.attempt, round: null, feedback: null } as const;
    return [{ ...ended, usage, calls, failure: { ...failure, attempt: state.attempt } }];
  }
  const { findings, usage, model } = answer.value;
  const ruled = await ruleAll(context, findings.challenges, { dir, standing: false });
  const calls = [{ role: "reviewer", model, usage, outcome: "ok" } as const];
  return closeRound(context, { round, dir, findings, ruled, calls });
}

interface Round {
  readonly round: number;
  readonly dir: string;
}

async function askReviewer(
  context: EffectContext,
  { round, dir }: Round,
): Promise<Result<ReviewAnswer, ReviewFailure>> {
  const { deps, task, config, signal } = context;
  const { place, candidate } = task;
  if (place === null || candidate === null) throw new Error(`task ${task.id} has no change to review`);
  await deps.board.writeFile(`tasks/${task.id}/review/${folderNumber(round)}/commit`, `${candidate.commit}\n`);
  const range = { base: candidate.base, commit: candidate.commit };
  const diff = await deps.repo.writeDiff(place, range, `${dir}/diff.patch`, DIFF_LIMIT_BYTES);
  const answer = await deps.reviewer.review(
    {
      task: task.id,
      attempt: task.attempts.length,
      round,
      dir,
      cwd: place.path,
      envelope: task.envelope,
      diff,
      priorClaims: task.rounds.flatMap((past) => past.challenges.map(({ ruling, claim }) => `${ruling}: ${claim}`)),
      model: config.review.model,
      timeoutMs: config.review.minutes * 60_000,
      usd: config.review.usd,
    },
    signal,
  );
  signal.throwIfAborted();
  return answer;
}

/** Keeps findings and rulings of a round, and says what follows. */
async function closeRound(
  context: EffectContext,
  round: Round & { readonly findings: Findings; readonly ruled: RuledChallenge[]; readonly calls: Call[] },
): Promise<readonly Fact[]> {
  const { deps, task } = context;
  const { findings, ruled: challenges, calls } = round;
  const ruled = { round: round.round, challenges, substantiveRate: substantiveRate(challenges) };
  const folder = `tasks/${task.id}/review/${folderNumber(round.round)}`;
  await deps.board.writeFile(`${folder}/findings.json`, `${JSON.stringify(findings, null, 2)}\n`, { durable: true });
  const converged = !challenges.some((challenge) => challenge.ruling === "VALID");
  const result = { schema: "cco.review/1", rounds: [...task.rounds, ruled], converged };
  await deps.board.writeFile(`${folder}/rulings.json`, `${JSON.stringify(result, null, 2)}\n`, { durable: true });
  const feedback = feedbackText(findings.challenges, challenges);
  return [
    {
      type: "review.ended",
      task: task.id,
      attempt: task.attempts.length,
      round: ruled,
      feedback,
      usage: calls.map((call) => call.usage).reduce(addUsage, NO_USAGE),
      failure: null,
      calls,
    },
  ];
}
