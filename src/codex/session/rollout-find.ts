import { join } from "node:path";
import { namesIn } from "../folder-names.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Path of the session file of a thread, null when there is none. Codex sorts them into folders by its local date; only the
 * days around the attempt are looked at, because the sessions folder of a busy user holds many thousand files.
 */
export async function findRollout(
  codexHome: string,
  threadId: string,
  time: { from: string; to: string },
): Promise<string | null> {
  for (const day of daysAround(Date.parse(time.from), Date.parse(time.to))) {
    const folder = join(codexHome, "sessions", ...day);
    const name = (await namesIn(folder)).find(
      (entry) => entry.startsWith("rollout-") && entry.endsWith(`-${threadId}.jsonl`),
    );
    if (name !== undefined) return join(folder, name);
  }
  return null;
}

/** Dates from the day before to the day after: the time zone of Codex need not be ours. */
function daysAround(fromMs: number, toMs: number): string[][] {
  const days: string[][] = [];
  for (let at = fromMs - DAY_MS; at <= toMs + 2 * DAY_MS; at += DAY_MS) {
    const [year, month, day] = new Date(Math.min(at, toMs + DAY_MS)).toISOString().slice(0, 10).split("-");
    const parts = [year ?? "", month ?? "", day ?? ""];
    if (!days.some((known) => known.join() === parts.join())) days.push(parts);
  }
  return days;
}
