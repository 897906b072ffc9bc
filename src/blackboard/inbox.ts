import { lstat, readFile, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Buffer } from "node:buffer";
import { CcoError } from "../kernel/errors.ts";
import { commandSchema, type Command } from "../model/command.ts";
import type { InboxItem } from "../ports/blackboard.ts";
import { isTemporary, makeFolderDurable, writeDurable } from "./atomic-write.ts";
import { boardReadError, boardWriteError, isMissing } from "./board-errors.ts";
import { ensureLayout } from "./layout.ts";
import { parseJson } from "../kernel/json.ts";

/** Largest command file, bytes. A submission carries its envelopes as text; this is far above any plan a person writes. */
const MAX_COMMAND_BYTES = 16 * 1024 * 1024;

const ULID_PATTERN = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

/** What reading the inbox yields (see the port). */
export interface InboxContent {
  readonly items: readonly InboxItem[];
  readonly rejected: readonly string[];
}

/**
 * Puts a command into the inbox of the board at `root` (the folder `.cco`), which is made when it is not there. On disk when it resolves.
 * `id` is a ULID and orders the commands. Throws BOARD_WRITE; INTERNAL for a command or id that the engine would reject.
 */
export async function writeCommand(root: string, id: string, command: Command): Promise<void> {
  const text = encodeCommand(id, command);
  ensureLayout(root);
  await writeDurable(join(root, "inbox", `${id}.json`), text);
}

/** Text of a command file. Throws INTERNAL for what `decodeCommand` would reject. */
export function encodeCommand(id: string, command: Command): string {
  const text = `${JSON.stringify(command, null, 2)}\n`;
  const decoded = decodeCommand(`${id}.json`, text);
  if (typeof decoded === "string") throw new CcoError("INTERNAL", `a command for the inbox is not valid: ${decoded}`);
  return text;
}

/** The command in a file of the inbox, or the reason why there is none. */
export function decodeCommand(name: string, text: string): InboxItem | string {
  const id = name.replace(/\.json$/, "");
  if (!ULID_PATTERN.test(id)) return "the name is not <ULID>.json";
  if (Buffer.byteLength(text) > MAX_COMMAND_BYTES) return `larger than ${MAX_COMMAND_BYTES} bytes`;
  const value = parseJson(text);
  if (value === undefined) return "not JSON";
  const parsed = commandSchema.safeParse(value);
  if (parsed.success) return { id, command: parsed.data };
  return parsed.error.issues.map((issue) => `${issue.path.join(".") || "the command"}: ${issue.message}`).join("\n");
}

/** Reads all commands in the order of their names. What cannot be used is moved to rejected/, with the reason beside it. */
export async function readInbox(folder: string): Promise<InboxContent> {
  const items: InboxItem[] = [];
  const rejected: string[] = [];
  for (const name of await commandNames(folder)) {
    const item = await readItem(join(folder, name), name);
    if (item === null) continue;
    if (typeof item === "string") {
      await reject(folder, name, item);
      rejected.push(name);
    } else items.push(item);
  }
  return { items, rejected };
}

/** Deletes a command whose facts are in the journal; one that is gone is fine. */
export async function deleteCommand(folder: string, id: string): Promise<void> {
  if (!ULID_PATTERN.test(id)) throw new CcoError("INTERNAL", `not the id of a command: ${id}`);
  const path = join(folder, `${id}.json`);
  try {
    await rm(path, { force: true });
  } catch (error) {
    throw boardWriteError(path, error);
  }
}

async function commandNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith(".json") && !isTemporary(name)).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw boardReadError(folder, error);
  }
}

/** Null when the file is gone; a text is the reason to reject it. Looks first: reading a pipe would wait for ever. */
async function readItem(path: string, name: string): Promise<InboxItem | string | null> {
  try {
    const found = await lstat(path);
    if (!found.isFile()) return "not a regular file";
    if (found.size > MAX_COMMAND_BYTES) return `larger than ${MAX_COMMAND_BYTES} bytes`;
    return decodeCommand(name, await readFile(path, "utf8"));
  } catch (error) {
    if (isMissing(error)) return null;
    return boardReadError(path, error).message;
  }
}

async function reject(folder: string, name: string, reason: string): Promise<void> {
  const rejected = join(folder, "rejected");
  try {
    await makeFolderDurable(rejected);
    await writeDurable(join(rejected, `${name}.reason`), `${reason}\n`);
    await rename(join(folder, name), join(rejected, name));
  } catch (error) {
    throw boardWriteError(join(rejected, name), error);
  }
}
