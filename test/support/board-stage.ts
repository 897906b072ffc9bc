import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openBoard } from "../../src/blackboard/board.ts";
import type { BoardDeps } from "../../src/blackboard/board-deps.ts";
import { writeCommand } from "../../src/blackboard/inbox.ts";
import { openMemoryBoard } from "../../src/blackboard/memory-board.ts";
import { makeMemoryDisk } from "../../src/blackboard/memory-disk.ts";
import type { Command } from "../../src/model/command.ts";
import type { Blackboard } from "../../src/ports/blackboard.ts";

/** A board's storage that several processes open in turn, with a way to look at and damage what lies there. */
export interface BoardStage {
  open(deps: BoardDeps): Blackboard;
  /** Text of a file by its path on the board, null when it is not there. */
  text(path: string): string | null;
  put(path: string, text: string): void;
  /** Names in a folder, sorted. */
  names(folder: string): string[];
  command(id: string, command: Command): Promise<void>;
  drop(): void;
}

/** A board in a temporary folder. */
export function fileStage(): BoardStage {
  const project = mkdtempSync(join(tmpdir(), "cco-board-"));
  const root = join(project, ".cco");
  return {
    open: (deps) => openBoard(root, deps),
    text: (path) => (existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : null),
    put(path, text) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    },
    names: (folder) => (existsSync(join(root, folder)) ? readdirSync(join(root, folder)).sort() : []),
    command: (id, command) => writeCommand(root, id, command),
    drop: () => rmSync(project, { recursive: true, force: true }),
  };
}

/** A board in memory. */
export function memoryStage(): BoardStage {
  const disk = makeMemoryDisk();
  return {
    open: (deps) => openMemoryBoard(disk, deps),
    text: (path) => disk.files.get(path) ?? null,
    put: (path, text) => void disk.files.set(path, text),
    names: (folder) =>
      [...disk.files.keys()]
        .filter((path) => dirname(path) === folder)
        .map((path) => path.slice(folder.length + 1))
        .sort(),
    command: async (id, command) => disk.putCommand(id, command),
    drop: () => disk.files.clear(),
  };
}
