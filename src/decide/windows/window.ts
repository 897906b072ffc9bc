import { isoTime } from "../../kernel/durations.ts";
import {
  type AccountWindows,
  type KnownWindow,
  MOST_WINDOW_MINUTES,
  type ReportedWindow,
  WINDOW_NAMES,
  type WindowName,
  type WindowNow,
  type WindowPoint,
  type WindowsReport,
} from "../../model/window.ts";

/** Lengths of the windows where a provider does not say them, in minutes. */
const USUAL_MINUTES: Readonly<Record<WindowName, number>> = { primary: 300, secondary: 10_080 };

/** Two times of reset that differ by less are the same one, in ms: providers count from now and round. */
const SAME_RESET_MS = 5 * 60_000;

/** Corrections of a clock that are no jump, in ms. */
const CLOCK_SLACK_MS = 60_000;

/** Observations of one window that are kept. */
const MOST_POINTS = 60;

/** Attempts that are remembered: many times more than a crash can report again. */
const MOST_REPORTED = 60;

/** Fewer tokens than this between two observations say nothing about what a percent costs. */
const LEAST_TOKENS = 20_000;

/** Nothing known of an account. */
export const NO_WINDOWS: Omit<AccountWindows, "v" | "token"> = {
  live: {},
  primary: null,
  secondary: null,
  spentTokens: 0,
  reported: [],
};

/**
 * What an attempt tells of its account. `key`: the same for the same ended attempt; null: it is still at work. `attempt`: the same all the
 * time, the beginning of `key`. `tokens`: what it has spent by then.
 */
export interface WindowNews {
  readonly key: string | null;
  readonly attempt?: string;
  readonly tokens: number;
  readonly report: WindowsReport | null;
}

/** The windows after some news; null when they change nothing. Old, senseless and repeated news change nothing. */
export function takeNews(
  known: AccountWindows | null,
  news: WindowNews,
  nowMs: number,
): Omit<AccountWindows, "v" | "token"> | null {
  const { primary, secondary, spentTokens, reported } = known ?? NO_WINDOWS;
  const count = countTokens(known, news);
  const spent = spentTokens + count.grown;
  const seen = {
    primary: observe("primary", primary, { spent, report: news.report, nowMs }),
    secondary: observe("secondary", secondary, { spent, report: news.report, nowMs }),
  };
  const nothingSeen = WINDOW_NAMES.every((name) => seen[name] === (known?.[name] ?? null));
  if (nothingSeen && !count.changed) return null;
  const keys = count.ended === null ? reported : [...reported, count.ended].slice(-MOST_REPORTED);
  return { ...seen, spentTokens: spent, live: count.live, reported: keys };
}

interface Count {
  /** Tokens that nobody has counted yet. */
  readonly grown: number;
  readonly live: Readonly<Record<string, number>>;
  /** Key of an attempt that is heard of for the last time. */
  readonly ended: string | null;
  readonly changed: boolean;
}

/** Counts every token once: what an attempt spent while it was at work is not counted again at its end, and nothing after that. */
function countTokens(known: AccountWindows | null, { key, attempt, tokens }: WindowNews): Count {
  const { reported, live = {} } = known ?? NO_WINDOWS;
  const counted = attempt === undefined ? 0 : (live[attempt] ?? 0);
  const grown = Math.max(0, tokens - counted);
  const isOver = key === null ? reported.some((one) => one.startsWith(`${attempt ?? ""} `)) : reported.includes(key);
  if (isOver) return { grown: 0, live, ended: null, changed: false };
  const others = Object.entries(live).filter(([one]) => one !== attempt);
  if (key !== null) return { grown, live: Object.fromEntries(others), ended: key, changed: tokens > 0 };
  if (attempt === undefined || grown === 0) return { grown: 0, live, ended: null, changed: false };
  const kept = [...others, [attempt, tokens] as const].slice(-MOST_REPORTED);
  return { grown, live: Object.fromEntries(kept), ended: null, changed: true };
}

interface Look {
  readonly report: WindowsReport | null;
  readonly spent: number;
  readonly nowMs: number;
}

/**
 * A window after an observation. A later observation counts, also one that shows less use or another reset; an older one does not, and
 * neither does a window that a report does not name: what was known ages.
 */
function observe(name: WindowName, known: KnownWindow | null, { report, spent, nowMs }: Look): KnownWindow | null {
  const given = report === null ? null : report[name];
  const atMs = Date.parse(report?.at ?? "");
  if (given === null || !Number.isFinite(atMs) || !Number.isFinite(given.usedPercent) || given.usedPercent < 0)
    return known;
  if (atMs > nowMs + CLOCK_SLACK_MS) return known;
  const observedMs = Math.min(atMs, nowMs);
  if (known !== null && observedMs <= Date.parse(known.observedAt) && !isFromTheFuture(known, nowMs)) return known;
  const seen = cleaned(name, given, observedMs);
  const same = known !== null && isSameWindow(name, known, seen, observedMs);
  const point: WindowPoint = { at: isoTime(observedMs), usedPercent: seen.usedPercent, spentTokens: spent };
  const points = same ? [...known.points, point] : [point];
  return { ...seen, observedAt: isoTime(observedMs), points: thinned(points) };
}

/** What was observed before a clock was set back must not hide what is observed now. */
function isFromTheFuture({ observedAt }: KnownWindow, nowMs: number): boolean {
  return Date.parse(observedAt) > nowMs + CLOCK_SLACK_MS;
}

/**
 * An observation without what cannot be: more than all, a length of nothing, a reset further away than the window is long. A reset that has
 * just passed stays: the window that was reported is over, and waiting for the end of the next one would be a guess that idles for hours.
 */
function cleaned(name: WindowName, given: ReportedWindow, observedMs: number): ReportedWindow {
  const { windowMinutes, resetsAt, usedPercent } = given;
  const minutes = (windowMinutes ?? 0) > 0 && (windowMinutes ?? 0) <= MOST_WINDOW_MINUTES ? windowMinutes : null;
  const resetMs = Date.parse(resetsAt ?? "");
  const longestMs = (minutes ?? USUAL_MINUTES[name]) * 60_000 + SAME_RESET_MS;
  const isPossible = Math.abs(resetMs - observedMs) <= longestMs;
  return {
    usedPercent: Math.min(100, usedPercent),
    windowMinutes: minutes,
    resetsAt: isPossible ? isoTime(resetMs) : null,
  };
}

function isSameWindow(name: WindowName, known: KnownWindow, seen: ReportedWindow, atMs: number): boolean {
  if (seen.usedPercent < known.usedPercent || endOf(name, known) <= atMs) return false;
  if (known.resetsAt === null || seen.resetsAt === null) return true;
  return Math.abs(Date.parse(known.resetsAt) - Date.parse(seen.resetsAt)) < SAME_RESET_MS;
}

/** The first and the latest points: what lies in between says least. */
function thinned(points: readonly WindowPoint[]): WindowPoint[] {
  return points.length <= MOST_POINTS ? [...points] : [...points.slice(0, 1), ...points.slice(2)];
}

/** When a window that was seen is over, Unix ms: at its reset, or where that is not known a whole window later. */
function endOf(name: WindowName, { windowMinutes, resetsAt, observedAt }: KnownWindow): number {
  const length = (windowMinutes ?? USUAL_MINUTES[name]) * 60_000;
  return resetsAt === null ? Date.parse(observedAt) + length : Date.parse(resetsAt);
}

/** The windows as they are now: one whose end has passed is empty. Those that nobody has reported are left out. */
export function windowsAt(known: AccountWindows | null, nowMs: number): WindowNow[] {
  return WINDOW_NAMES.flatMap((name): WindowNow[] => {
    const window = known?.[name] ?? null;
    if (window === null) return [];
    const windowMinutes = window.windowMinutes ?? USUAL_MINUTES[name];
    const { usedPercent, observedAt } = window;
    const endMs = endOf(name, window);
    if (nowMs < endMs) {
      return [{ name, windowMinutes, usedPercent, resetsAt: isoTime(endMs), observedAt, before: null }];
    }
    const before = { usedPercent, resetAt: isoTime(endMs) };
    return [{ name, windowMinutes, usedPercent: 0, resetsAt: null, observedAt, before }];
  });
}

/** How fast a window is being used. `fullAt`: ISO 8601; null when it resets before. */
export interface Burn {
  readonly percentPerHour: number;
  readonly fullAt: string | null;
}

/** The rate over the observations of the present window; null when there are not two that lie apart. */
export function burnOf(name: WindowName, known: AccountWindows | null, nowMs: number): Burn | null {
  const window = known?.[name] ?? null;
  if (window === null || nowMs >= endOf(name, window)) return null;
  const [first, last] = [window.points[0], window.points.at(-1)];
  if (first === undefined || last === undefined) return null;
  const hours = (Date.parse(last.at) - Date.parse(first.at)) / 3_600_000;
  if (hours <= 0) return null;
  const percentPerHour = (last.usedPercent - first.usedPercent) / hours;
  if (percentPerHour <= 0) return { percentPerHour: 0, fullAt: null };
  const fullMs = Date.parse(last.at) + ((100 - last.usedPercent) / percentPerHour) * 3_600_000;
  return { percentPerHour, fullAt: fullMs < endOf(name, window) ? isoTime(fullMs) : null };
}

/**
 * Percent of a window that a million uncached input and output tokens take, by what was seen; null when too little was. Work beside cco on
 * the same account makes it look dearer than it is, which errs on the careful side.
 */
export function percentPerMillion(name: WindowName, known: AccountWindows | null): number | null {
  const points = known?.[name]?.points ?? [];
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return null;
  const tokens = last.spentTokens - first.spentTokens;
  const percent = last.usedPercent - first.usedPercent;
  return tokens < LEAST_TOKENS || percent <= 0 ? null : (percent / tokens) * 1_000_000;
}
