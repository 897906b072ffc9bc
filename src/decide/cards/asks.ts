import { isoTime } from "../../kernel/durations.ts";
import { firstLine } from "../../kernel/text.ts";
import type { Ask, AskReply, Talk } from "../../model/ask.ts";
import type { Card } from "../../model/card.ts";
import type { Config } from "../../model/config.ts";
import type { Tier } from "../../model/event.ts";
import { makeFailure } from "../../model/failure.ts";
import type { Fact } from "../../model/record.ts";
import type { Task, TaskState } from "../../model/task.ts";
import { cardId } from "./cards.ts";

/** A state in which a worker is at work: also while a card of it is open. Null in every other one. */
export function atWork(state: TaskState): Extract<TaskState, { at: "running" }> | null {
  if (state.at === "running") return state;
  return state.at === "blocked" && state.before.at === "running" ? state.before : null;
}

/** What is done about a kind of question. The first row that fits counts. */
interface AskRow {
  readonly fits: (ask: Ask) => boolean;
  readonly tier: Exclude<Tier, "notify">;
  /** The answer of tier `autonomous`. */
  readonly verdict: AskReply["verdict"];
  readonly why: string;
}

/** The tiers of what a live worker asks for, as data (mission B2). Whatever no row knows is asked of a person. */
const ASK_POLICY: readonly AskRow[] = [
  {
    fits: ({ kind, actions }) =>
      kind === "command" &&
      actions.length > 0 &&
      actions.every(({ does, inside }) => (does === "read" || does === "list") && inside),
    tier: "autonomous",
    verdict: "allow",
    why: "it only reads in the work tree",
  },
  { fits: ({ kind }) => kind === "form", tier: "autonomous", verdict: "decline", why: "no card can hold this input" },
];

/** The next fact about the questions of a running task: an answer by policy, or a card; null when none is open. */
export function askStep(task: Task, config: Config, nowMs: number): Fact | null {
  const state = task.state;
  const open = task.talk?.asks.find(({ reply }) => reply === null)?.ask;
  if (open === undefined || state.at !== "running") return null;
  const row = ASK_POLICY.find(({ fits }) => fits(open));
  if (row?.tier === "autonomous") {
    const reply = { verdict: row.verdict, choice: null, note: row.why, by: "policy" };
    return { type: "ask.answered", task: task.id, attempt: state.attempt, n: open.n, reply };
  }
  const card = askCard(task, open, config, nowMs);
  const failure = makeFailure("WORKER_ASKS", card.context, { attempt: state.attempt, task: task.id });
  return { type: "card.opened", card, failure };
}

const WORDS: Readonly<Record<Ask["kind"], string>> = {
  command: "the worker asks to run outside of the sandbox",
  network: "the worker asks to reach over the network",
  patch: "the worker asks to change files outside of its work tree",
  permissions: "the worker asks for wider permissions for the rest of this session",
  tool: "the worker asks to call a tool of an MCP server, which runs outside of the sandbox",
  question: "the worker asks",
  form: "the worker asks for input",
};

const WHAT_CHARS = 600;

function askCard(task: Task, ask: Ask, config: Config, nowMs: number): Card {
  const what = ask.kind === "question" ? ask.what : `\`${firstLine(ask.what, WHAT_CHARS)}\``;
  const why = ask.why === "" ? "" : ` (it says: ${firstLine(ask.why, WHAT_CHARS)})`;
  const decline = ask.kind === "question" ? NONE_OF_THESE : DECLINE;
  const options = [...choicesOf(ask), { ...decline, effect: "decline-ask" as const }].map((option, at) => ({
    letter: "ABCD".charAt(at),
    ...option,
  }));
  const last = options.at(-1)?.letter ?? "B";
  const isQuestion = ask.kind === "question";
  return {
    id: cardId(task.id, task.cards + 1),
    task: task.id,
    tier: "gate",
    context: `${WORDS[ask.kind]}: ${what}${why}`,
    options,
    recommended: isQuestion ? "A" : last,
    reason: isQuestion
      ? "the worker waits for it, in the middle of its work"
      : "what the order allows works inside of the sandbox without asking",
    risk: isQuestion ? "a wrong answer is built in" : "what is allowed runs with your rights, outside of the sandbox",
    cost: `${task.usage.inputTokens + task.usage.outputTokens} tokens before this session; the worker keeps its slot`,
    default: last,
    deadline: isoTime(nowMs + config.cards.deadlineHours * 3_600_000),
  };
}

const DECLINE = {
  text: "Decline; the worker goes on without it",
  pros: "nothing is risked",
  cons: "it may not get done",
};

const NONE_OF_THESE = {
  text: "None of these: your note is the answer, or the safest assumption without one (--note TEXT)",
  pros: "it is not led by what the worker thought of",
  cons: "without a note the worker decides",
};

const ANSWER_BY_NOTE = "Answer with your note (--note TEXT)";

/** True for an answer that says nothing: the option is "my note", and there is none. */
export function lacksNote(card: Card, letter: string, note: string): boolean {
  return note.trim() === "" && card.options.some((each) => each.letter === letter && each.text === ANSWER_BY_NOTE);
}

function choicesOf(ask: Ask): Omit<Card["options"][number], "letter">[] {
  const effect = "allow-ask" as const;
  if (ask.kind !== "question")
    return [
      {
        text: ask.kind === "permissions" ? "Allow it for the rest of this session" : "Allow it this once",
        pros: "the worker goes on as it planned",
        cons: "it is not confined then",
        effect,
      },
    ];
  if (ask.choices.length === 0)
    return [{ text: ANSWER_BY_NOTE, pros: "the worker learns it at once", cons: "none", effect }];
  return ask.choices.map((text) => ({
    text,
    pros: "one of the answers it offers",
    cons: "excludes the others",
    effect,
  }));
}

/** The fold of questions, answers and of what people tell a worker; every other fact changes nothing. */
export function applyTalk(task: Task, fact: Fact): Task {
  if (fact.type !== "worker.asked" && fact.type !== "ask.answered" && fact.type !== "steer.requested") return task;
  if (atWork(task.state)?.attempt !== fact.attempt) return task;
  const talk = task.talk ?? NO_TALK;
  switch (fact.type) {
    case "worker.asked": {
      const asks = kept([...talk.asks, { ask: fact.ask, reply: null }]);
      return fact.ask.n === talk.asked + 1 ? { ...task, talk: { ...talk, asked: fact.ask.n, asks } } : task;
    }
    case "ask.answered":
      return { ...task, talk: answered(talk, fact.n, fact.reply) };
    case "steer.requested": {
      const steers = kept([...talk.steers, { k: fact.k, text: fact.text }]);
      return fact.k === talk.told + 1 ? { ...task, talk: { ...talk, told: fact.k, steers } } : task;
    }
  }
}

/** A card of a worker that is being ended has nothing left to decide. */
export function endOfTalk(task: Task): Task {
  return { ...task, state: atWork(task.state) ?? task.state };
}

/** The fold of an answered card of a worker that is still there: it goes on. */
export function answerAsk(
  task: Task,
  { card, before }: Extract<TaskState, { at: "blocked" }>,
  fact: Extract<Fact, { type: "card.answered" }>,
): Task {
  const talk = task.talk ?? NO_TALK;
  const open = talk.asks.find(({ reply }) => reply === null)?.ask;
  const option = card.options.find(({ letter }) => letter === fact.letter);
  const isAllowed = option?.effect === "allow-ask";
  const choice = isAllowed && (open?.choices.length ?? 0) > 0 ? option.text : null;
  const reply = { verdict: isAllowed ? "allow" : "decline", choice, note: fact.note, by: fact.by } as const;
  return { ...task, state: before, talk: open === undefined ? talk : answered(talk, open.n, reply) };
}

function answered(talk: Talk, n: number, reply: AskReply): Talk {
  return {
    ...talk,
    asks: talk.asks.map((each) => (each.ask.n === n && each.reply === null ? { ...each, reply } : each)),
  };
}

const NO_TALK: Talk = { asked: 0, asks: [], told: 0, steers: [] };

/** More than one worker ever has open at once. */
const KEPT = 50;

function kept<T>(all: readonly T[]): readonly T[] {
  return all.slice(-KEPT);
}
