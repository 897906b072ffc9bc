import { constants, realpathSync, rmSync, watch } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { CcoError, systemCode } from "../kernel/errors.ts";
import type { Blackboard, CrashPoint } from "../ports/blackboard.ts";
import type { ProcessIdentityReader } from "../ports/process-identity.ts";
import { isTemporary, sweepTemporaries, writeDurable, writeRebuildable } from "./atomic-write.ts";
import { boardReadError, boardWriteError, isMissing } from "./board-errors.ts";
import { releaseLock, takeLock } from "./engine-lock.ts";
import { deleteCommand, readInbox } from "./inbox.ts";
import { appendWholeLines, readLastLines } from "./line-file.ts";
import { type JournalWriter, openJournalWriter, readJournalFolder } from "./journal.ts";
import { boardPaths, ensureLayout, insidePath } from "./layout.ts";
import { inOrder, makeQueues } from "./write-order.ts";

/** What a board needs to know of the world. `onCrashPoint`: called at every named crash point (see `crashAt`). */
export interface BoardDeps {
  readonly identity: ProcessIdentityReader;
  readonly onCrashPoint?: (point: CrashPoint) => void;
}

/** Opens the blackboard in the folder `.cco` at `root`, which is made when it is not there. Throws BOARD_WRITE. */
export function openBoard(root: string, deps: BoardDeps): Blackboard {
  const paths = boardPaths(resolve(root));
  ensureLayout(paths.root);
  const crashPoint = deps.onCrashPoint ?? (() => undefined);
  return {
    paths,
    ...lockedJournal(paths.root, deps.identity, crashPoint),
    ...boardFiles(paths.root),
    readInbox: () => readInbox(join(paths.root, "inbox")),
    deleteInboxItem: (id) => deleteCommand(join(paths.root, "inbox"), id),
    watchInbox(onHint) {
      const stops = ["inbox", "decisions/pending"].map((folder) => watchFolder(join(paths.root, folder), onHint));
      return () => {
        for (const stop of stops) stop();
      };
    },
    crashPoint,
  };
}

type LockedJournal = Pick<Blackboard, "lock" | "unlock" | "readJournal" | "append">;

/** Lock and journal belong together: only the holder of the lock appends, and a new holder reads before it does. */
function lockedJournal(
  root: string,
  identity: ProcessIdentityReader,
  crashPoint: (point: CrashPoint) => void,
): LockedJournal {
  const lockFile = join(root, "engine.lock");
  const folder = join(root, "journal");
  const queues = makeQueues();
  let lockText: string | null = null;
  let writer: JournalWriter | null = null;

  async function read() {
    const { records, end } = await readJournalFolder(folder);
    if (lockText !== null) writer ??= openJournalWriter(folder, end);
    return { records, torn: end.torn };
  }

  return {
    lock: () =>
      inOrder(queues, folder, async () => {
        lockText ??= await takeLock(lockFile, identity);
      }),
    unlock: () =>
      inOrder(queues, folder, async () => {
        const text = lockText;
        lockText = null;
        await writer?.close();
        writer = null;
        if (text !== null) await releaseLock(lockFile, text);
      }),
    readJournal: () => inOrder(queues, folder, read),
    append: (facts, nowMs) =>
      inOrder(queues, folder, async () => {
        if (facts.length === 0) return [];
        if (lockText === null) throw new CcoError("INTERNAL", "only the engine that holds the lock writes the journal");
        if (writer === null) await read();
        crashPoint("journal.before-append");
        const records = (await writer?.append(facts, nowMs)) ?? [];
        crashPoint("journal.after-append");
        return records;
      }),
  };
}

type BoardFiles = Pick<Blackboard, "writeFile" | "readFile" | "removeFile" | "appendLines" | "lastLines">;

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
