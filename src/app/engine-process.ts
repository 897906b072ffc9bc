import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { CcoError, describeThrown } from "../kernel/errors.ts";
import { processIdentitySchema } from "../model/lease.ts";
import { isAlive } from "../process/process-identity.ts";
import { engineProgram } from "./package-root.ts";
import type { Project } from "./project.ts";
import { readText } from "./read-board.ts";
import { parseJson } from "../kernel/json.ts";

/** True when the process that holds the engine lock of this project lives. */
export function isEngineRunning(project: Project): boolean {
  const text = readText(join(project.board, "engine.lock"));
  if (text === null) return false;
  const holder = processIdentitySchema.safeParse(parseJson(text));
  return holder.success && isAlive(holder.data);
}

/** Starts the engine of this project detached, unless one runs. Two that start at once settle it by the lock. */
export function ensureEngine(project: Project): void {
  if (isEngineRunning(project)) return;
  mkdirSync(project.board, { recursive: true });
  const log = openSync(join(project.board, "engine.log"), "a");
  try {
    spawnEngine(project, "ignore", log);
  } finally {
    closeSync(log);
  }
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
