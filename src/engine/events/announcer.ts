import { redact } from "../../guard/secrets.ts";
import { parseJson } from "../../kernel/json.ts";
import * as z from "zod";
import type { CardAnswer, CcoEvent } from "../../model/event.ts";
import type { World } from "../../model/task.ts";
import type { Blackboard } from "../../ports/blackboard.ts";

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
  /** Number of the journal line up to which events are on the disk; the present one on a board that has none yet. */
  lastTold(world: World): Promise<number>;
  /** Writes what is not there yet. Throws BOARD_WRITE. */
  announce(world: World): Promise<void>;
}

/** An announcer over a blackboard; what earlier engines wrote it reads from the files themselves. */
export function createAnnouncer(board: Blackboard): Announcer {
  let told: { events: Mark; answers: Mark } | null = null;

  async function toldBefore({ seq }: World): Promise<{ events: Mark; answers: Mark }> {
    told ??= { events: await readMark(board, EVENTS_FILE, seq), answers: await readMark(board, AUDIT_FILE, seq) };
    return told;
  }

  return {
    async lastTold(world) {
      const { seq } = (await toldBefore(world)).events;
      return seq === 0 ? world.seq : seq;
    },
    async announce(world) {
      const marks = await toldBefore(world);
      const events = world.notices.events.filter((event) => isNew(marks.events, event));
      await board.appendLines(EVENTS_FILE, events.map(eventLine), { limitBytes: EVENTS_BYTES });
      marks.events = markOf(marks.events, events);
      const answers = world.notices.answers.filter((answer) => isNew(marks.answers, answer));
      await board.appendLines(AUDIT_FILE, answers.map(answerLine), { durable: true });
      marks.answers = markOf(marks.answers, answers);
    },
  };
}

/** An event as it leaves the engine: no secret is in it. */
export function withoutSecretsIn(event: CcoEvent): CcoEvent {
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

function isNew(mark: Mark, told: Told): boolean {
  if (told.seq > mark.seq) return true;
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
