import { Buffer } from "node:buffer";
import type { Blackboard } from "../ports/blackboard.ts";
import type { BoardDeps } from "./board-deps.ts";
import { decodeCommand } from "./inbox.ts";
import { boardPaths, insidePath } from "./layout.ts";
import type { MemoryDisk } from "./memory-disk.ts";
import { memoryJournal } from "./memory-journal.ts";
import { olderName, wholeLines } from "./line-file.ts";

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

type MemoryFiles = Pick<
  Blackboard,
  "writeFile" | "readFile" | "removeFile" | "appendLines" | "syncLines" | "lastLines"
>;

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
    async syncLines(path) {
      disk.checkWrite(insidePath(path, "write"));
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
