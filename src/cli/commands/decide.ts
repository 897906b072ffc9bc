import { openCards, requireCard } from "../../app/cards.ts";
import { sendCommand } from "../../app/client.ts";
import type { Card } from "../../model/card.ts";
import { CcoError } from "../../kernel/errors.ts";
import { type Invocation, optionalArg, textOption } from "../invocation.ts";
import type { Output } from "../output.ts";

/** `cco decide [CARD [LETTER]]`: list, show, answer. */
export async function runDecide(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const project = invocation.project();
  const id = optionalArg(invocation, 0);
  const letter = optionalArg(invocation, 1)?.toUpperCase();
  const cards = id === undefined ? openCards(project) : [requireCard(project, id)];
  if (id !== undefined && letter !== undefined) return answer(invocation, id, letter);
  if (out.json) out.document({ schema: "cco.cards/1", cards });
  else if (cards.length === 0) out.line("no open cards");
  else for (const card of cards) showCard(out, card);
  return 0;
}

async function answer(invocation: Invocation, id: string, letter: string): Promise<number> {
  const project = invocation.project();
  const card = requireCard(project, id);
  const option = card.options.find((candidate) => candidate.letter === letter);
  if (option === undefined) {
    const letters = card.options.map((candidate) => candidate.letter).join(", ");
    throw new CcoError("USAGE", `${id} has no option ${letter}; it has ${letters}`, { hint: `cco decide ${id}` });
  }
  const note = textOption(invocation, "note") ?? "";
  await sendCommand(project, { v: 1, type: "answer", card: id, letter, note, by: "user" });
  if (invocation.out.json) invocation.out.document({ schema: "cco.answer/1", card: id, letter, task: card.task });
  else invocation.out.line(`${id}: ${letter} (${option.text})`);
  invocation.out.note(`come back with: cco wait ${card.task}`);
  return 0;
}

function showCard(out: Output, card: Card): void {
  out.line(`${out.paint("bold", card.id)}  ${card.context}`);
  for (const option of card.options) {
    out.line(`  ${option.letter}  ${option.text}  (+ ${option.pros}; - ${option.cons})`);
  }
  out.line(`  recommended ${card.recommended}: ${card.reason}; risk: ${card.risk}`);
  out.line(`  without an answer by ${card.deadline}: ${card.default}`);
}
