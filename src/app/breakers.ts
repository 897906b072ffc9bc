import { openBreakers } from "../blackboard/breakers.ts";
import { resetBreaker } from "../engine/breakers.ts";
import { CcoError } from "../kernel/errors.ts";
import type { ShownBreaker } from "../model/breaker.ts";
import type { NamedBreaker } from "../ports/breakers.ts";
import { processIdentities } from "../process/process-identity.ts";
import { stateFolder } from "./host.ts";

/** Every breaker of this user, by name. Throws BOARD_CORRUPT. */
export async function shownBreakers(): Promise<ShownBreaker[]> {
  return (await openBreakers(stateFolder(), processIdentities).list()).map(shown);
}

/** Those that keep something waiting. */
export async function openBreakersShown(): Promise<ShownBreaker[]> {
  return (await shownBreakers()).filter(({ state }) => state !== "closed");
}

/** Closes a breaker by hand: what waits goes on. Throws BREAKER_UNKNOWN, BOARD_WRITE. */
export async function closeBreaker(name: string): Promise<void> {
  const breakers = openBreakers(stateFolder(), processIdentities);
  const names = (await breakers.list()).map((each) => each.name);
  if (names.includes(name) && (await resetBreaker(breakers, name, Date.now()))) return;
  const known = names.length === 0 ? "there are none yet" : `there are: ${names.join(", ")}`;
  throw new CcoError("BREAKER_UNKNOWN", `there is no breaker ${name}; ${known}`);
}

function shown({ name, breaker: { state } }: NamedBreaker): ShownBreaker {
  const closed = { name, since: state.since, until: null, cooldownSeconds: null, why: null, probe: null };
  if (state.at === "closed") return { ...closed, state: "closed" };
  const { cooldownSeconds, why } = state;
  if (state.at === "open") return { ...closed, state: "open", until: state.until, cooldownSeconds, why };
  const probe =
    state.probe === null ? null : { project: state.probe.project, task: state.probe.task, step: state.probe.step };
  return { ...closed, state: "half-open", cooldownSeconds, why, probe };
}

/** A breaker in one line. */
export function describeBreaker({ name, state, until, why, probe, since }: ShownBreaker): string {
  const head = `breaker   ${name.padEnd(24)} ${state}`;
  if (state === "closed") return since === null ? head : `${head} since ${since}`;
  if (state === "open") return `${head} until ${until ?? "?"}: ${why ?? ""}`;
  return `${head}: ${probe === null ? "the next one tries" : `${probe.task} (${probe.step}) tries`}; ${why ?? ""}`;
}
