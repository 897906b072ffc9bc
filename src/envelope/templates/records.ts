import type { Card } from "../../model/card.ts";
import type { Checkpoint } from "../../model/checkpoint.ts";
import { makeFailure } from "../../model/failure.ts";

/** Times in templates; to be replaced, and far enough away that nothing happens before. */
const SOME_DAY = "2030-01-01T12:00:00.000Z";

/** A decision card as markdown: the card in the front matter, with the line that a letter is written into. */
export function decisionTemplate(id: string): string {
  const card: Card = {
    id: `D-${id}-1`,
    task: id,
    tier: "gate",
    context: "One or two sentences: what happened, and what cannot go on without a decision.",
    options: [
      {
        letter: "A",
        text: "Try again with feedback",
        pros: "keeps the work so far",
        cons: "costs one more attempt",
        effect: "retry",
      },
      { letter: "B", text: "Give up", pros: "costs nothing more", cons: "the goal is not reached", effect: "give-up" },
    ],
    recommended: "A",
    reason: "One reason.",
    risk: "What can go wrong with the recommended option.",
    cost: "What it costs in tokens, money or time.",
    default: "B",
    deadline: SOME_DAY,
  };
  const options = card.options.flatMap(({ letter, text, pros, cons, effect }) => [
    `  - letter: ${letter}`,
    `    text: ${JSON.stringify(text)}`,
    `    pros: ${JSON.stringify(pros)}`,
    `    cons: ${JSON.stringify(cons)}`,
    `    effect: ${effect}`,
  ]);
  return `${[
    "---",
    `id: ${JSON.stringify(card.id)}`,
    `task: ${JSON.stringify(card.task)}`,
    `tier: ${card.tier}                      # gate: nothing happens before an answer; notify: for information`,
    `context: ${JSON.stringify(card.context)}`,
    "options:",
    ...options,
    `recommended: ${card.recommended}`,
    `reason: ${JSON.stringify(card.reason)}`,
    `risk: ${JSON.stringify(card.risk)}`,
    `cost: ${JSON.stringify(card.cost)}`,
    `default: ${card.default}                      # taken when nobody answers by the deadline`,
    `deadline: ${JSON.stringify(card.deadline)}`,
    "answer:                         # write a letter here",
    "---",
  ].join("\n")}\n`;
}

/** State to resume from. */
export function checkpointTemplate(id: string): string {
  const checkpoint: Checkpoint = {
    v: 1,
    task: id,
    attempt: 1,
    phase: "working",
    step: "attempt 1, chunk 1, 2 of 4 steps",
    completed: ["read the inputs", "wrote a failing test"],
    next: "make the test pass",
    artifacts: [{ path: `worktrees/${id}`, commit: "0123456789abcdef0123456789abcdef01234567" }],
    digest: "A few lines that a fresh session can start from: what is done, what was learned, what is next.",
    cost: { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, usd: 0 },
    updatedAt: SOME_DAY,
  };
  return json(checkpoint);
}

/** One ending or state as a structured event; `line` says the same for people. */
export function errorEventTemplate(id: string): string {
  const error = makeFailure("VERIFY_FAILED", "npm test ended with exit code 1", {
    evidence: "not ok 3 - the 101st request gets 429",
    attempt: 1,
    task: id,
  });
  return json({
    schema: "cco.event/1",
    at: SOME_DAY,
    task: id,
    attempt: 1,
    event: "failed",
    line: `Task ${id} FAILED: npm test ended with exit code 1`,
    error,
  });
}

/** A task that is parked for a later retry. */
export function deadLetterTemplate(id: string): string {
  const failure = makeFailure("CODEX_UNAVAILABLE", "503 from the model provider, four times", {
    attempt: 4,
    retryAt: SOME_DAY,
    task: id,
  });
  return json({
    schema: "cco.dead-letter/1",
    task: id,
    priority: "medium",
    parkedAt: SOME_DAY,
    retryAfter: SOME_DAY,
    attempts: 4,
    failure,
    summary: "What was tried, how far it came and what a retry can start from.",
  });
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
