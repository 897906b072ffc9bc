import { CcoError } from "../src/kernel/errors.ts";
import type { Sandbox } from "../src/ports/sandbox.ts";
import { runCommand } from "./checks.ts";
import type { VirtualClock } from "./clock.ts";
import { never } from "./gate.ts";
import type { Random } from "./random.ts";

/** What the sandbox needs of the world. `filesAt`: the files at an absolute path, null when there is nothing. */
export interface SandboxDeps {
  readonly clock: VirtualClock;
  readonly random: Random;
  /** True: commands time out or cannot start now and then, and leave files behind. */
  readonly moods: boolean;
  /** True when the engine that asked is dead; what it had started ends with it. */
  isGone(): boolean;
  filesAt(path: string): Map<string, string> | null;
}

/** Share of runs that time out or cannot start, and of those that leave a file behind. */
const TIMEOUTS = 0.01;
const CANNOT_START = 0.004;
const LITTER = 0.2;

/** The in-memory twin of the Codex sandbox: judges the files as they are when the command ends. */
export function openMemorySandbox(deps: SandboxDeps): Sandbox {
  const { clock } = deps;
  return {
    async run(job, signal) {
      const random = deps.random.again(job.log);
      const ms = Math.round(random.spread(50, 5000));
      const happens = (share: number): boolean => deps.moods && random.chance(share);
      if (happens(CANNOT_START)) return { kind: "cannot-start", ms: 0, detail: "no sandbox here", tail: "" };
      const timesOut = happens(TIMEOUTS);
      await clock.sleep(timesOut ? job.timeoutMs : ms, signal);
      if (timesOut || signal.aborted) return { kind: "timed-out", ms: job.timeoutMs, tail: "" };
      if (deps.isGone()) return never();
      const files = deps.filesAt(job.cwd);
      if (files === null) throw new CcoError("REPO_GIT", `a command was to run in ${job.cwd}, which is not there`);
      const { exitCode, output } = runCommand(job.command, files);
      if (happens(LITTER)) files.set("litter.txt", "left by a check");
      return { kind: "exited", exitCode, ms, tail: output };
    },
  };
}
