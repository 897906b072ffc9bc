import * as z from "zod";
import { openCards, requireCard } from "../../app/cards.ts";
import { sendCommand } from "../../app/client.ts";
import { CcoError } from "../../kernel/errors.ts";
import { answer, answerStep, cardLines, line } from "../texts.ts";
import { defineTool, type ToolCall } from "../tool.ts";

/** `decide`: lists the open cards, shows one, or answers it. */
export const decideTool = defineTool({
  name: "decide",
  description:
    "Decision cards: without arguments lists them, with card shows one, with letter answers it. " +
    "Ask the user first when the card is about money, merging or anything that cannot be undone.",
  arguments: z.strictObject({
    card: z.string().optional().describe("card id, D-…"),
    letter: z.string().optional().describe("A to D"),
    note: z.string().optional().describe("a word to the worker"),
  }),
  reads: false,
  async run({ card: id, letter, note }, call) {
    if (id === undefined) {
      if (letter !== undefined)
        throw new CcoError("USAGE", "a letter answers a card: name it", { hint: "decide {} lists the open cards" });
      return list(call);
    }
    const card = requireCard(call.project, id);
    if (letter === undefined) return answer(cardLines(card, 240), answerStep(card));
    return send(call, { id, letter: letter.trim().toUpperCase(), note: note ?? "" });
  },
});

function list({ project }: ToolCall): string {
  const cards = openCards(project);
  const [only] = cards;
  if (only === undefined) return answer(["no open cards"], "nothing to decide");
  if (cards.length === 1) return answer(cardLines(only, 240), answerStep(only));
  const lines = cards.map(
    ({ id, context, recommended }) => `${id}: ${line(context, 110)} (recommended ${recommended})`,
  );
  return answer([`${cards.length} open cards`, ...lines], `decide {"card":"${only.id}"}`);
}

async function send(
  call: ToolCall,
  { id, letter, note }: { id: string; letter: string; note: string },
): Promise<string> {
  const card = requireCard(call.project, id);
  const option = card.options.find((candidate) => candidate.letter === letter);
  if (option === undefined) {
    const letters = card.options.map((candidate) => candidate.letter).join(", ");
    throw new CcoError("USAGE", `${id} has no option ${letter}; it has ${letters}`, {
      hint: `decide {"card":"${id}"}`,
    });
  }
  await sendCommand(call.project, { v: 1, type: "answer", card: id, letter, note, by: "claude" });
  call.told.expect([card.task]);
  return answer([`${id}: ${letter} (${option.text})`], `wait {"tasks":["${card.task}"]}`);
}
