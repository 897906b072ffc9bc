import { userInfo } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { lacksNote } from "../decide/cards/asks.ts";
import { CcoError } from "../kernel/errors.ts";
import { parseJson } from "../kernel/json.ts";
import { type Card, cardSchema } from "../model/card.ts";
import { cardAnswerSchema } from "../model/event.ts";
import { sendCommand } from "./engine/client.ts";
import type { Project } from "./project.ts";
import { capCards } from "./board/open-work.ts";
import { readLatestTasks } from "./board/read-board.ts";
import { readText } from "./board/read-text.ts";

/** The open cards: those of caps, then those of tasks, oldest task first. */
export function openCards(project: Project): Card[] {
  const cards: Card[] = capCards(project);
  for (const task of readLatestTasks(project)) {
    // One card of a cap holds all that waits for it.
    if (task.card === undefined || task.status === "waiting") continue;
    const text = readText(join(project.board, "decisions", "pending", `${task.card}.json`));
    const card = cardSchema.safeParse(text === null ? undefined : parseJson(text));
    if (card.success) cards.push(card.data);
  }
  return cards;
}

/** One open card. Throws CARD_UNKNOWN, which says how a card that is closed was answered. */
export function requireCard(project: Project, id: string): Card {
  const open = openCards(project);
  const card = open.find((candidate) => candidate.id === id);
  if (card !== undefined) return card;
  throw closedCard(project, id) ?? notThere(id, open);
}

/** An answer to a card. `face`: through which one it comes (`cco decide`, `mcp` …). */
export interface CardAnswerOrder {
  readonly card: string;
  /** In any case. */
  readonly letter: string;
  readonly note: string;
  readonly face: string;
}

/**
 * Answers a card; resolves when the engine has taken the answer. The first answer wins. Throws CARD_UNKNOWN for one that is closed (with its
 * answer) or never was, USAGE for a letter that is no option.
 */
export async function answerCard(project: Project, order: CardAnswerOrder): Promise<{ card: Card; letter: string }> {
  const card = requireCard(project, order.card);
  const letter = order.letter.trim().toUpperCase();
  if (!card.options.some((option) => option.letter === letter)) {
    const options = card.options.map((option) => `${option.letter} (${option.text})`).join(", ");
    throw new CcoError("USAGE", `${card.id} has no option ${letter}; it has ${options}`, {
      why: "The letter is none of the card's options.",
      hint: `cco decide ${card.id}`,
    });
  }
  if (lacksNote(card, letter, order.note)) {
    throw new CcoError("USAGE", `${card.id}: ${letter} is answered with a note, and there is none`, {
      why: "The worker asked for words; a letter alone tells it nothing.",
      hint: `cco decide ${card.id} ${letter} --note "your answer"`,
    });
  }
  const by = `${userName()} (${order.face})`;
  await sendCommand(project, { v: 1, type: "answer", card: card.id, letter, note: order.note, by }).catch(
    // Somebody else was faster: say who.
    (error: unknown) => {
      throw error instanceof CcoError && error.code === "CARD_UNKNOWN"
        ? (closedCard(project, card.id) ?? error)
        : error;
    },
  );
  return { card, letter };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    // No entry in the user database, as in some containers.
    return error instanceof Error ? `uid ${process.getuid?.() ?? "?"}` : "user";
  }
}

const closedSchema = z.object({ card: cardSchema, answer: cardAnswerSchema.nullable() });

function closedCard(project: Project, id: string): CcoError | null {
  if (!/^D-[a-z0-9][a-z0-9._-]*$/.test(id)) return null;
  const text = readText(join(project.board, "decisions", "answered", `${id}.json`));
  const closed = text === null ? undefined : closedSchema.safeParse(parseJson(text)).data;
  if (closed === undefined) return null;
  const { answer, card } = closed;
  const hint = card.task === "" ? "cco budget" : `cco status ${card.task}`;
  if (answer === null) {
    return new CcoError("CARD_UNKNOWN", `${id} is closed: the task went on or was cancelled before anybody answered`, {
      why: "The card is not open any more.",
      hint,
    });
  }
  const { letter, option, by, at } = answer;
  return new CcoError("CARD_UNKNOWN", `${id} was answered already: ${letter} (${option}), by ${by} at ${at}`, {
    why: "The first answer wins; it cannot be changed.",
    hint,
    data: { card: id, letter, by, at },
  });
}

function notThere(id: string, open: readonly Card[]): CcoError {
  const others = open.length === 0 ? "no card is open" : `open: ${open.map((card) => card.id).join(", ")}`;
  return new CcoError("CARD_UNKNOWN", `there is no open card ${id}; ${others}`);
}
