import { type Card, cardSchema } from "../model/card.ts";
import { CcoError } from "../kernel/errors.ts";
import type { Project } from "./project.ts";
import { readTasks, readText } from "./read-board.ts";
import { parseJson } from "../kernel/json.ts";
import { join } from "node:path";

/** The open cards, oldest task first. */
export function openCards(project: Project): Card[] {
  const cards: Card[] = [];
  for (const task of readTasks(project)) {
    if (task.card === undefined) continue;
    const text = readText(join(project.board, "decisions", "pending", `${task.card}.json`));
    const card = cardSchema.safeParse(text === null ? undefined : parseJson(text));
    if (card.success) cards.push(card.data);
  }
  return cards;
}

/** One open card. Throws CARD_UNKNOWN. */
export function requireCard(project: Project, id: string): Card {
  const card = openCards(project).find((candidate) => candidate.id === id);
  if (card === undefined) throw new CcoError("CARD_UNKNOWN", `there is no open card ${id}`);
  return card;
}
