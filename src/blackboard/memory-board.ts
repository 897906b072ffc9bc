import { Buffer } from "node:buffer";
import { CcoError } from "../kernel/errors.ts";
import type { Command } from "../model/command.ts";
import type { Blackboard } from "../ports/blackboard.ts";
import type { BoardDeps } from "./board.ts";
import { boardWriteError } from "./board-errors.ts";
import { boardLocked, makeLockText } from "./engine-lock.ts";
import { namesNobodyAlive } from "./exclusive-file.ts";
import { decodeCommand, encodeCommand } from "./inbox.ts";
import { makeJournalDecoder } from "./journal-decoder.ts";
import { encodeFacts } from "./journal-lines.ts";
import { boardPaths, insidePath } from "./layout.ts";
import { olderName, wholeLines } from "./line-file.ts";

/** What outlives a process in memory: the files of a board by their relative path, and who watches the inbox. */
export interface MemoryDisk {
  readonly files: Map<string, string>;
  readonly watchers: Set<() => void>;
  /** Makes the next `count` writes fail with BOARD_WRITE and this system code (`ENOSPC` …). */
  failNextWrites(count: number, code: string): void;
  /** Throws when a write to this path is to fail. */
  checkWrite(path: string): void;
  /** What a face does: puts a command into the inbox. */
  putCommand(id: string, command: Command): void;
}

const JOURNAL = "journal/000001.jsonl";

/** An empty disk. */
export function makeMemoryDisk(): MemoryDisk {
  let failing = 0;
  let system = "";
  const files = new Map<string, string>();
  const watchers = new Set<() => void>();
  const checkWrite = (path: string): void => {
    if (failing === 0) return;
    failing -= 1;
    throw boardWriteError(path, Object.assign(new Error(`${system}: made to fail`), { code: system }));
  };
  return {
    files,
    watchers,
    checkWrite,
    failNextWrites(count, code) {
      [failing, system] = [count, code];
    },
    putCommand(id, command) {
      const text = encodeCommand(id, command);
      checkWrite(`inbox/${id}.json`);
      files.set(`inbox/${id}.json`, text);
      for (const onHint of watchers) onHint();
    },
  };
}

/** The in-memory twin of `openBoard`: same contract, same errors. Several boards on one disk are several processes. */
export function openMemoryBoard(disk: MemoryDisk, deps: BoardDeps, root = "/memory/.cco"): Blackboard {
  const crashPoint = deps.onCrashPoint ?? (() => undefined);
  return {
    paths: boardPaths(root),
    ...memoryJournal(disk, deps, root),
    ...memoryFiles(disk),
    readInbox: async () => readInbox(disk),
    deleteInboxItem: async (id) => {
      disk.files.delete(`inbox/${id}.json`);
    },
    watchInbox(onHint) {
      disk.watchers.add(onHint);
      return () => void disk.watchers.delete(onHint);
    },
    crashPoint,
  };
}

type MemoryJournal = Pick<Blackboard, "lock" | "unlock" | "readJournal" | "append">;

function memoryJournal(disk: MemoryDisk, deps: BoardDeps, root: string): MemoryJournal {
  let lockText: string | null = null;
  /** Text of the journal without a torn end, and its next number; null until it was read under the lock. */
  let end: { text: string; nextSeq: number } | null = null;

  function read() {
    const bytes = Buffer.from(disk.files.get(JOURNAL) ?? "", "utf8");
    const decoder = makeJournalDecoder();
    decoder.beginSegment(`${root}/${JOURNAL}`, true);
    decoder.push(bytes);
    const { length, torn } = decoder.endSegment();
    const nextSeq = decoder.records.length + 1;
    return { records: decoder.records, torn, end: { text: bytes.subarray(0, length).toString("utf8"), nextSeq } };
  }

  return {
    async lock() {
      if (lockText !== null) return;
      const found = disk.files.get("engine.lock");
      if (found !== undefined && !namesNobodyAlive(found, deps.identity))
        throw boardLocked(`${root}/engine.lock`, found);
      disk.checkWrite("engine.lock");
      lockText = makeLockText(deps.identity, Date.now());
      disk.files.set("engine.lock", lockText);
    },
    async unlock() {
      if (lockText !== null && disk.files.get("engine.lock") === lockText) disk.files.delete("engine.lock");
      lockText = end = null;
    },
    async readJournal() {
      const content = read();
      if (lockText !== null) end = content.end;
      return { records: content.records, torn: content.torn };
    },
    async append(facts, nowMs) {
      if (facts.length === 0) return [];
      if (lockText === null) throw new CcoError("INTERNAL", "only the engine that holds the lock writes the journal");
      end ??= read().end;
      deps.onCrashPoint?.("journal.before-append");
      const { records, text } = encodeFacts(facts, end.nextSeq, nowMs);
      disk.checkWrite(JOURNAL);
      end = { text: end.text + text, nextSeq: end.nextSeq + records.length };
      disk.files.set(JOURNAL, end.text);
      deps.onCrashPoint?.("journal.after-append");
      return records;
    },
  };
}

type MemoryFiles = Pick<Blackboard, "writeFile" | "readFile" | "removeFile" | "appendLines" | "lastLines">;

function memoryFiles(disk: MemoryDisk): MemoryFiles {
  return {
    async writeFile(path, content) {
      const file = insidePath(path, "write");
      disk.checkWrite(file);
      disk.files.set(file, content);
    },
    async readFile(path) {
      return disk.files.get(insidePath(path, "read")) ?? null;
    },
    async removeFile(path) {
      const file = insidePath(path, "write");
      disk.checkWrite(file);
      disk.files.delete(file);
    },
    async appendLines(path, lines, { limitBytes = Infinity } = {}) {
      const file = insidePath(path, "write");
      if (lines.length === 0) return;
      disk.checkWrite(file);
      const before = disk.files.get(file) ?? "";
      const whole = before.slice(0, before.lastIndexOf("\n") + 1);
      const text = `${whole}${lines.join("\n")}\n`;
      disk.files.delete(file);
      disk.files.set(Buffer.byteLength(text) >= limitBytes ? olderName(file) : file, text);
    },
    async lastLines(path, limitBytes) {
      const bytes = Buffer.from(disk.files.get(insidePath(path, "read")) ?? "", "utf8");
      return wholeLines(bytes.subarray(-limitBytes), bytes.length <= limitBytes);
    },
  };
}

function readInbox(disk: MemoryDisk) {
  const items = [];
  const rejected = [];
  for (const path of [...disk.files.keys()].filter((path) => /^inbox\/[^/]+\.json$/.test(path)).sort()) {
    const name = path.slice("inbox/".length);
    const text = disk.files.get(path) ?? "";
    const item = decodeCommand(name, text);
    if (typeof item !== "string") {
      items.push(item);
      continue;
    }
    disk.checkWrite(`inbox/rejected/${name}`);
    disk.files.delete(path);
    disk.files.set(`inbox/rejected/${name}`, text).set(`inbox/rejected/${name}.reason`, `${item}\n`);
    rejected.push(name);
  }
  return { items, rejected };
}
