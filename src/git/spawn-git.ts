import { spawn } from "node:child_process";
import { CcoError, systemCode } from "../kernel/errors.ts";

/** One git process. */
export interface GitCall {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Extra settings for this call, `key=value`. */
  readonly config?: readonly string[];
  /** Bytes for stdin; without it stdin is closed. */
  readonly input?: Buffer;
  /** Takes stdout piece by piece instead of collecting it. */
  readonly onStdout?: (chunk: Buffer) => void;
  /** File descriptor that git writes its stdout to. */
  readonly stdoutFd?: number;
  /** Time limit in ms; absent: 10 minutes. */
  readonly timeoutMs?: number;
}

/** How it ended. `stderr`: the last 64 kB. */
export interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Largest collected stdout; lists of paths of huge changes stay far below it. */
const STDOUT_LIMIT = 64 * 1024 * 1024;
const STDERR_LIMIT = 64 * 1024;
/** A git that hangs (dead network disk, filter that waits) must not hold the engine for ever; a checkout of a huge tree fits. */
const TIMEOUT_MS = 10 * 60 * 1000;

/** Settings that keep hooks, monitors, signing, editors, housekeeping and submodule recursion out of every call. */
const SETTINGS = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.askPass=",
  "commit.gpgsign=false",
  "gc.auto=0",
  "maintenance.auto=false",
  "submodule.recurse=false",
  "rerere.enabled=false",
];

/** Variables of git that say who the user is and where the settings are; all others could redirect a call and are dropped. */
const KEPT =
  /^GIT_(CONFIG_(GLOBAL|SYSTEM|NOSYSTEM|COUNT|KEY_\d+|VALUE_\d+)|EXEC_PATH|(AUTHOR|COMMITTER)_(NAME|EMAIL)|CEILING_DIRECTORIES|DISCOVERY_ACROSS_FILESYSTEM|LFS_SKIP_SMUDGE)$/;

/** The environment for git, made from the one of the user. */
export function gitEnvironment(from: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(from)) {
    if (value === undefined || name === "SSH_ASKPASS" || name === "LANGUAGE") continue;
    if (!name.startsWith("GIT_") || KEPT.test(name)) env[name] = value;
  }
  return {
    ...env,
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_EDITOR: ":",
    GIT_SEQUENCE_EDITOR: ":",
    GIT_PAGER: "cat",
    GCM_INTERACTIVE: "never",
  };
}

/** Starts git and waits for its end. Throws REPO_GIT when it cannot start, hangs, is killed or floods. */
export function spawnGit(args: readonly string[], call: GitCall): Promise<GitResult> {
  const settings = [...SETTINGS, ...(call.config ?? [])].flatMap((setting) => ["-c", setting]);
  return new Promise((resolve, reject) => {
    const child = spawn("git", [...settings, ...args], {
      cwd: call.cwd,
      env: { ...call.env },
      stdio: [call.input === undefined ? "ignore" : "pipe", call.stdoutFd ?? "pipe", "pipe"],
      windowsHide: true,
    });
    const stdout: Buffer[] = [];
    let size = 0;
    let stderr = "";
    let stopped: Error | undefined;
    const stop = (why: unknown): void => {
      stopped ??= why instanceof Error ? why : failed(args, String(why));
      child.kill("SIGTERM");
      setTimeout(() => child.kill("SIGKILL"), 5000).unref();
    };
    const limitMs = call.timeoutMs ?? TIMEOUT_MS;
    const timer = setTimeout(() => stop(`it did not end within ${limitMs / 60_000} minutes`), limitMs);
    child.stdout?.on("data", (chunk: Buffer) => {
      if (stopped !== undefined) return;
      try {
        if (call.onStdout !== undefined) return call.onStdout(chunk);
      } catch (thrown) {
        return stop(thrown);
      }
      size += chunk.length;
      if (size > STDOUT_LIMIT) stop("it wrote more than 64 MB");
      else stdout.push(chunk);
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-STDERR_LIMIT);
    });
    // A git that fails early closes its stdin; its exit code tells, not the broken pipe.
    child.stdin?.on("error", () => undefined).end(call.input);
    child.on("error", (thrown) => {
      clearTimeout(timer);
      reject(cannotStart(thrown, call.cwd));
    });
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      if (stopped !== undefined) reject(stopped);
      else if (code === null) reject(failed(args, `it was ended by ${signal ?? "a signal"}`));
      else resolve({ code, stdout: Buffer.concat(stdout), stderr });
    });
  });
}

function failed(args: readonly string[], what: string): CcoError {
  return new CcoError("REPO_GIT", `git ${args[0] ?? ""}: ${what}`, { data: { args: args.slice(0, 20) } });
}

function cannotStart(thrown: Error, cwd: string): CcoError {
  const missing = systemCode(thrown) === "ENOENT";
  return new CcoError("REPO_GIT", `git cannot be started in ${cwd}: ${thrown.message}`, {
    cause: thrown,
    ...(missing ? { why: "git is not on PATH, or the folder is gone.", hint: "install git 2.31 or newer" } : {}),
  });
}
