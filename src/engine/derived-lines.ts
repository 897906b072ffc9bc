import * as z from "zod";
import { parseJson } from "../kernel/json.ts";
import type { JournalRecord } from "../model/record.ts";
import type { World } from "../model/task.ts";
import type { Blackboard } from "../ports/blackboard.ts";

/**
 * A file of lines that follow from the journal, like the ledger. `derive` gets the world as it was before the record and says which
 * lines the record makes; the same record has to make the same lines always. `onLines`: called with the lines that are in the file,
 * the last ones when an engine starts and each new one when it is written.
 */
export interface LineFile {
  /** Relative to the board's root. */
  readonly path: string;
  derive(world: World, record: JournalRecord): readonly object[];
  onLines?(lines: readonly unknown[]): void;
}

/**
 * Keeps line files in step with the journal. Every line carries the number of its journal line (`seq`) and its place among the lines of
 * that one (`part`), so the end of a file says what is in it: a crash at any instant neither loses nor doubles a line, and no more of
 * the journal is needed than what comes after the last line.
 */
export interface DerivedLines {
  /** Reads where the files end; before the first `take`. */
  open(): Promise<void>;
  /** Takes a record before it is folded in: its lines are written by the next `flush` unless they are in the file. */
  take(world: World, record: JournalRecord): void;
  /** Place of the last line of each file, by its path; of what is flushed. */
  ends(): Readonly<Record<string, Place>>;
  /** The first file that ends before a place where it once ended: it has lost lines. Null when none has. */
  behind(ends: Readonly<Record<string, Place>>): string | null;
  /** After the replay: a file that knows more than the journal belongs to one that is gone, and begins again. */
  replayed(world: World): void;
  /** Appends what is missing; what a power cut takes away of it follows from the journal again. Throws BOARD_WRITE; what could not be written is kept. */
  flush(): Promise<void>;
  /**
   * The same, and all of it on the disk when it resolves: nothing of the journal up to here is needed for these files any more, once a
   * snapshot of the world takes its place.
   */
  sync(): Promise<void>;
}

/** How much of the end of a file is looked at when an engine starts, in bytes. */
const TAIL_BYTES = 512 * 1024;

const placeSchema = z.looseObject({ seq: z.int().nonnegative(), part: z.int().nonnegative() });

/** Place of a line: number of the journal line that it follows from, and its number among the lines of that one. */
export interface Place {
  readonly seq: number;
  readonly part: number;
}

interface Pending extends Place {
  readonly line: object;
}

interface OpenFile {
  readonly file: LineFile;
  /** True when lines were appended since the last sync, or may have been by an engine before this one. */
  unsynced: boolean;
  /** Place of the last line that is in the file or on its way there. */
  last: Place;
  pending: Pending[];
}

/** Line files over a blackboard. */
export function createDerivedLines(board: Blackboard, files: readonly LineFile[]): DerivedLines {
  const open: OpenFile[] = files.map((file) => ({ file, unsynced: false, last: { seq: 0, part: 0 }, pending: [] }));

  async function flush(): Promise<void> {
    for (const entry of open) {
      const { file, pending } = entry;
      if (pending.length === 0) continue;
      const lines = pending.map(({ seq, part, line }) => ({ seq, part, ...line }));
      const texts = lines.map((line) => JSON.stringify(line));
      await board.appendLines(file.path, texts);
      entry.unsynced = true;
      pending.splice(0, lines.length);
      file.onLines?.(lines);
    }
  }

  return {
    async open() {
      for (const entry of open) {
        const lines = (await board.lastLines(entry.file.path, TAIL_BYTES)).map(parseJson);
        const places = lines.flatMap((line) => placeSchema.safeParse(line).data ?? []);
        entry.last = places.at(-1) ?? entry.last;
        if (lines.length > 0) entry.file.onLines?.(lines);
        entry.unsynced = lines.length > 0;
      }
    },
    take(world, record) {
      for (const entry of open) {
        if (record.seq < entry.last.seq) continue;
        for (const [part, line] of entry.file.derive(world, record).entries()) {
          if (record.seq === entry.last.seq && part <= entry.last.part) continue;
          entry.pending.push({ seq: record.seq, part, line });
          entry.last = { seq: record.seq, part };
        }
      }
    },
    ends: () => Object.fromEntries(open.map(({ file, last: { seq, part } }) => [file.path, { seq, part }])),
    behind(ends) {
      const short = open.find(({ file, last }) => isBefore(last, ends[file.path] ?? { seq: 0, part: 0 }));
      return short?.file.path ?? null;
    },
    replayed(world) {
      for (const entry of open) {
        if (entry.last.seq <= world.seq) continue;
        entry.last = { seq: world.seq, part: 0 };
        entry.pending.push({ ...entry.last, line: { restart: true } });
      }
    },
    flush,
    async sync() {
      await flush();
      for (const entry of open) {
        if (!entry.unsynced) continue;
        await board.syncLines(entry.file.path);
        entry.unsynced = false;
      }
    },
  };
}

function isBefore(a: Place, b: Place): boolean {
  return a.seq < b.seq || (a.seq === b.seq && a.part < b.part);
}
