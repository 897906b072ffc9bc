import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, statSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { boardWriteError } from "../../blackboard/board-errors.ts";
import { CcoError, describeThrown, systemCode } from "../../kernel/errors.ts";
import { type ProcessIdentity, processIdentitySchema } from "../../model/lease.ts";
import { replaceFile } from "../../process/atomic-file.ts";
import { forOwnProgram } from "../../process/own-programs.ts";
import { identityOf, isAlive } from "../../process/process-identity.ts";
import { engineProgram } from "../package-root.ts";
import type { Project } from "../project.ts";
import { readText } from "../board/read-text.ts";
import { parseJson } from "../../kernel/json.ts";

/** True when the process that holds the engine lock of this project lives. */
export function isEngineRunning(project: Project): boolean {
  const holder = identityIn(join(project.board, "engine.lock"));
  return holder !== null && isAlive(holder);
}

function identityIn(file: string): ProcessIdentity | null {
  const text = readText(file);
  return text === null ? null : (processIdentitySchema.safeParse(parseJson(text)).data ?? null);
}

/** An engine that was started and holds no lock after this time hangs: another may try, in ms. */
const START_MS = 10_000;

/**
 * Starts the engine of this project detached, unless one runs or is about to. Two that start at once settle it by the lock.
 * Throws BOARD_WRITE, ENGINE_START.
 */
export function ensureEngine(project: Project): void {
  if (isEngineRunning(project) || isEngineStarting(project)) return;
  try {
    mkdirSync(project.board, { recursive: true });
    const log = openSync(join(project.board, "engine.log"), "a");
    try {
      noteStarting(project, spawnEngine(project, "ignore", log));
    } finally {
      closeSync(log);
    }
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw boardWriteError(join(project.board, "engine.log"), error);
  }
}

/** Many commands at once, or one that looks often, must not start an engine each while the first one loads its code. */
function isEngineStarting(project: Project): boolean {
  const file = startFile(project);
  const started = identityIn(file);
  if (started === null || !isAlive(started)) return false;
  const ageMs = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return Math.abs(ageMs) < START_MS;
}

function noteStarting(project: Project, child: ChildProcess): void {
  const identity = child.pid === undefined ? null : identityOf(child.pid);
  if (identity !== null) replaceFile(startFile(project), `${JSON.stringify(identity)}\n`);
}

/** True when the pictures of tasks may be older than the journal: the engine that runs has not written its own yet. */
export function isEngineNew(project: Project): boolean {
  const started = identityIn(startFile(project));
  return started !== null && started.pid === identityIn(join(project.board, "engine.lock"))?.pid;
}

/** The engine that was noted as starting is up. Throws system errors. */
export function forgetEngineStart(project: Project): void {
  rmSync(startFile(project), { force: true });
}

function startFile(project: Project): string {
  return join(project.board, "engine-start.json");
}

/** An engine that has loaded its code on another core and does nothing until it is let go. */
export interface WaitingEngine {
  /** Lets it begin. A caller that ends without it ends the engine too, and nothing was touched. */
  begin(): void;
}

/** Loads an engine while the caller still reads and checks; null when one runs already. It writes nothing before `begin`. */
export function prepareEngine(project: Project): WaitingEngine | null {
  if (isEngineRunning(project)) return null;
  const child = spawnEngine(project, "pipe", "ignore");
  child.stdin?.on("error", () => undefined);
  if (child.stdin instanceof Socket) child.stdin.unref();
  return { begin: () => void child.stdin?.end(BEGIN) };
}

/** What a waiting engine has to read before it begins. */
const BEGIN = "begin";

/** True when what a waiting engine read from its starter lets it begin. */
export function isBegin(text: string): boolean {
  return text === BEGIN;
}

function spawnEngine(project: Project, stdin: "ignore" | "pipe", output: "ignore" | number): ChildProcess {
  const wait = stdin === "pipe" ? ["--wait"] : [];
  try {
    const child = spawn(process.execPath, [engineProgram(), "--project", project.root, ...wait], {
      cwd: project.root,
      env: forOwnProgram(process.env),
      detached: true,
      stdio: [stdin, output, output],
    });
    child.on("error", () => undefined);
    child.unref();
    return child;
  } catch (error) {
    throw new CcoError("ENGINE_START", `the engine could not be started: ${describeThrown(error)}`, { cause: error });
  }
}
