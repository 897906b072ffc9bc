import type { CcoEvent } from "../model/event.ts";

const TITLE = "cc-orchestrator";

/** Shows a text without reading it as a script. */
const OSASCRIPT = [
  "osascript",
  "-e",
  "on run argv",
  "-e",
  "display notification (item 1 of argv) with title (item 2 of argv)",
  "-e",
  "end run",
];

/** Most characters that a notification shows. */
const LINE = 240;

/** The command line that shows an event on this desktop; null where no tool for it is known. */
export function desktopCommand(
  platform: string,
  env: Readonly<Record<string, string | undefined>>,
  event: CcoEvent,
): readonly string[] | null {
  const line = event.line.slice(0, LINE);
  if (platform === "darwin") return [...OSASCRIPT, line, TITLE];
  const hasDesktop = ["DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"].some(
    (name) => (env[name] ?? "") !== "",
  );
  if (platform === "win32" || !hasDesktop) return null;
  const urgency = event.event === "failed" || event.tier === "gate" ? "critical" : "normal";
  return ["notify-send", `--app-name=${TITLE}`, `--urgency=${urgency}`, "--", TITLE, line];
}
