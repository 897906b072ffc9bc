import { formatDuration } from "../kernel/durations.ts";
import type { ShownWindow, WindowName } from "../model/window.ts";

/** Width of a bar, in characters. */
const BAR = 20;

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;

/** What people call a window. */
export const WINDOW_WORDS: Readonly<Record<WindowName, string>> = { primary: "5-hour", secondary: "weekly" };

/** A window in one line: its bar, what is used, and when it resets in local time. */
export function describeWindow({ name, windowMinutes, usedPercent, resetsAt }: ShownWindow): string {
  const word = usualName(name, windowMinutes);
  const used = `${Math.round(usedPercent)} %`.padStart(5);
  const reset = resetsAt === null ? "empty; it begins with the next work" : `resets ${localTime(resetsAt)}`;
  return `window    ${word.padEnd(8)} ${barOf(usedPercent)} ${used} used, ${reset}`;
}

/** All windows in a few words: `5-hour 45 % used, weekly 20 %`; empty when there are none. */
export function usedInWords(windows: readonly ShownWindow[]): string {
  const [first, ...others] = windows.map((window) => {
    return `${usualName(window.name, window.windowMinutes)} ${Math.round(window.usedPercent)} %`;
  });
  return first === undefined ? "" : [`windows  ${first} used`, ...others].join(", ");
}

/** The usual name, or the length where a provider has windows of another one. */
function usualName(name: WindowName, minutes: number): string {
  if ((name === "primary" && minutes === 300) || (name === "secondary" && minutes === 10_080))
    return WINDOW_WORDS[name];
  if (minutes % 1440 === 0) return `${minutes / 1440}-day`;
  return minutes % 60 === 0 ? `${minutes / 60}-hour` : `${minutes}-min`;
}

function barOf(percent: number): string {
  const full = Math.min(BAR, Math.round((percent / 100) * BAR));
  return `[${"#".repeat(full)}${".".repeat(BAR - full)}]`;
}

/** `18:05 (in 2h 10m)`, with the day where it is not today; in the time zone of the reader. */
export function localTime(at: string): string {
  const time = new Date(at);
  const now = new Date();
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}`;
  const today = time.toDateString() === now.toDateString();
  const day = today
    ? ""
    : `${DAYS[time.getDay()] ?? ""} ${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} `;
  const leftMs = time.getTime() - now.getTime();
  return `${day}${clock} (${leftMs >= 0 ? `in ${formatDuration(leftMs)}` : `${formatDuration(-leftMs)} ago`})`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
