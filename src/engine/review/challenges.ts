import { parseJson } from "../../kernel/json.ts";
import { tailOf } from "../../kernel/text.ts";
import { folderNumber } from "../../kernel/ids.ts";
import { FEEDBACK_LIMIT } from "../../decide/feedback.ts";
import { evidenceKey } from "../../decide/review/screening.ts";
import { checkScope } from "../../guard/scope.ts";
import { type Envelope, writeScopeOf } from "../../model/envelope.ts";
import { type Challenge, findingsSchema, type RuledChallenge } from "../../model/review.ts";
import type { Task } from "../../model/task.ts";
import type { Blackboard } from "../../ports/blackboard.ts";

/**
 * Everything executable that was ever seen to fail in this loop: it has to pass from then on, so that a fix of the third
 * round does not bring back what the first one had. Ids are unique over the rounds.
 */
export async function standingChallenges(board: Blackboard, task: Task): Promise<Challenge[]> {
  const standing = new Map<string, Challenge>();
  for (const { round, challenges } of task.rounds) {
    const proven = challenges.filter(({ ruling, executed }) => ruling === "VALID" && executed).map(({ id }) => id);
    if (proven.length === 0) continue;
    const text = await board.readFile(`tasks/${task.id}/review/${folderNumber(round)}/findings.json`);
    const findings = findingsSchema.safeParse(parseJson(text ?? ""));
    for (const challenge of findings.success ? findings.data.challenges : []) {
      const key = evidenceKey(challenge);
      if (proven.includes(challenge.id) && !standing.has(key)) standing.set(key, challenge);
    }
  }
  const ids = new Set<string>();
  return [...standing.values()].map((challenge) => {
    let id = challenge.id;
    for (let n = 2; ids.has(id); n += 1) id = `${challenge.id}-${n}`;
    ids.add(id);
    return { ...challenge, id };
  });
}

/** What a fix attempt is told: every VALID challenge with its evidence, bounded; null when there is none. */
export function feedbackText(
  challenges: readonly Challenge[],
  ruled: readonly RuledChallenge[],
  envelope: Envelope,
): string | null {
  const rulings = new Map(ruled.map((each) => [each.id, each]));
  const valid = challenges.filter(({ id }) => rulings.get(id)?.ruling === "VALID");
  if (valid.length === 0) return null;
  const parts = valid.map((challenge) => {
    const { claim, violates, path, line, evidence } = challenge;
    return [
      `Challenge: ${claim}`,
      `Violates: ${violates} (${path}:${line})`,
      rulings.get(challenge.id)?.executed === true
        ? `Evidence, run by the orchestrator and seen to fail: ${evidence.command ?? ""}\nThe next attempt is accepted only when it passes.`
        : `Ruled by a judge (${rulings.get(challenge.id)?.reason ?? ""}): ${evidence.quote ?? ""}`,
      evidence.path === undefined || evidence.content === undefined
        ? ""
        : `Test file ${evidence.path}${mayStay(evidence.path, envelope) ? " (the orchestrator adds it to the project when it passes)" : ""}:\n${evidence.content}`,
      evidence.observed === undefined ? "" : `Expected: ${evidence.expected ?? ""}\nObserved: ${evidence.observed}`,
    ]
      .filter((part) => part !== "")
      .join("\n");
  });
  return tailOf(parts.join("\n\n"), FEEDBACK_LIMIT);
}

/** True when the write scope of the order allows a new file at this path. */
export function mayStay(path: string, envelope: Envelope): boolean {
  return checkScope({ files: [{ path, status: "added" }], scope: writeScopeOf(envelope) }).length === 0;
}
