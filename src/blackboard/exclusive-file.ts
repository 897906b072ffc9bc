import { createHash, randomUUID } from "node:crypto";
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemCode } from "../kernel/errors.ts";
import { processIdentitySchema, type ProcessIdentity } from "../model/lease.ts";
import type { ProcessIdentityReader } from "../ports/process-identity.ts";
import { makeFolder, sweepTemporaries, temporaryBeside, withFileHandles } from "./atomic-write.ts";
import { boardWriteError, isMissing } from "./board-errors.ts";

/** Tries while another process is in the middle of taking over the same dead file; each takes a few milliseconds. */
const TAKE_TRIES = 40;
const TAKE_WAIT_MS = 5;

/** A file that at most one live process owns: the engine lock, a slot lease. */
export interface ExclusiveFile {
  readonly path: string;
  readonly identity: ProcessIdentityReader;
  /** True when the owner that the text names is gone; text that names nobody counts as gone. */
  readonly isStale: (text: string) => boolean;
}

/** `owner`: text of the file when somebody else has it. */
export type TakeResult = { readonly taken: true } | { readonly taken: false; readonly owner: string };

/**
 * Makes the file ours with this content, unless somebody live owns it. Safe among any number of processes: the file appears
 * complete (link of a written one), and a dead owner's file is replaced by the one process that holds the claim on exactly that file.
 * Throws BOARD_WRITE.
 */
export async function takeExclusive(file: ExclusiveFile, content: string): Promise<TakeResult> {
  try {
    return await withFileHandles(() => tryToTake(file, content));
  } catch (error) {
    throw boardWriteError(file.path, error);
  }
}

/**
 * Replaces (or with null removes) the file, provided that it still holds `expected` and nobody else is replacing it.
 * Needed whenever the owner named in `expected` is not this process. False when another was faster.
 */
export async function swapExclusive(file: ExclusiveFile, expected: string, content: string | null): Promise<boolean> {
  try {
    return await withFileHandles(() => trySwap(file, expected, content));
  } catch (error) {
    throw boardWriteError(file.path, error);
  }
}

async function trySwap(file: ExclusiveFile, expected: string, content: string | null): Promise<boolean> {
  const claim = `${file.path}.${createHash("sha256").update(expected).digest("hex").slice(0, 16)}`;
  if (!(await takeClaim(claim, file.identity))) return false;
  try {
    if (readText(file.path) !== expected) return false;
    if (content === null) rmSync(file.path);
    else replace(file.path, content);
    return true;
  } finally {
    rmSync(claim, { force: true });
  }
}

/** Replaces the content of a file that this process owns. */
export async function rewriteOwned(path: string, content: string): Promise<void> {
  try {
    await withFileHandles(async () => replace(path, content));
  } catch (error) {
    throw boardWriteError(path, error);
  }
}

/** Text of a small file, null when it is not there. */
export function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** True when the text names no live process. */
export function namesNobodyAlive(text: string, identity: ProcessIdentityReader): boolean {
  const owner = parseOwner(text);
  return owner === null || !identity.isAlive(owner);
}

function parseOwner(text: string): ProcessIdentity | null {
  try {
    return processIdentitySchema.safeParse(JSON.parse(text)).data ?? null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

async function tryToTake(file: ExclusiveFile, content: string): Promise<TakeResult> {
  let owner = "";
  for (let tries = 0; tries < TAKE_TRIES; tries += 1) {
    if (linkNew(file.path, content)) return { taken: true };
    const found = readText(file.path);
    if (found === null) continue;
    if (!file.isStale(found)) return { taken: false, owner: found };
    if (await trySwap(file, found, content)) {
      sweepLeftovers(file.path);
      return { taken: true };
    }
    owner = found;
    await sleep(TAKE_WAIT_MS);
  }
  return { taken: false, owner };
}

/**
 * The right to replace one particular content of a file. Because only its holder may replace that content, it cannot change between
 * the holder's look and its rename. A claim whose holder died is taken over the same way, one level deeper.
 */
async function takeClaim(path: string, identity: ProcessIdentityReader): Promise<boolean> {
  const content = ownerText(identity);
  if (linkNew(path, content)) return true;
  const found = readText(path);
  if (found === null || !namesNobodyAlive(found, identity)) return false;
  return await trySwap({ path, identity, isStale: (text) => namesNobodyAlive(text, identity) }, found, content);
}

function ownerText(identity: ProcessIdentityReader): string {
  return `${JSON.stringify({ ...identity.self(), token: randomUUID() })}\n`;
}

/** Claims on former contents, left by processes that died with them: those contents never come back, so nobody can use a claim. */
function sweepLeftovers(path: string): void {
  sweepTemporaries(dirname(path));
  const prefix = `${basename(path)}.`;
  for (const name of readdirSync(dirname(path))) {
    if (name.startsWith(prefix)) rmSync(join(dirname(path), name), { force: true });
  }
}

/** Creates a file with its whole content at once; false when there is one. */
function linkNew(path: string, content: string): boolean {
  const temporary = writeTemporary(path, content);
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function replace(path: string, content: string): void {
  const temporary = writeTemporary(path, content);
  try {
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** No fsync: after a power cut nobody who is named in such a file is alive, whatever is left of it. */
function writeTemporary(path: string, content: string): string {
  const temporary = temporaryBeside(path);
  makeFolder(dirname(path));
  writeFileSync(temporary, content, { encoding: "utf8", flag: "wx" });
  return temporary;
}
