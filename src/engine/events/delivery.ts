import * as z from "zod";
import { afterEvent, nextEvent, type Progress, waitBeforeTry } from "../../decide/events/delivery.ts";
import { redact } from "../../guard/secrets.ts";
import { describeThrown } from "../../kernel/errors.ts";
import { parseJson } from "../../kernel/json.ts";
import type { Config } from "../../model/config.ts";
import type { CcoEvent } from "../../model/event.ts";
import type { World } from "../../model/task.ts";
import type { Receiver } from "../../ports/notifier.ts";
import { withoutSecretsIn } from "./announcer.ts";
import type { EngineDeps } from "../deps.ts";

/** Hands events to the receivers of the settings, each at its own pace, and remembers how far each is. */
export interface Deliveries {
  /** Sees to it that receivers that are new get what comes from now on. `seq`: the last line that was told. Throws BOARD_WRITE. */
  begin(settings: Config["notify"], seq: number): Promise<void>;
  /** Hands on what is new; returns at once. */
  offer(world: World): void;
  /** True while something is on its way to a receiver that answers. */
  busy(): boolean;
  /** Cuts off what is on its way; the next engine sends it. */
  close(): void;
}

const STATE_FILE = "notify.json";

const stateSchema = z.object({
  v: z.literal(1),
  receivers: z.record(
    z.string(),
    z.object({
      seq: z.int(),
      ids: z.array(z.string()),
      down: z.boolean(),
      lost: z.int(),
      lastError: z.string().nullable(),
    }),
  ),
});

interface Line {
  readonly receiver: Receiver;
  progress: Progress;
  /** Events that were given up, and why the last one was. */
  lost: number;
  lastError: string | null;
  running: boolean;
}

/** The deliveries of one engine. `onDone`: called when a receiver has got everything. */
export function createDeliveries(deps: EngineDeps, onDone: () => void): Deliveries {
  const lines = new Map<string, Line>();
  const over = new AbortController();
  let events: readonly CcoEvent[] = [];
  let known: string | null = null;

  async function save(): Promise<void> {
    const receivers = Object.fromEntries(
      [...lines.values()].map(({ receiver, progress, lost, lastError }) => [
        receiver.key,
        { ...progress, lost, lastError },
      ]),
    );
    await deps.board.writeFile(STATE_FILE, `${JSON.stringify({ v: 1, receivers }, null, 2)}\n`);
  }

  async function pump(line: Line): Promise<void> {
    line.running = true;
    try {
      for (;;) {
        const event = over.signal.aborted ? null : nextEvent(events, line.progress, deps.clock.now());
        if (event === null) break;
        const failure = await send(deps, line, event, over.signal);
        if (over.signal.aborted) break;
        line.progress = afterEvent(line.progress, event, failure === null);
        line.lastError = failure ?? line.lastError;
        if (failure !== null) line.lost += 1;
        await save();
      }
    } catch (error) {
      // A full disk: what was delivered may come once more.
      deps.log.warn(`${line.receiver.name}: ${describeThrown(error)}`);
    } finally {
      line.running = false;
      onDone();
    }
  }

  return {
    async begin(settings, seq) {
      const wanted = JSON.stringify(settings);
      if (wanted === known) return;
      const before = await readState(deps);
      const receivers = deps.notifier.receivers(settings);
      for (const key of lines.keys()) if (!receivers.some((receiver) => receiver.key === key)) lines.delete(key);
      for (const receiver of receivers)
        if (!lines.has(receiver.key)) lines.set(receiver.key, lineOf(receiver, before[receiver.key], seq));
      if (receivers.length > 0) await save();
      known = wanted;
    },
    offer(world) {
      events = world.notices.events;
      const now = deps.clock.now();
      for (const line of lines.values()) {
        if (!line.running && nextEvent(events, line.progress, now) !== null) void pump(line);
      }
    },
    busy: () => [...lines.values()].some((line) => line.running && !line.progress.down),
    close: () => over.abort(),
  };
}

type StoredLines = Readonly<Record<string, z.infer<typeof stateSchema>["receivers"][string] | undefined>>;

async function readState({ board }: EngineDeps): Promise<StoredLines> {
  const text = await board.readFile(STATE_FILE);
  return (text === null ? undefined : stateSchema.safeParse(parseJson(text)).data?.receivers) ?? {};
}

/** Where a receiver goes on; one that is new begins behind `seq`, and so does one that knows more than the journal: of one that is gone. */
function lineOf(receiver: Receiver, found: StoredLines[string], seq: number): Line {
  const { lost = 0, lastError = null, ids = [], down = false } = found ?? {};
  const progress = { seq: Math.min(found?.seq ?? seq, seq), ids, down };
  return { receiver, progress, lost, lastError, running: false };
}

/** Delivers one event with all its tries; null when it arrived, else why it did not. */
async function send(deps: EngineDeps, line: Line, event: CcoEvent, signal: AbortSignal): Promise<string | null> {
  const { receiver } = line;
  for (let tried = 1; ; tried += 1) {
    const delivery = await receiver.deliver(withoutSecretsIn(event), signal);
    if (delivery.ok) return null;
    const why = redact(delivery.why);
    const waitMs = delivery.again ? waitBeforeTry(tried, line.progress.down, deps.random()) : null;
    if (signal.aborted) return why;
    if (waitMs === null) {
      deps.log.warn(`${receiver.name} did not take event ${event.id} (${event.topic}) in ${tried} tries: ${why}`);
      return why;
    }
    await deps.clock.sleep(waitMs, signal);
  }
}
