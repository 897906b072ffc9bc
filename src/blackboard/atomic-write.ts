import { randomUUID } from "node:crypto";
import {
  closeSync,
  fsync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { systemCode } from "../kernel/errors.ts";
import { boardWriteError } from "./board-errors.ts";

/** Waits between tries while the process or the machine is out of file handles, ms. */
const HANDLE_WAITS_MS = [10, 20, 40, 80, 160] as const;

/** A temporary file of a writer that is gone is left alone for this long; a write takes milliseconds. */
const TEMP_AGE_MS = 60_000;

const TEMP_PATTERN = /^\..+\.\d+-[0-9a-f]{8}\.tmp$/;

/** A name beside `path` for a file that is still being written; hidden, and unique among processes. */
export function temporaryBeside(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}-${randomUUID().slice(0, 8)}.tmp`);
}

/** True for names made by `temporaryBeside`. */
export function isTemporary(name: string): boolean {
  return TEMP_PATTERN.test(name);
}

/**
 * Replaces a file so that a reader and a crash (also a power cut) leave the old or the new content, never a part.
 * Creates missing folders. Throws BOARD_WRITE; no temporary file stays behind then.
 */
export async function writeDurable(path: string, content: string): Promise<void> {
  await writeByRename(path, content, true);
}

/** Like `writeDurable` without fsync: after a power cut the file may be old, empty or missing. For what can be rebuilt. */
export async function writeRebuildable(path: string, content: string): Promise<void> {
  await writeByRename(path, content, false);
}

// Small files are written, renamed and looked at in place: a turn through the thread pool costs many times what the call itself does.
// Only what waits for the disk is awaited.
const sync = promisify(fsync);

/** Makes names in a folder (created, renamed, removed) survive a power cut. */
export async function syncFolder(folder: string): Promise<void> {
  const file = openSync(folder, "r");
  try {
    await sync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Creates a folder and its parents; returns the topmost that was created, undefined when all were there.
 * Unlike Node's `recursive`, which makes ENOENT of EROFS and EACCES, it throws the error of the system.
 */
export function makeFolder(folder: string): string | undefined {
  try {
    mkdirSync(folder);
    return folder;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return undefined;
    if (systemCode(error) !== "ENOENT" || dirname(folder) === folder) throw error;
  }
  const first = makeFolder(dirname(folder));
  const own = makeFolder(folder);
  return first ?? own;
}

/** Creates a folder and its parents; their names survive a power cut. */
export async function makeFolderDurable(folder: string): Promise<void> {
  const first = makeFolder(folder);
  if (first === undefined) return;
  for (let at = folder; at.length >= first.length; at = dirname(at)) await syncFolder(dirname(at));
}

/** Removes temporary files that writers left in a folder when they were killed; young ones may still be in use. */
export function sweepTemporaries(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (!isTemporary(name)) continue;
    const path = join(folder, name);
    const modifiedMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.POSITIVE_INFINITY;
    if (Date.now() - modifiedMs > TEMP_AGE_MS) rmSync(path, { force: true });
  }
}

/** Runs an action again, a bounded number of times, while no file handle is to be had. */
export async function withFileHandles<T>(action: () => Promise<T>): Promise<T> {
  for (const waitMs of HANDLE_WAITS_MS) {
    try {
      return await action();
    } catch (error) {
      const code = systemCode(error);
      if (code !== "EMFILE" && code !== "ENFILE") throw error;
      await sleep(waitMs);
    }
  }
  return await action();
}

async function writeByRename(path: string, content: string, durable: boolean): Promise<void> {
  try {
    await withFileHandles(() => writeOnce(path, content, durable));
  } catch (error) {
    throw boardWriteError(path, error);
  }
}

async function writeOnce(path: string, content: string, durable: boolean): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    await writeNew(temporary, content, durable);
    renameSync(temporary, path);
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
  if (durable) await syncFolder(dirname(path));
}

/** What made a write fail tells more than a clean-up that fails for the same reason. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}

async function writeNew(path: string, content: string, durable: boolean): Promise<void> {
  const file = await openNew(path, durable);
  try {
    writeFileSync(file, content, "utf8");
    if (durable) await sync(file);
  } finally {
    closeSync(file);
  }
}

/** Opens a file that is not there yet; its folder is made when that is missing (the rare case, hence after the fact). */
async function openNew(path: string, durable: boolean): Promise<number> {
  try {
    return openSync(path, "wx");
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    if (durable) await makeFolderDurable(dirname(path));
    else makeFolder(dirname(path));
    return openSync(path, "wx");
  }
}
