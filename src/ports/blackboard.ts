import type { Command } from "../model/command.ts";
import type { Fact, JournalRecord } from "../model/record.ts";
import type { Snapshot } from "../model/snapshot.ts";

/** Points at which a test may kill the process; production does nothing there. */
export type CrashPoint =
  | "journal.before-append"
  | "journal.after-append"
  | "journal.after-rotate"
  | "inbox.after-journal"
  | "attempt.after-intent"
  | "attempt.after-spawn"
  | "attempt.after-exit"
  | "attempt.after-report"
  | "seal.after-commit"
  | "verify.after-run"
  | "review.after-answer"
  | "merge.after-rebase"
  | "merge.after-forward"
  | "projection.after-write"
  | "task.after-keep"
  | "page.after-write"
  | "snapshot.before-write"
  | "snapshot.after-write"
  | "archive.after-write"
  | "archive.after-remove";

/** A command file that was taken from the inbox; it is deleted only after its facts are in the journal. */
export interface InboxItem {
  readonly id: string;
  readonly command: Command;
}

/**
 * What reading the journal yielded: a snapshot and the lines after it, or all lines. `torn`: bytes of an unfinished last batch that were
 * dropped, 0 when it was whole.
 */
export interface JournalContent {
  readonly snapshot: Snapshot | null;
  /** Why a snapshot that is there was not used; null when it was, or when there is none. */
  readonly unusable: string | null;
  readonly records: readonly JournalRecord[];
  readonly torn: number;
}

/** Where things are; absolute paths. */
export interface BoardPaths {
  readonly root: string;
  readonly tasks: string;
  readonly worktrees: string;
  task(id: string): string;
  attempt(id: string, attempt: number): string;
  review(id: string, round: number): string;
}

/** How lines are appended; see `appendLines`. */
export interface AppendOptions {
  readonly limitBytes?: number;
  readonly durable?: boolean;
}

/** The folder `.cco/`: one writer per file, temp + fsync + rename, text that a person can read. */
export interface Blackboard {
  readonly paths: BoardPaths;
  /** Takes the one engine lock, or throws BOARD_LOCKED; a lock of a dead process, a recycled pid or another boot is taken over. */
  lock(): Promise<void>;
  /** Gives the own lock back (never another's) and closes the journal; without a lock it does nothing. */
  unlock(): Promise<void>;
  /**
   * Reads the journal from its last snapshot on; the whole of it (archive included) with `whole` or when no snapshot can be used.
   * Throws BOARD_CORRUPT (file, offset) for a bad line that is not the last and for a snapshot of another journal, BOARD_VERSION for
   * unknown facts.
   */
  readJournal(options?: { readonly whole?: boolean }): Promise<JournalContent>;
  /**
   * Appends facts as one batch and returns them as records; on disk (fsync) when it resolves. All of the batch or nothing of it:
   * also after a failure (BOARD_WRITE) and in what the next engine reads when this one is killed meanwhile. Needs the lock.
   * Passes the crash points journal.before-append and journal.after-append.
   */
  append(facts: readonly Fact[], nowMs: number): Promise<readonly JournalRecord[]>;
  /** True when enough was journaled since the last snapshot to be worth another one. Needs the lock. */
  snapshotDue(): boolean;
  /**
   * Keeps a snapshot of the world as it is after the last line; durable when it resolves. Needs the lock, and a line appended before.
   * Throws INTERNAL when `seq` is not that of the last line, BOARD_WRITE. Passes snapshot.before-write and snapshot.after-write.
   */
  saveSnapshot(snapshot: Snapshot): Promise<void>;
  /**
   * Moves the segments that the last snapshot makes unnecessary into the archive, which only a reading of the whole journal looks at.
   * Idempotent; passes archive.after-write and archive.after-remove for each. Throws BOARD_WRITE.
   */
  archiveJournal(): Promise<void>;
  /** Command files in the order of their names; a file that cannot be read is set aside as `rejected/<name>` and reported. */
  readInbox(): Promise<{ readonly items: readonly InboxItem[]; readonly rejected: readonly string[] }>;
  deleteInboxItem(id: string): Promise<void>;
  /**
   * Writes a file atomically; `path` is relative to the board's root. Writes to one path happen in the order of the calls.
   * `durable`: fsync, for what cannot be rebuilt from the journal (evidence); projections go without.
   */
  writeFile(path: string, content: string, options?: { readonly durable?: boolean }): Promise<void>;
  /** Removes a file; one that is not there is fine. */
  removeFile(path: string): Promise<void>;
  /** Text of a file, null when it is not there. */
  readFile(path: string): Promise<string | null>;
  /**
   * Appends whole lines (each without its LF) to a line file; a last line that a crash has torn is cut off first. All of them or,
   * after BOARD_WRITE, none. `limitBytes`: a `.jsonl` file that has grown to this becomes `<name>.1.jsonl`, over an older one.
   * `durable`: fsync, for lines that nothing else holds.
   */
  appendLines(path: string, lines: readonly string[], options?: AppendOptions): Promise<void>;
  /** Brings every line of a line file onto the disk, before what they follow from goes. A file that is not there is fine. Throws BOARD_WRITE. */
  syncLines(path: string): Promise<void>;
  /** The last whole lines of a line file, oldest first, in at most `limitBytes`; none when it is not there. A torn last line is left out. */
  lastLines(path: string, limitBytes: number): Promise<readonly string[]>;
  /** Calls back (debounced by the caller) when the inbox or a card may have changed; a hint, polling is the truth. Returns a stop function. */
  watchInbox(onHint: () => void): () => void;
  /** Named crash point. */
  crashPoint(point: CrashPoint): void;
}
