import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { build } from "esbuild";
import { repositoryRoot } from "./source-scan.ts";

/** A program of test/support/programs that runs; `line` waits for its next line of output, null when it has ended. */
export interface RunningProgram {
  readonly pid: number;
  line(): Promise<string | null>;
  /** Writes a line to its input. */
  send(text: string): void;
  /** Sends a signal and waits for the end. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Closes its input and waits for the end. */
  finish(): Promise<void>;
}

/** Bundles a program of test/support/programs into a folder; returns the file to run. */
export async function bundleProgram(name: string, folder: string): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [join(repositoryRoot, `test/support/programs/${name}.ts`)],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  return outfile;
}

/** Starts a bundled program with an empty environment. `user`: run as this user id. */
export function startProgram(file: string, args: readonly string[], user?: number): RunningProgram {
  const identity = user === undefined ? {} : { uid: user, gid: user };
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(process.execPath, [file, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
    env: {},
    ...identity,
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, "close");
  return {
    pid: child.pid ?? 0,
    async line() {
      const next = await lines.next();
      return next.done === true ? null : next.value;
    },
    send: (text) => void child.stdin.write(`${text}\n`),
    async kill(signal) {
      child.kill(signal);
      await ended;
    },
    async finish() {
      child.stdin.end();
      await ended;
    },
  };
}
