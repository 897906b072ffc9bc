import * as z from "zod";
import { answerCard, type CardAnswerOrder, openCards, requireCard } from "../../app/cards.ts";
import { CcoError } from "../../kernel/errors.ts";
import { answer, answerStep, cardLines, line, optionText } from "../texts.ts";
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
    note: z.string().optional().describe("words for the worker; the answer itself where it asked for words"),
  }),
  reads: false,
  async run({ card: id, letter, note }, call) {
    if (id === undefined) {
      if (letter !== undefined)
        throw new CcoError("USAGE", "a letter answers a card: name it", { hint: "decide {} lists the open cards" });
      return list(call);
    }
    if (letter !== undefined) return send(call, { card: id, letter, note: note ?? "" });
    const card = requireCard(call.project, id);
    return answer(cardLines(card, 240), answerStep(card));
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

async function send(call: ToolCall, order: Omit<CardAnswerOrder, "face">): Promise<string> {
  const { card, letter } = await answerCard(call.project, { ...order, face: "mcp" });
  const option = card.options.find((candidate) => candidate.letter === letter);
  const text = [`${card.id}: ${letter} (${optionText(option?.text ?? "")})`];
  if (card.task === "") return answer(text, "wait {}");
  call.told.expect([card.task]);
  return answer(text, `wait {"tasks":["${card.task}"]}`);
}
