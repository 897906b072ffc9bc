import { constants, realpathSync, rmSync, watch } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { CcoError, systemCode } from "../kernel/errors.ts";
import type { Blackboard } from "../ports/blackboard.ts";
import { isTemporary, sweepTemporaries, writeDurable, writeRebuildable } from "./atomic-write.ts";
import type { BoardDeps } from "./board-deps.ts";
import { boardReadError, boardWriteError, isMissing } from "./board-errors.ts";
import { deleteCommand, readInbox } from "./inbox.ts";
import { appendWholeLines, readLastLines, syncLines } from "./line-file.ts";
import { readJournal } from "./journal-reader.ts";
import { boardPaths, ensureLayout, insidePath } from "./layout.ts";
import { lockedJournal } from "./locked-journal.ts";
import { inOrder, makeQueues } from "./write-order.ts";

/** What a command may do with a board that is an engine's: read. */
export type ReadableBoard = Pick<Blackboard, "readJournal" | "readFile">;

/** The board at `root` for reading; makes nothing, and without a board there is nothing to read. */
export function openForReading(root: string): ReadableBoard {
  const at = resolve(root);
  return {
    readJournal: async (options) => (await readJournal(join(at, "journal"), options?.whole === true)).content,
    readFile: (path) => boardFiles(at).readFile(path),
  };
}

/** Opens the blackboard in the folder `.cco` at `root`, which is made when it is not there. Throws BOARD_WRITE. */
export function openBoard(root: string, deps: BoardDeps): Blackboard {
  const paths = boardPaths(resolve(root));
  ensureLayout(paths.root);
  return {
    paths,
    ...lockedJournal(paths.root, deps),
    ...boardFiles(paths.root),
    readInbox: () => readInbox(join(paths.root, "inbox")),
    deleteInboxItem: (id) => deleteCommand(join(paths.root, "inbox"), id),
    watchInbox(onHint) {
      const stops = ["inbox", "decisions/pending"].map((folder) => watchFolder(join(paths.root, folder), onHint));
      return () => {
        for (const stop of stops) stop();
      };
    },
    crashPoint: deps.onCrashPoint ?? (() => undefined),
  };
}

type BoardFiles = Pick<Blackboard, "writeFile" | "readFile" | "removeFile" | "appendLines" | "syncLines" | "lastLines">;

function boardFiles(root: string): BoardFiles {
  const queues = makeQueues();
  const swept = new Set<string>();

  /** Temporary files of an engine that was killed go when the next one first writes to their folder. */
  function sweepOnce(folder: string): void {
    if (swept.has(folder)) return;
    swept.add(folder);
    sweepTemporaries(folder);
  }

  return {
    async writeFile(path, content, options = {}) {
      const file = join(root, insidePath(path, "write"));
      await inOrder(queues, file, async () => {
        if (staysInside(root, file)) sweepOnce(dirname(file));
        await (options.durable === true ? writeDurable : writeRebuildable)(file, content);
      });
    },
    async removeFile(path) {
      const file = join(root, insidePath(path, "write"));
      await inOrder(queues, file, async () => {
        try {
          if (staysInside(root, file)) rmSync(file, { force: true });
        } catch (error) {
          throw boardWriteError(file, error);
        }
      });
    },
    async readFile(path) {
      const file = join(root, insidePath(path, "read"));
      return staysInside(root, file) ? await readRegular(file) : null;
    },
    async appendLines(path, lines, options = {}) {
      const file = join(root, insidePath(path, "write"));
      await inOrder(queues, file, async () => {
        staysInside(root, file);
        await appendWholeLines(file, lines, options);
      });
    },
    async syncLines(path) {
      const file = join(root, insidePath(path, "write"));
      await inOrder(queues, file, async () => {
        if (staysInside(root, file)) await syncLines(file);
      });
    },
    async lastLines(path, limitBytes) {
      const file = join(root, insidePath(path, "read"));
      return staysInside(root, file) ? await readLastLines(file, limitBytes) : [];
    },
  };
}

/** True when the folder of the file is there, false when not. Throws INTERNAL when a link in its path leads out of the board. */
function staysInside(root: string, file: string): boolean {
  const board = realpathSync.native(root);
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const real = realPathOf(folder);
    if (real === null && folder !== root) continue;
    if (real === board || real?.startsWith(`${board}${sep}`) === true) return folder === dirname(file);
    throw new CcoError("INTERNAL", `a link leads out of the blackboard: ${folder}`, {
      hint: `remove the link ${folder}; cco makes none`,
    });
  }
}

function realPathOf(path: string): string | null {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (isMissing(error)) return null;
    throw boardReadError(path, error);
  }
}

/** Text of a file that is no link (O_NOFOLLOW) and cannot block (O_NONBLOCK: a pipe put in its place). */
async function readRegular(file: string): Promise<string | null> {
  try {
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return await handle.readFile("utf8");
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isMissing(error)) return null;
    throw boardReadError(file, error);
  }
}

/** A watcher is a hint: without one (no inotify watches left, a network file system) the caller's polling finds everything. */
function watchFolder(folder: string, onHint: () => void): () => void {
  try {
    const watcher = watch(folder, { persistent: false }, (_event, name) => {
      if (name === null || !isTemporary(name)) onHint();
    });
    watcher.on("error", () => watcher.close());
    return () => watcher.close();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return () => undefined;
  }
}
