import { atWork, lacksNote } from "../decide/cards/asks.ts";
import { capCards } from "../decide/spending/caps-fold.ts";
import { redact } from "../guard/secrets.ts";
import { isoTime } from "../kernel/durations.ts";
import type { ErrorCode } from "../kernel/error-table.ts";
import { CcoError } from "../kernel/errors.ts";
import type { Command } from "../model/command.ts";
import type { Fact } from "../model/record.ts";
import type { Task, World } from "../model/task.ts";
import type { Blackboard, InboxItem } from "../ports/blackboard.ts";
import { bringBack } from "./restore.ts";

/** What a command from the inbox comes to: facts to journal, texts to keep, or a refusal. */
export interface CommandEffect {
  readonly facts: readonly Fact[];
  /** Envelope texts as submitted, by task. */
  readonly sources: ReadonlyMap<string, string>;
}

type Refuse = (code: ErrorCode, message: string) => CommandEffect;

/**
 * What a command comes to, with the tasks that it is about brought back into the world where they have left it. One whose task cannot be
 * read is refused; the others go on.
 */
export async function commandEffect(
  board: Pick<Blackboard, "readFile">,
  world: World,
  { id, command }: InboxItem,
): Promise<CommandEffect> {
  try {
    await bringBack(board, world, tasksOf(command));
  } catch (error) {
    if (!(error instanceof CcoError) || error.code !== "BOARD_CORRUPT") throw error;
    const fact = { type: "command.refused", command: id, code: error.code, message: error.message } as const;
    return { facts: [fact], sources: new Map() };
  }
  return commandFacts(world, id, command);
}

function tasksOf(command: Command): readonly string[] {
  if (command.type === "submit") return command.tasks.flatMap(({ envelope }) => [envelope.task, ...envelope.after]);
  return "task" in command && command.task !== null ? [command.task] : [];
}

/** Turns a command into facts against the world as it is. A refused command is a fact too. */
export function commandFacts(world: World, id: string, command: Command): CommandEffect {
  const refuse: Refuse = (code, message) => ({
    facts: [{ type: "command.refused", command: id, code, message }],
    sources: new Map(),
  });
  const only = (fact: Fact): CommandEffect => ({ facts: [fact], sources: new Map() });
  if (command.type === "submit") return submit(world, command, refuse);
  if (command.type === "answer") {
    const open = [...world.open].map((task) => world.tasks.get(task)?.state);
    const state = open.find((candidate) => candidate?.at === "blocked" && candidate.card.id === command.card);
    const asked = state?.at === "blocked" ? state.card : capCards(world).find(({ id: own }) => own === command.card);
    if (asked === undefined) {
      const first = world.notices.answers.findLast((answer) => answer.card === command.card);
      const how =
        first === undefined
          ? "is not open"
          : `was answered already: ${first.letter} (${first.option}), by ${first.by} at ${first.at}`;
      return refuse("CARD_UNKNOWN", `${command.card} ${how}`);
    }
    if (!asked.options.some((option) => option.letter === command.letter)) {
      const letters = asked.options.map((option) => option.letter).join(", ");
      return refuse("USAGE", `${command.card} has no option ${command.letter}; it has ${letters}`);
    }
    const { card, letter, by, note } = command;
    if (lacksNote(asked, letter, note)) return refuse("USAGE", `${card}: ${letter} is answered with a note`);
    return only({ type: "card.answered", card, task: asked.task, letter, by, note });
  }
  if (command.type === "note-call") return only({ type: "call.noted", about: command.task, call: command.call });
  const task = world.tasks.get(command.task);
  if (task === undefined) return refuse("TASK_UNKNOWN", `there is no task ${command.task}`);
  if (command.type === "cancel") {
    if (task.state.at === "ended") return refuse("TASK_ENDED", `${task.id} has ended already: ${task.state.status}`);
    return only({ type: "cancel.requested", task: task.id, by: command.by });
  }
  if (command.type === "steer") return steer(task, command, { only, refuse });
  if (command.type === "drop") return drop(task, only, refuse);
  if (task.state.at !== "ended" && task.state.at !== "dead")
    return refuse("TASK_ENDED", `${task.id} has not ended; cancel it first`);
  if (task.state.at === "ended" && task.state.status === "accepted")
    return refuse("TASK_ENDED", `${task.id} was accepted; there is nothing to retry`);
  const feedback = command.feedback === null ? null : ({ from: "user", text: command.feedback } as const);
  return only({ type: "task.reopened", task: task.id, feedback, by: command.by, session: command.session });
}

function steer(
  task: Task,
  { text, by }: Extract<Command, { type: "steer" }>,
  { only, refuse }: { readonly only: (fact: Fact) => CommandEffect; readonly refuse: Refuse },
): CommandEffect {
  const state = atWork(task.state);
  if (state === null || task.options.lane !== "attached") {
    const what = state === null ? "has no worker at work" : `works in the ${task.options.lane} lane`;
    return refuse("TASK_NOT_ATTACHED", `${task.id} ${what}`);
  }
  const k = (task.talk?.told ?? 0) + 1;
  return only({ type: "steer.requested", task: task.id, attempt: state.attempt, k, text: redact(text), by });
}

/** A dead letter that is dropped is archived: its task stays dead, and nothing tries it again by itself. */
function drop(task: Task, only: (fact: Fact) => CommandEffect, refuse: Refuse): CommandEffect {
  if (task.state.at !== "dead") return refuse("DEAD_UNKNOWN", `${task.id} is no dead letter`);
  const { failure } = task.state;
  const summary = `${failure.code}: ${failure.message}; dropped`;
  return only({ type: "task.ended", task: task.id, status: "dead", failure, summary });
}

function submit(world: World, command: Extract<Command, { type: "submit" }>, refuse: Refuse): CommandEffect {
  const ids = new Set(command.tasks.map((task) => task.envelope.task));
  for (const id of ids) {
    if (world.tasks.has(id)) return refuse("ENVELOPE_DUPLICATE", `there is a task ${id} on this blackboard already`);
  }
  for (const { envelope } of command.tasks) {
    const unknown = envelope.after.find((id) => !ids.has(id) && !world.tasks.has(id));
    if (unknown !== undefined)
      return refuse("ENVELOPE_UNKNOWN_AFTER", `${envelope.task} waits for ${unknown}, which nobody knows`);
  }
  const facts = command.tasks.map(({ envelope, options }): Fact => ({
    type: "task.submitted",
    task: envelope.task,
    run: command.run,
    envelope,
    options,
    base: command.base,
    session: command.session,
  }));
  return { facts, sources: new Map(command.tasks.map(({ envelope, source }) => [envelope.task, source])) };
}

/** Text of a refusal as faces read it (`refused/<command>.json`). */
export function refusalText(fact: Extract<Fact, { type: "command.refused" }>, nowMs: number): string {
  return `${JSON.stringify({ code: fact.code, message: fact.message, at: isoTime(nowMs) })}\n`;
}
