import type { CcoEvent } from "../../model/event.ts";

/** Tries for one event, and the first wait between two of them in ms, which doubles. */
const TRIES = 5;
const FIRST_WAIT_MS = 1000;

/** Events that are older than this when their turn comes are not sent any more: old news is noise. In ms. */
const STALE_MS = 24 * 3_600_000;

/** How far a receiver is. `ids`: what of the journal line `seq` it has. `down`: its last event was given up. */
export interface Progress {
  readonly seq: number;
  readonly ids: readonly string[];
  readonly down: boolean;
}

/** The next event that a receiver is to get; null when it has them all. Events of the tier `autonomous` are told to nobody. */
export function nextEvent(events: readonly CcoEvent[], progress: Progress, nowMs: number): CcoEvent | null {
  const due = events.find(
    (event) =>
      event.tier !== "autonomous" &&
      (event.seq > progress.seq || (event.seq === progress.seq && !progress.ids.includes(event.id))) &&
      nowMs - Date.parse(event.at) < STALE_MS,
  );
  return due ?? null;
}

/** The progress after an event was delivered, or given up. */
export function afterEvent(progress: Progress, event: CcoEvent, delivered: boolean): Progress {
  const ids = event.seq === progress.seq ? [...progress.ids, event.id] : [event.id];
  return { seq: event.seq, ids, down: !delivered };
}

/**
 * Wait before the next try of an event, in ms; null: it is given up. A receiver that is down gets one try for each event, so that the
 * news of a day do not wait behind it.
 */
export function waitBeforeTry(tried: number, down: boolean, random: number): number | null {
  if (tried >= (down ? 1 : TRIES)) return null;
  return Math.round(FIRST_WAIT_MS * 2 ** (tried - 1) * (1 + random / 2));
}
