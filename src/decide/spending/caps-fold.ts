import type { CapState } from "../../model/cap.ts";
import type { Card } from "../../model/card.ts";
import type { JournalRecord } from "../../model/record.ts";
import type { World } from "../../model/task.ts";
import { NO_CAPS } from "./caps.ts";
import { addEvents, noteAnswer } from "../events/notices.ts";

/** Periods that are remembered: months of days and weeks under every cap. */
const KEPT = 60;

/** Applies a line that is about caps, in place; false when it is about something else. */
export function applyCaps(world: World, record: JournalRecord): boolean {
  const { fact } = record;
  const state = world.notices.caps ?? NO_CAPS;
  switch (fact.type) {
    case "cap.told":
      world.notices.caps = { ...state, told: latest([...state.told, ...fact.keys]) };
      addEvents(world.notices, record, [{ topic: "cost.cap", line: sentence(fact.why) }], null);
      return true;
    case "cap.asked": {
      const { key, by, card } = fact;
      if (state.asked.some((one) => one.key === key)) return true;
      world.notices.caps = { ...state, asked: latest([...state.asked, { key, by, card, chosen: null }]) };
      const letters = card.options.map(({ letter }) => letter).join("|");
      const how = `decide: cco decide ${card.id} ${letters}; without an answer ${card.default} at ${card.deadline}`;
      addEvents(
        world.notices,
        record,
        [{ topic: "card.opened", line: `New work waits: ${card.context}; ${how}`, card: card.id }],
        null,
      );
      return true;
    }
    case "cap.cancelled":
      if (state.cancel?.key === fact.key) world.notices.caps = { ...state, cancel: null };
      return true;
    case "card.answered":
      if (fact.task !== "") return false;
      answer(world, record, fact);
      return true;
    default:
      return false;
  }
}

function answer(
  world: World,
  record: JournalRecord,
  { card: id, letter, by }: { readonly card: string; readonly letter: string; readonly by: string },
): void {
  const state = world.notices.caps ?? NO_CAPS;
  const asked = state.asked.find((one) => one.card?.id === id);
  const card = asked?.card ?? null;
  if (asked === undefined || card === null) return;
  const effect = card.options.find((option) => option.letter === letter)?.effect;
  const { key } = asked;
  world.notices.caps = {
    ...state,
    asked: state.asked.map((one) => (one === asked ? { ...one, card: null, chosen: { letter, by } } : one)),
    raised: effect === "raise-cap" ? latest([...state.raised, { key, by: asked.by }]) : state.raised,
    cancel: effect === "cancel-waiting" ? { key, card: id, at: record.at } : state.cancel,
  };
  noteAnswer(world.notices, record, card);
  addEvents(
    world.notices,
    record,
    [{ topic: "card.answered", line: `${id} answered ${letter} by ${by}`, card: id }],
    null,
  );
}

/** The open cards of caps. */
export function capCards({ notices: { caps } }: World): Card[] {
  return (caps?.asked ?? []).flatMap(({ card }) => card ?? []);
}

function latest<T>(items: readonly T[]): T[] {
  return items.slice(-KEPT);
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** What of the state of caps others may know. */
export function sharedCaps({ notices: { caps = NO_CAPS } }: World): Pick<CapState, "told" | "raised"> {
  const ofUser = (key: string): boolean => key.startsWith("user.");
  return { told: caps.told.filter(ofUser), raised: caps.raised.filter(({ key }) => ofUser(key)) };
}
