const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** `resets 12:51pm (UTC)`, `resets Nov 25, 6am (America/New_York)`, `resets Jan 21, 2027, 4:21pm (Asia/Kolkata)`. */
const RESETS = /resets (?:([A-Z][a-z]{2}) (\d{1,2}), (?:(\d{4}), )?)?(\d{1,2})(?::(\d{2}))?(am|pm) \(([\w/+-]+)\)/;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * When a usage limit ends, from the sentence in which Claude Code says it: wall time of a named zone, date only when it
 * is more than a day away. Unix ms, to the minute; null when the text says no time that can be understood.
 */
export function resetTimeOf(text: string, nowMs: number): number | null {
  const [, month, day, year, hour, minute, half, zone] = RESETS.exec(text) ?? [];
  if (hour === undefined || zone === undefined || offsetOf(zone, nowMs) === null) return null;
  const minutes = ((Number(hour) % 12) + (half === "pm" ? 12 : 0)) * 60 + Number(minute ?? 0);
  if (month === undefined || day === undefined) return nextAt(minutes, zone, nowMs);
  const index = MONTHS.indexOf(month);
  if (index < 0) return null;
  const years = year === undefined ? [yearOf(nowMs), yearOf(nowMs) + 1] : [Number(year)];
  const times = years.map((each) => inZone(Date.UTC(each, index, Number(day)) + minutes * MINUTE_MS, zone));
  return times.find((time) => time >= nowMs - MINUTE_MS) ?? null;
}

/** The next instant at which clocks of the zone show this minute of the day. */
function nextAt(minutes: number, zone: string, nowMs: number): number {
  const local = nowMs + (offsetOf(zone, nowMs) ?? 0);
  const today = inZone(local - (local % DAY_MS) + minutes * MINUTE_MS, zone);
  return today >= nowMs - MINUTE_MS ? today : today + DAY_MS;
}

/** A wall time, written as if it were UTC, as the instant at which the zone shows it. */
function inZone(wallMs: number, zone: string): number {
  const guess = wallMs - (offsetOf(zone, wallMs) ?? 0);
  return wallMs - (offsetOf(zone, guess) ?? 0);
}

function yearOf(ms: number): number {
  return new Date(ms).getUTCFullYear();
}

/** How far the clocks of a zone are ahead of UTC at an instant, in ms; null for a zone that nobody knows. */
function offsetOf(zone: string, atMs: number): number | null {
  try {
    const parts = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
    }).formatToParts(atMs);
    const number = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
    const wall = Date.UTC(number("year"), number("month") - 1, number("day"), number("hour"), number("minute"));
    return wall - (atMs - (atMs % MINUTE_MS));
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
