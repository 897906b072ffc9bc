import { redact } from "../guard/secrets.ts";
import { parseJson } from "../kernel/json.ts";
import * as z from "zod";
import type { CardAnswer, CcoEvent } from "../model/event.ts";
import type { World } from "../model/task.ts";
import type { Blackboard } from "../ports/blackboard.ts";

/** Events of every task, newest last; older ones in `events.1.jsonl`. */
const EVENTS_FILE = "events.jsonl";
/** Who answered which card; kept for good. */
const AUDIT_FILE = "audit.jsonl";

/** Size at which the file of events is put aside, in bytes: some thousand events. */
const EVENTS_BYTES = 1024 * 1024;

/** How much of the end of a file is looked at when an engine starts, in bytes. */
const TAIL_BYTES = 256 * 1024;

/** Brings what the fold has to tell onto the disk, once each, also after a crash. */
export interface Announcer {
  /** Writes what is not there yet. Throws BOARD_WRITE. */
  announce(world: World): Promise<void>;
}

/** An announcer over a blackboard; what earlier engines wrote it reads from the files themselves. */
export function createAnnouncer(board: Blackboard): Announcer {
  let told: { events: Mark; answers: Mark } | null = null;
  return {
    async announce({ notices, seq }) {
      told ??= {
        events: await readMark(board, EVENTS_FILE, seq),
        answers: await readMark(board, AUDIT_FILE, seq),
      };
      const events = notices.events.filter((event) => isNew(told?.events, event));
      await board.appendLines(EVENTS_FILE, events.map(eventLine), { limitBytes: EVENTS_BYTES });
      told.events = markOf(told.events, events);
      const answers = notices.answers.filter((answer) => isNew(told?.answers, answer));
      await board.appendLines(AUDIT_FILE, answers.map(answerLine));
      told.answers = markOf(told.answers, answers);
    },
  };
}

/** An event as it leaves the engine: no secret is in it. */
function withoutSecretsIn(event: CcoEvent): CcoEvent {
  const { step, output } = event;
  return {
    ...event,
    line: redact(event.line),
    step: step === null ? null : { ...step, text: redact(step.text) },
    output: output === null ? null : redact(output),
  };
}

function eventLine(event: CcoEvent): string {
  return JSON.stringify(withoutSecretsIn(event));
}

function answerLine(answer: CardAnswer): string {
  return JSON.stringify({ ...answer, note: redact(answer.note) });
}

/** How far a file goes: the highest number of a journal line in it, and what of that line is there. */
interface Mark {
  readonly seq: number;
  readonly ids: ReadonlySet<string>;
}

/** What names a line, whatever else a later version puts into it. */
const toldSchema = z.looseObject({ seq: z.int(), id: z.string().optional() });

interface Told {
  readonly seq: number;
  readonly id?: string | undefined;
}

function idOf({ seq, id }: Told): string {
  return id ?? String(seq);
}

function isNew(mark: Mark | undefined, told: Told): boolean {
  if (mark === undefined || told.seq > mark.seq) return true;
  return told.seq === mark.seq && !mark.ids.has(idOf(told));
}

function markOf(mark: Mark, told: readonly Told[]): Mark {
  const seq = told.reduce((highest, one) => Math.max(highest, one.seq), mark.seq);
  const ids = told.filter((one) => one.seq === seq).map(idOf);
  return { seq, ids: new Set(seq === mark.seq ? [...mark.ids, ...ids] : ids) };
}

/** Of a file that knows more than the journal nothing counts: it belongs to a journal that is gone. */
async function readMark(board: Blackboard, file: string, seq: number): Promise<Mark> {
  let mark: Mark = { seq: 0, ids: new Set() };
  // Right after it was put aside the file is not there, and the older one ends where it will begin.
  for (const name of [file.replace(/\.jsonl$/, ".1.jsonl"), file]) {
    const lines = (await board.lastLines(name, TAIL_BYTES)).map(parseJson);
    mark = markOf(
      mark,
      lines.flatMap((line) => toldSchema.safeParse(line).data ?? []),
    );
  }
  return mark.seq > seq ? { seq: 0, ids: new Set() } : mark;
}
