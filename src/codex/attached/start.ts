import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { describeThrown } from "../../kernel/errors.ts";
import { replaceFile } from "../../process/atomic-file.ts";
import {
  describeSpawnFailure,
  exitOf,
  failureOf,
  type StartWorker,
  workerEnvironment,
} from "../../process/worker-process.ts";
import type { SupervisedCommand, Talk } from "../../process/supervised-command.ts";
import { makeConversation } from "./conversation.ts";
import { openDesk } from "./desk.ts";
import type { ExecEvent } from "./translate.ts";
import { GONE, openWire } from "./wire.ts";

/** After the turn the app-server has this long to end by itself once its stdin is closed, in ms. */
const FAREWELL_MS = 20_000;

/**
 * Starts `codex app-server` in a session of its own and leads one turn over its stdin and stdout: the prompt goes in, events are written
 * as `codex exec --json` would, questions and answers go through the attempt folder. When the turn is over its final message is
 * written as the sidecar and the line is closed; the app-server then ends by itself, which is the signal of its exit.
 */
export const startAttached: StartWorker = async (command, marker, dir) => {
  const { talk } = command;
  if (talk === undefined) return "command.json does not say how to talk to the worker";
  const opened: number[] = [];
  const open = (path: string): number => {
    const file = openSync(path, "a");
    opened.push(file);
    return file;
  };
  try {
    const prompt = readFileSync(command.stdin, "utf8");
    const [events, stderr] = [open(command.stdout), open(command.stderr)];
    const [program = "", ...args] = command.argv;
    const env = workerEnvironment(command, marker);
    const child = spawn(program, args, { cwd: command.cwd, env, detached: true, stdio: ["pipe", "pipe", stderr] });
    const failure = failureOf(child);
    if (child.pid === undefined || child.stdin === null || child.stdout === null) throw await failure;
    const write = (event: ExecEvent): void => {
      writeSync(events, `${JSON.stringify(event)}\n`);
    };
    const led = lead({ dir, command, talk, prompt }, { stdin: child.stdin, stdout: child.stdout, write });
    const exit = exitOf(child);
    void exit.then(() => led.close());
    return { pid: child.pid, outputs: opened, exit, waitedMs: () => led.waitedMs(), settle: () => led.settle() };
  } catch (error) {
    for (const file of opened) closeSync(file);
    return describeSpawnFailure(command, error);
  }
};

interface Led {
  readonly dir: string;
  readonly command: SupervisedCommand;
  readonly talk: Talk;
  readonly prompt: string;
}

interface Line {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly write: (event: ExecEvent) => void;
}

function lead({ dir, command, talk, prompt }: Led, { stdin, stdout, write }: Line) {
  const wire = openWire(stdin, stdout, (message) => conversation.take(message));
  const finish = (): void => {
    desk.close();
    wire.hangUp();
    setTimeout(() => stdout.destroy(), FAREWELL_MS).unref();
  };
  const conversation = makeConversation(wire, talk, {
    event: write,
    asked: (request) => desk.asked(request),
    resolved: (id) => desk.resolved(id),
    ended: (final) => {
      if (final !== null) replaceFile(talk.sidecar, final);
      finish();
    },
  });
  const desk = openDesk({ dir, cwd: command.cwd, askMs: talk.askMs }, wire, conversation);
  const begin = async (): Promise<void> => {
    const problem = await conversation.begin({ cwd: command.cwd, prompt });
    if (problem === null) return;
    if (!problem.endsWith(GONE)) write({ type: "turn.failed", error: { message: problem } });
    finish();
  };
  begin().catch((error: unknown) => {
    write({ type: "turn.failed", error: { message: `codex app-server: ${describeThrown(error)}` } });
    finish();
  });
  return {
    waitedMs: () => desk.waitedMs(),
    settle: async () => {
      desk.close();
      await conversation.interrupt();
      wire.hangUp();
    },
    close: () => desk.close(),
  };
}
