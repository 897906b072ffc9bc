import type { Delivery } from "../ports/notifier.ts";
import { JOB_MARKER, runBounded } from "../process/run.ts";

/** Time that a program may take for one event, in ms. */
const LIMIT_MS = 10_000;
const KILL_GRACE_MS = 1000;
/** What is kept of its output, for the reason of a failure. */
const OUTPUT_BYTES = 2048;

/** Variables that a program on somebody's desktop needs; nothing else of ours reaches it. */
const VARIABLES = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "LANG",
  "LC_ALL",
  "TZ",
  "TMPDIR",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "XAUTHORITY",
  "XDG_RUNTIME_DIR",
  "DBUS_SESSION_BUS_ADDRESS",
] as const;

/** Where and with what programs are run. `job`: marks them, so that the next engine ends those of one that was killed. */
export interface ProgramHost {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly job: string;
}

/** Runs a program for one event; `stdin` null is none. Whatever it prints is thrown away unless it fails. */
export async function runProgram(
  host: ProgramHost,
  argv: readonly string[],
  stdin: string | null,
  signal: AbortSignal,
): Promise<Delivery> {
  const env = Object.fromEntries(
    VARIABLES.flatMap((name) => (host.env[name] === undefined ? [] : [[name, host.env[name]]])),
  );
  const run = {
    argv,
    cwd: host.cwd,
    env: { ...env, [JOB_MARKER]: host.job },
    stdin,
    timeoutMs: LIMIT_MS,
    killGraceMs: KILL_GRACE_MS,
    outputBytes: OUTPUT_BYTES,
    log: null,
  };
  const done = await runBounded(run, signal);
  if (done.reason === "completed" && done.code === 0) return { ok: true };
  if (done.reason === "spawn-failed") return { ok: false, again: false, why: done.detail };
  const said = done.stderr.trim().split("\n").at(-1)?.slice(0, 200) ?? "";
  const how = done.reason === "completed" ? `exit code ${done.code ?? "unknown"}` : done.detail;
  return { ok: false, again: true, why: said === "" ? how : `${how}: ${said}` };
}
