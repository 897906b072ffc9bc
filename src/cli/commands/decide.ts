import { answerCard, openCards, requireCard } from "../../app/cards.ts";
import type { Card } from "../../model/card.ts";
import { type Invocation, optionalArg, textOption } from "../invocation.ts";
import type { Output } from "../output.ts";

/** `cco decide [CARD [LETTER]]`: list, show, answer. */
export async function runDecide(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const project = invocation.project();
  const id = optionalArg(invocation, 0);
  const letter = optionalArg(invocation, 1);
  if (id !== undefined && letter !== undefined) return answer(invocation, id, letter);
  const cards = id === undefined ? openCards(project) : [requireCard(project, id)];
  if (out.json) out.document({ schema: "cco.cards/1", cards });
  else if (cards.length === 0) out.line("no open cards");
  else for (const card of cards) showCard(out, card);
  return 0;
}

async function answer(invocation: Invocation, id: string, letter: string): Promise<number> {
  const note = textOption(invocation, "note") ?? "";
  const answered = await answerCard(invocation.project(), { card: id, letter, note, face: "cco decide" });
  const { card } = answered;
  const option = card.options.find((candidate) => candidate.letter === answered.letter);
  if (invocation.out.json)
    invocation.out.document({ schema: "cco.answer/1", card: id, letter: answered.letter, task: card.task });
  else invocation.out.line(`${id}: ${answered.letter} (${option?.text ?? ""})`);
  invocation.out.note(`come back with: cco wait ${card.task}`.trimEnd());
  return 0;
}

function showCard(out: Output, card: Card): void {
  out.line(`${out.paint("bold", card.id)}  ${card.context}`);
  for (const option of card.options) {
    out.line(`  ${option.letter}  ${option.text}  (+ ${option.pros}; - ${option.cons})`);
  }
  out.line(`  recommended ${card.recommended}: ${card.reason}; risk: ${card.risk}`);
  out.line(`  cost: ${card.cost}; without an answer by ${card.deadline}: ${card.default}`);
  out.line(`  answer with: cco decide ${card.id} ${card.recommended}`);
}
