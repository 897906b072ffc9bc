import { atWork } from "../decide/cards/asks.ts";
import { redact } from "../guard/secrets.ts";
import type { Ask } from "../model/ask.ts";
import type { Fact } from "../model/record.ts";
import type { Task, World } from "../model/task.ts";
import type { EngineDeps } from "./deps.ts";

/** The talk of one engine with attached workers. */
export interface Talks {
  /** What workers have asked since the journal last heard of them. */
  hear(world: World): Promise<readonly Fact[]>;
  /** Brings answers and words to the workers; again after a restart, which changes nothing. Throws BOARD_WRITE. */
  tell(world: World): Promise<void>;
}

/** Pieces of mail that are known to be there. */
const MOST_SENT = 1000;

/** The talk of one engine. */
export function createTalks(deps: Pick<EngineDeps, "worker" | "board">): Talks {
  const sent = new Set<string>();
  const once = async (key: string, send: () => Promise<void>): Promise<void> => {
    if (sent.has(key)) return;
    await send();
    sent.add(key);
    for (const oldest of sent) if (sent.size > MOST_SENT) sent.delete(oldest);
  };
  return {
    async hear(world) {
      const facts: Fact[] = [];
      for (const { task, attempt, dir } of attached(world, deps)) {
        const asks = (await deps.worker.live?.asks(dir, task.talk?.asked ?? 0)) ?? [];
        facts.push(...asks.map((ask): Fact => ({ type: "worker.asked", task: task.id, attempt, ask: clean(ask) })));
      }
      return facts;
    },
    async tell(world) {
      const { live } = deps.worker;
      if (live === undefined) return;
      for (const { task, attempt, dir } of attached(world, deps)) {
        for (const { ask, reply } of task.talk?.asks ?? [])
          if (reply !== null) await once(`${task.id} ${attempt} a${ask.n}`, () => live.reply(dir, ask.n, reply));
        for (const { k, text } of task.talk?.steers ?? [])
          await once(`${task.id} ${attempt} s${k}`, () => live.steer(dir, k, text));
      }
    },
  };
}

function attached(world: World, { board }: Pick<EngineDeps, "board">): { task: Task; attempt: number; dir: string }[] {
  return [...world.open].flatMap((id) => {
    const task = world.tasks.get(id);
    const state = task === undefined ? null : atWork(task.state);
    if (task?.options.lane !== "attached" || state === null) return [];
    return [{ task, attempt: state.attempt, dir: board.paths.attempt(id, state.attempt) }];
  });
}

function clean(ask: Ask): Ask {
  return { ...ask, what: redact(ask.what), why: redact(ask.why), choices: ask.choices.map(redact) };
}
