import { tailOf } from "../kernel/text.ts";
import { FEEDBACK_LIMIT } from "../decide/feedback.ts";
import { ruleOn, substantiveRate } from "../decide/rulings.ts";
import type { Fact } from "../model/record.ts";
import type { Challenge, RuledChallenge } from "../model/review.ts";
import type { EffectContext } from "./deps.ts";
import { runEvidence } from "./evidence.ts";

/** Bytes of a diff that are read; the reviewer refuses one that is this long, so a part is never reviewed as the whole. */
const DIFF_LIMIT_BYTES = 900_000;

/** One review round: the reviewer reads the candidate, its evidence is run, the rulings are written down. */
export async function reviewCandidate(context: EffectContext): Promise<readonly Fact[]> {
  const { deps, task, config, signal } = context;
  const state = task.state;
  if ((state.at !== "sealed" && state.at !== "verified") || task.place === null) return [];
  const round = task.rounds.length + 1;
  const dir = deps.board.paths.review(task.id, round);
  const range = { base: state.candidate.base, commit: state.candidate.commit };
  await deps.board.writeFile(`tasks/${task.id}/review/${dir.slice(-2)}/commit`, `${state.candidate.commit}\n`);
  const diff = await deps.repo.writeDiff(task.place, range, `${dir}/diff.patch`, DIFF_LIMIT_BYTES);
  const answer = await deps.reviewer.review(
    {
      task: task.id,
      attempt: state.attempt,
      round,
      dir,
      cwd: task.place.path,
      envelope: task.envelope,
      diff,
      priorClaims: task.rounds.flatMap((past) =>
        past.challenges.map((challenge) => `${challenge.ruling}: ${challenge.claim}`),
      ),
      model: config.review.model,
      timeoutMs: config.review.minutes * 60_000,
      usd: config.review.usd,
    },
    signal,
  );
  signal.throwIfAborted();
  deps.board.crashPoint("review.after-answer");
  const ended = { type: "review.ended", task: task.id, attempt: state.attempt } as const;
  if (!answer.ok) {
    const { usage, model: _model, ...failure } = answer.error;
    return [{ ...ended, round: null, feedback: null, usage, failure: { ...failure, attempt: state.attempt } }];
  }
  const { findings, usage } = answer.value;
  const challenges = await ruleAll(context, findings.challenges, dir);
  const ruled = { round, challenges, substantiveRate: substantiveRate(challenges) };
  const folder = `tasks/${task.id}/review/${dir.slice(-2)}`;
  await deps.board.writeFile(`${folder}/findings.json`, `${JSON.stringify(findings, null, 2)}\n`, { durable: true });
  const converged = !challenges.some((challenge) => challenge.ruling === "VALID");
  const result = { schema: "cco.review/1", rounds: [...task.rounds, ruled], converged };
  await deps.board.writeFile(`${folder}/rulings.json`, `${JSON.stringify(result, null, 2)}\n`, { durable: true });
  const feedback = feedbackText(findings.challenges, challenges);
  return [{ ...ended, round: ruled, feedback, usage, failure: null }];
}

/** Executes the evidence of every challenge in a scratch copy of the candidate, one copy each. */
async function ruleAll(
  context: EffectContext,
  challenges: readonly Challenge[],
  dir: string,
): Promise<RuledChallenge[]> {
  const { deps, task } = context;
  const commit = task.candidate?.commit;
  const ruled: RuledChallenge[] = [];
  for (const [index, challenge] of challenges.entries()) {
    const scratch = `${deps.board.paths.worktrees}/${task.id}~${index + 1}`;
    if (commit !== undefined) await deps.repo.openScratch(scratch, commit);
    try {
      const place = { scratch, logs: `${dir}/evidence/${index + 1}` };
      ruled.push(ruleOn(challenge, await runEvidence(context, challenge, place)));
    } finally {
      await deps.repo.dropScratch(scratch);
    }
  }
  return ruled;
}

/** What a fix attempt is told: every VALID challenge with its evidence, bounded; null when there is none. */
function feedbackText(challenges: readonly Challenge[], ruled: readonly RuledChallenge[]): string | null {
  const valid = challenges.filter((_, index) => ruled[index]?.ruling === "VALID");
  if (valid.length === 0) return null;
  const parts = valid.map(({ claim, violates, path, line, evidence }) =>
    [
      `Challenge: ${claim}`,
      `Violates: ${violates} (${path}:${line})`,
      `Evidence, run by the orchestrator and seen to fail: ${evidence.command ?? ""}`,
      evidence.path === undefined ? "" : `Test file ${evidence.path}:\n${evidence.content ?? ""}`,
      evidence.observed === undefined ? "" : `Expected: ${evidence.expected ?? ""}\nObserved: ${evidence.observed}`,
    ]
      .filter((part) => part !== "")
      .join("\n"),
  );
  return tailOf(parts.join("\n\n"), FEEDBACK_LIMIT);
}
