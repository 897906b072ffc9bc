import type { AccountWindows } from "../../model/window.ts";
import { WINDOW_NAMES } from "../../model/window.ts";

/** From this age on, in ms, what is known of the windows is asked for again before work starts. */
export const OLD_MS = 15 * 60_000;

/** True when the windows of an account were last seen longer ago than that, or never. */
export function isOld(known: AccountWindows | null, nowMs: number): boolean {
  const seen = WINDOW_NAMES.map((name) => Date.parse(known?.[name]?.observedAt ?? "")).filter(Number.isFinite);
  return seen.every((atMs) => Math.abs(nowMs - atMs) > OLD_MS);
}
