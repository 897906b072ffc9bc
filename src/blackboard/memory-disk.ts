import type { Command } from "../model/command.ts";
import { boardWriteError } from "./board-errors.ts";
import { encodeCommand } from "./inbox.ts";

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
