import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeCommand } from "../../blackboard/inbox.ts";
import { CcoError } from "../../kernel/errors.ts";
import { isErrorCode } from "../../kernel/error-table.ts";
import type { Command } from "../../model/command.ts";
import * as z from "zod";
import { watchEngineFailure } from "./engine-failure.ts";
import { type FolderHint, openFolderHint } from "../../process/folder-hint.ts";
import { ensureEngine, type WaitingEngine } from "./engine-process.ts";
import type { Project } from "../project.ts";
import { readText } from "../board/read-text.ts";
import { parseJson } from "../../kernel/json.ts";
import { systemIds } from "../system.ts";

/** Time between two looks for an answer, in ms; short, because a person waits for it, where a hint does not bring one forward. */
const POLL_MS = { watched: 60, unwatched: 15 };

/** Time after which an engine that did not take a command is started again, in ms. */
const RESTART_MS = 1500;

/** Time after which a command that nobody took is an error, in ms. */
const GIVE_UP_MS = 30_000;

const refusalSchema = z.object({ code: z.string(), message: z.string() });

/**
 * Puts a command into the inbox, makes sure that an engine runs and waits until it has taken it. Throws what the engine refused,
 * and why no engine can run: then the command is taken back.
 */
export async function sendCommand(
  project: Project,
  command: Command,
  waiting: WaitingEngine | null = null,
): Promise<void> {
  const id = systemIds().next();
  const throwEngineFailure = watchEngineFailure(project);
  await writeCommand(project.board, id, command);
  if (waiting === null) ensureEngine(project);
  else waiting.begin();
  const hint = openFolderHint([join(project.board, "inbox")], [`${id}.json`]);
  try {
    await untilTaken(project, join(project.board, "inbox", `${id}.json`), { hint, throwEngineFailure });
  } finally {
    hint.close();
  }
  throwRefusal(project, id, "task" in command ? (command.task ?? undefined) : undefined);
}

async function untilTaken(
  project: Project,
  file: string,
  { hint, throwEngineFailure }: { readonly hint: FolderHint; readonly throwEngineFailure: () => void },
): Promise<void> {
  const started = performance.now();
  let nextStart = started + RESTART_MS;
  while (existsSync(file)) {
    await hint.next(hint.watching ? POLL_MS.watched : POLL_MS.unwatched);
    takeBackOn(throwEngineFailure, file);
    if (performance.now() >= nextStart) {
      ensureEngine(project);
      nextStart = performance.now() + RESTART_MS;
    }
    if (performance.now() - started > GIVE_UP_MS) {
      throw new CcoError(
        "ENGINE_START",
        `no engine took the command within ${GIVE_UP_MS / 1000} s; it stays in the inbox`,
        {
          hint: `read ${join(project.board, "engine.log")}, then cco engine --foreground`,
        },
      );
    }
  }
}

function takeBackOn(throwEngineFailure: () => void, file: string): void {
  try {
    throwEngineFailure();
  } catch (error) {
    rmSync(file, { force: true });
    throw error;
  }
}

function throwRefusal(project: Project, id: string, task: string | undefined): void {
  const text = readText(join(project.board, "refused", `${id}.json`));
  if (text === null) return;
  const refusal = refusalSchema.safeParse(parseJson(text));
  if (!refusal.success) return;
  const { code, message } = refusal.data;
  throw new CcoError(isErrorCode(code) ? code : "INTERNAL", message, task === undefined ? {} : { data: { task } });
}
