const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const PART = /(\d+(?:\.\d+)?) ?(ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)(?![a-z])/gi;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/** `3:46 PM`, and with a date when it is more than a day away: `Nov 28th, 2026 10:40 AM`. */
const AT = /again at (?:([a-z]{3})[a-z]* (\d{1,2})(?:st|nd|rd|th)?,? (\d{4}),? )?(\d{1,2}):(\d{2}) ?([ap])\.?m/i;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * When a message says that it can be tried again, as Unix ms; null when it says no time. `try again in 1m2.5s` counts from
 * `nowMs`. `try again at 3:46 PM` is the local time of Codex, to the minute and without the rest: the end of that minute.
 */
export function toldTime(message: string, nowMs: number): number | null {
  const after = /again (?:in|after) ([^.,;!?]*(?:\.\d[^.,;!?]*)*)/i.exec(message)?.[1] ?? "";
  const wait = [...after.matchAll(PART)].reduce((sum, [, count, unit]) => sum + Number(count) * msOf(unit ?? ""), 0);
  if (wait > 0) return nowMs + wait;
  const [, month, day, year, hour, minute, half] = AT.exec(message) ?? [];
  if (hour === undefined) return null;
  const hours = (Number(hour) % 12) + (half?.toLowerCase() === "p" ? 12 : 0);
  const date = new Date(nowMs);
  if (month !== undefined && day !== undefined && year !== undefined) {
    const index = MONTHS.indexOf(month.toLowerCase());
    if (index < 0) return null;
    date.setFullYear(Number(year), index, Number(day));
  }
  date.setHours(hours, Number(minute), 0, 0);
  const end = date.getTime() + MINUTE_MS;
  // Without a date the time is the next one; of this very minute a part is left.
  return month === undefined && end <= nowMs ? end + DAY_MS : end;
}

function msOf(unit: string): number {
  const name = unit.toLowerCase();
  return UNITS[name] ?? UNITS[name.startsWith("milli") ? "ms" : name.charAt(0)] ?? 0;
}
