import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { CcoError } from "../kernel/errors.ts";
import { isoTime } from "../kernel/durations.ts";
import { engineLockSchema, type EngineLock } from "../model/lease.ts";
import type { ProcessIdentityReader } from "../ports/process-identity.ts";
import { boardWriteError } from "./board-errors.ts";
import { namesNobodyAlive, readText, takeExclusive } from "./exclusive-file.ts";

/** Text of a lock file that this process owns; unique per call. */
export function makeLockText(identity: ProcessIdentityReader, nowMs: number): string {
  const lock: EngineLock = { ...identity.self(), at: isoTime(nowMs), token: randomUUID() };
  return `${JSON.stringify(lock)}\n`;
}

/** BOARD_LOCKED, naming the process that a lock file's text belongs to. */
export function boardLocked(path: string, text: string): CcoError {
  const owner = parseLock(text);
  const who = owner === null ? "another process" : `process ${owner.pid} since ${owner.at}`;
  return new CcoError("BOARD_LOCKED", `the engine of this project is already running: ${who} holds ${path}`, {
    data: { path, pid: owner?.pid ?? null },
  });
}

/** Takes the lock file and returns its text. Throws BOARD_LOCKED, BOARD_WRITE. A lock whose process is gone is taken over. */
export async function takeLock(path: string, identity: ProcessIdentityReader): Promise<string> {
  const text = makeLockText(identity, Date.now());
  const result = await takeExclusive({ path, identity, isStale: (found) => namesNobodyAlive(found, identity) }, text);
  if (!result.taken) throw boardLocked(path, result.owner);
  return text;
}

/** Removes the lock file if it still is the one that was taken; one of another process stays. */
export async function releaseLock(path: string, text: string): Promise<void> {
  try {
    if (readText(path) === text) rmSync(path, { force: true });
  } catch (error) {
    throw boardWriteError(path, error);
  }
}

function parseLock(text: string): EngineLock | null {
  try {
    return engineLockSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
