import type { Card } from "../../model/card.ts";
import type { CardAnswer } from "../../model/event.ts";

/** An open card as a file that a person can answer (`decisions/pending/<id>.md`). `reply`: what was wrong with an answer in it. */
export function cardPage(card: Card, reply: string | null = null): string {
  const letters = card.options.map((option) => option.letter).join(", ");
  return [
    "---",
    `card: ${card.id}`,
    `task: ${card.task}`,
    `deadline: ${card.deadline}`,
    `default: ${card.default}`,
    ...(reply === null ? [] : [`reply: ${JSON.stringify(reply)}`]),
    `# Write a letter behind "answer:" (${letters}) and save; "note:" goes with it.`,
    "answer:",
    "note:",
    "---",
    ...body(card),
    `Answer with: cco decide ${card.id} ${card.recommended}`,
    "",
  ].join("\n");
}

/** The same card when it is closed (`decisions/answered/<id>.md`). `answer` null: it was closed without one. */
export function answeredPage(card: Card, answer: CardAnswer | null): string {
  const how =
    answer === null
      ? ["answer:", "closed: the task went on without it"]
      : [
          `answer: ${answer.letter}`,
          `by: ${JSON.stringify(answer.by)}`,
          `at: ${answer.at}`,
          ...(answer.note === "" ? [] : [`note: ${JSON.stringify(answer.note)}`]),
        ];
  return ["---", `card: ${card.id}`, `task: ${card.task}`, ...how, "---", ...body(card)].join("\n");
}

function body(card: Card): string[] {
  return [
    card.context,
    "",
    ...card.options.map((option) => `- **${option.letter}** ${option.text} (+ ${option.pros}; − ${option.cons})`),
    "",
    `Recommended: ${card.recommended}, because ${card.reason}.`,
    `Risk: ${card.risk}. Cost: ${card.cost}.`,
    "",
  ];
}
