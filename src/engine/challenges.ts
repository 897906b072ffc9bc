import { parseJson } from "../kernel/json.ts";
import { tailOf } from "../kernel/text.ts";
import { folderNumber } from "../kernel/ids.ts";
import { FEEDBACK_LIMIT } from "../decide/feedback.ts";
import { ruleOn } from "../decide/rulings.ts";
import { type Challenge, findingsSchema, type RuledChallenge } from "../model/review.ts";
import type { EffectContext } from "./deps.ts";
import { runEvidence } from "./evidence.ts";

/** Challenges that were seen to fail in the round before this one: what a fix had to deal with. */
export async function standingChallenges(context: EffectContext): Promise<Challenge[]> {
  const { deps, task } = context;
  const last = task.rounds.at(-1);
  const valid = new Set(last?.challenges.filter((challenge) => challenge.ruling === "VALID").map(({ id }) => id));
  if (last === undefined || valid.size === 0) return [];
  const text = await deps.board.readFile(`tasks/${task.id}/review/${folderNumber(last.round)}/findings.json`);
  const findings = findingsSchema.safeParse(parseJson(text ?? ""));
  return findings.success ? findings.data.challenges.filter((challenge) => valid.has(challenge.id)) : [];
}

/** Executes the evidence of every challenge in a scratch copy of the candidate, one copy each. `dir`: folder of the round. */
export async function ruleAll(
  context: EffectContext,
  challenges: readonly Challenge[],
  about: { readonly dir: string; readonly standing: boolean },
): Promise<RuledChallenge[]> {
  const { deps, task } = context;
  const commit = task.candidate?.commit;
  const ruled: RuledChallenge[] = [];
  for (const [index, challenge] of challenges.entries()) {
    const scratch = `${deps.board.paths.worktrees}/${task.id}~${index + 1}`;
    if (commit !== undefined) await deps.repo.openScratch(scratch, commit);
    try {
      const logs = `${about.dir}/evidence/${about.standing ? "standing-" : ""}${index + 1}`;
      const place = { scratch, logs, standing: about.standing };
      ruled.push(ruleOn(challenge, await runEvidence(context, challenge, place)));
    } finally {
      await deps.repo.dropScratch(scratch);
    }
  }
  return ruled;
}

/** What a fix attempt is told: every VALID challenge with its evidence, bounded; null when there is none. */
export function feedbackText(challenges: readonly Challenge[], ruled: readonly RuledChallenge[]): string | null {
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
