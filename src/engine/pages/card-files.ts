import { redact } from "../../guard/secrets.ts";
import { parseJson } from "../../kernel/json.ts";
import { lacksNote } from "../../decide/cards/asks.ts";
import { writtenAnswer } from "../../decide/cards/card-answer.ts";
import { capCards } from "../../decide/spending/caps-fold.ts";
import { cardId } from "../../decide/cards/cards.ts";
import { type Card, cardSchema } from "../../model/card.ts";
import type { CardAnswer } from "../../model/event.ts";
import type { Fact } from "../../model/record.ts";
import type { World } from "../../model/task.ts";
import type { Blackboard } from "../../ports/blackboard.ts";
import { answeredPage, cardPage } from "./card-page.ts";

/** The cards of the world as files: written, read for answers, and put away. */
export interface CardFiles {
  /** Answers that people have written into the files; a letter that is no option gets its reply in the file. Throws BOARD_WRITE. */
  answers(world: World): Promise<readonly Fact[]>;
  /** Brings `decisions/` to what the world says. Throws BOARD_WRITE. */
  project(world: World): Promise<void>;
}

/** Cards whose files are read at every look; of more, one after the other gets its turn. */
const READ_AT_ONCE = 32;

/** Answered cards whose file an editor may still write once more. */
const LATE_CARDS = 4;

/** The card files of a blackboard. */
export function createCardFiles(board: Blackboard): CardFiles {
  /** Cards with files in `pending/`; `begun` until both of them are known to be whole. */
  const known = new Map<string, "begun" | "written">();
  let first = true;
  let turn = 0;
  return {
    async answers(world) {
      const closed = world.notices.answers.slice(-LATE_CARDS).filter(({ card }) => !known.has(card));
      if (!first) for (const { card } of closed) await refuseLate(board, card);
      const open = openCards(world).filter((card) => known.get(card.id) === "written");
      const from = open.length <= READ_AT_ONCE ? 0 : (turn += READ_AT_ONCE) % open.length;
      const facts: Fact[] = [];
      for (const card of [...open.slice(from), ...open.slice(0, from)].slice(0, READ_AT_ONCE)) {
        const fact = await readAnswer(board, card);
        if (fact !== null) facts.push(fact);
      }
      return facts;
    },
    async project(world) {
      const open = openCards(world);
      // An engine that was killed after an answer has left the card on the board as if it were open.
      if (first) for (const id of closedCards(world, open)) known.set(id, "begun");
      first = false;
      for (const card of open) {
        if (known.get(card.id) === "written") continue;
        known.set(card.id, "begun");
        await openCard(board, card);
        known.set(card.id, "written");
      }
      for (const id of known.keys()) {
        if (open.some((card) => card.id === id)) continue;
        await closeCard(board, id, world.notices.answers.findLast((answer) => answer.card === id) ?? null);
        known.delete(id);
      }
    },
  };
}

/** The answer in a card's file as a fact; a letter that is no option gets its reply instead. */
async function readAnswer(board: Blackboard, card: Card): Promise<Fact | null> {
  const text = await board.readFile(pendingFile(card.id));
  const written = text === null ? null : writtenAnswer(text);
  if (written === null) return null;
  const { letter, note } = written;
  const isWordless = lacksNote(card, letter, note);
  if (card.options.some((option) => option.letter === letter) && !isWordless)
    return { type: "card.answered", card: card.id, task: card.task, letter, by: "file edit", note: redact(note) };
  const letters = card.options.map((option) => option.letter).join(", ");
  const unknown = `there is no option ${letter.slice(0, 20)}; choose one of ${letters}`;
  const reply = isWordless ? `write your words behind "note:" first, then ${letter} behind "answer:"` : unknown;
  await board.writeFile(pendingFile(card.id), cardPage(card, reply));
  return null;
}

async function openCard(board: Blackboard, card: Card): Promise<void> {
  // What a person has written into it while no engine ran is read, not written over.
  const page = await board.readFile(pendingFile(card.id));
  if (page === null || writtenAnswer(page) === null) await board.writeFile(pendingFile(card.id), cardPage(card));
  await board.writeFile(`decisions/pending/${card.id}.json`, `${JSON.stringify(card, null, 2)}\n`);
}

async function closeCard(board: Blackboard, id: string, found: CardAnswer | null): Promise<void> {
  const text = await board.readFile(`decisions/pending/${id}.json`);
  // The other file of a card goes last: without it this one was put away before.
  if (text === null) return refuseLate(board, id);
  const card = cardSchema.safeParse(parseJson(text)).data;
  if (card !== undefined) {
    const answer = found === null ? null : { ...found, note: redact(found.note) };
    await board.writeFile(answeredFile(id), answeredPage(card, answer));
    await board.writeFile(`decisions/answered/${id}.json`, `${JSON.stringify({ card, answer }, null, 2)}\n`);
  }
  await board.removeFile(pendingFile(id));
  await board.removeFile(`decisions/pending/${id}.json`);
}

/** An editor that saves a card after it was closed brings its file back: what it says comes too late, and the closed card says so. */
async function refuseLate(board: Blackboard, id: string): Promise<void> {
  const text = await board.readFile(pendingFile(id));
  if (text === null) return;
  const late = writtenAnswer(text)?.letter.slice(0, 20);
  const page = (await board.readFile(answeredFile(id))) ?? "";
  if (late !== undefined)
    await board.writeFile(answeredFile(id), `${page}Too late: ${late} was written after the card was closed.\n`);
  await board.removeFile(pendingFile(id));
}

function pendingFile(id: string): string {
  return `decisions/pending/${id}.md`;
}

function answeredFile(id: string): string {
  return `decisions/answered/${id}.md`;
}

function openCards(world: World): Card[] {
  const cards: Card[] = capCards(world);
  for (const id of world.open) {
    const state = world.tasks.get(id)?.state;
    if (state?.at === "blocked") cards.push(state.card);
  }
  return cards;
}

/** Tasks whose last card an engine that was killed may have left: they were the last to change. */
const TASKS_TO_SWEEP = 64;

/** Cards that were closed lately. */
function closedCards(world: World, open: readonly Card[]): string[] {
  const asked = [...world.tasks.values()].filter((task) => task.cards > 0);
  const latest = asked.sort((a, b) => a.updatedAt.localeCompare(b.updatedAt)).slice(-TASKS_TO_SWEEP);
  const ids = new Set(latest.map((task) => cardId(task.id, task.cards)));
  for (const answer of world.notices.answers) ids.add(answer.card);
  return [...ids].filter((id) => !open.some((card) => card.id === id));
}
