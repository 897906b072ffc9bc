import { CcoError } from "../src/kernel/errors.ts";
import { makeUlid } from "../src/kernel/ids.ts";
import type { Command } from "../src/model/command.ts";
import type { CrashPoint } from "../src/ports/blackboard.ts";
import { isSettled, pictureOf } from "./project-record.ts";
import { pictureOnDisk } from "./projection-checks.ts";
import { headOf, userTree } from "./repo-state.ts";
import { startSession } from "./session.ts";
import { plannedTask, projectOf, type SimProject, type SimWorld } from "./sim-world.ts";
import { submitCommand } from "./submission.ts";

/** A face looks this often, in ms, whether an engine runs that has work. */
const LOOK_MS = 2000;

/** What people and their command lines do: they put commands into inboxes and see to it that an engine runs while there is work. */
export interface Faces {
  submit(project: string, tasks: readonly string[]): void;
  send(project: string, command: Command): void;
  /** Starts an engine, whether or not one runs: the lock has to settle it. */
  startEngine(project: string): void;
}

/** `reached`: asked at every named crash point of every engine; true kills it there. */
export function makeFaces(world: SimWorld, reached: (project: SimProject, point: CrashPoint) => boolean): Faces {
  const { clock } = world;
  const random = world.random.fork("faces");

  function start(project: SimProject): void {
    const session = startSession(world, project, {
      reached: (point) => reached(project, point),
      ended: () => {
        project.live.delete(session);
        if (hasWork(project)) clock.after(random.int(1, LOOK_MS), () => ensure(project));
      },
    });
    project.live.add(session);
  }

  function ensure(project: SimProject): void {
    if (project.live.size === 0 && hasWork(project)) start(project);
  }

  /** Tries until the disk takes it, as a person does. */
  function put(project: SimProject, command: Command): void {
    const id = makeUlid(clock.now(), random.next);
    try {
      project.disk.putCommand(id, command);
    } catch (error) {
      if (!(error instanceof CcoError && error.code === "BOARD_WRITE")) throw error;
      clock.after(LOOK_MS, () => put(project, command));
      return;
    }
    project.record.commands.add(id);
    world.trace(() => `${project.name} gets the command ${describe(command)}`);
    ensure(project);
  }

  return {
    submit(name, ids) {
      const project = projectOf(world, name);
      const tree = userTree(project.repo);
      const base = { branch: tree.branch, commit: headOf(project.repo, tree) };
      put(
        project,
        submitCommand(
          `R${ids.join("")}`,
          base,
          ids.map((id) => plannedTask(world, id)),
        ),
      );
    },
    send: (name, command) => put(projectOf(world, name), command),
    startEngine: (name) => start(projectOf(world, name)),
  };
}

/** True when somebody waits for this project: for a command to be taken, for a task to go on, or for the board to say what came of it. */
export function hasWork({ disk, record }: SimProject): boolean {
  for (const id of record.commands) if (disk.files.has(`inbox/${id}.json`)) return true;
  return [...record.world.tasks.values()].some((task) => {
    return !isSettled(record.world, task) || pictureOnDisk(disk, task.id) !== pictureOf(task);
  });
}

function describe(command: Command): string {
  if (command.type === "submit") return `submit ${command.tasks.map((task) => task.envelope.task).join(" ")}`;
  return command.type === "answer" ? `answer ${command.card} ${command.letter}` : `${command.type} ${command.task}`;
}

/** Lets a person answer the cards: mostly soon, sometimes never, with any of the letters. */
export function answerCards(world: SimWorld, faces: Faces): void {
  world.cardListeners.add((project, card) => {
    const random = world.random.fork(`answer ${card.id}`);
    if (random.chance(0.3)) return;
    const { letter } = random.pick(card.options);
    world.clock.after(random.int(500, 60_000), () => {
      faces.send(project.name, { v: 1, type: "answer", card: card.id, letter, note: "go on", by: "person" });
    });
  });
}
