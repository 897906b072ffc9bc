import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { writeRehearsalHomes, type RehearsalHomes, type RehearsalHomesOptions } from "../../src/rehearsal/homes.ts";
import type { ScriptInput } from "../../src/rehearsal/script.ts";
import { startScriptedModel, type ScriptedModel } from "../../src/rehearsal/server.ts";

/** A scripted model, homes that point to it and a git repository with one commit, all in one temporary folder. */
export interface RehearsalStage extends RehearsalHomes {
  readonly dir: string;
  readonly repo: string;
  readonly model: ScriptedModel;
  /** Stops the model and removes the folder. */
  close(): Promise<void>;
}

export interface StageOptions {
  readonly script: ScriptInput;
  readonly files?: Readonly<Record<string, string>>;
  readonly homes?: Partial<RehearsalHomesOptions>;
}

/** What a finished program left behind. */
export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** Sets the stage. The caller closes it. */
export async function setStage(options: StageOptions): Promise<RehearsalStage> {
  // Not under /tmp where that can be avoided: Codex makes it writable for the worker.
  const dir = await mkdtemp(join(existsSync("/var/tmp") ? "/var/tmp" : tmpdir(), "cco-stage-"));
  const model = await startScriptedModel(options.script);
  const homes = await writeRehearsalHomes({ dir, port: model.port, ...options.homes });
  const repo = join(dir, "repo");
  for (const [path, text] of Object.entries({ "README.md": "# stage\n", ...options.files })) {
    await mkdir(dirname(join(repo, path)), { recursive: true });
    await writeFile(join(repo, path), text);
  }
  for (const args of [
    ["init", "-q"],
    ["add", "-A"],
    ["commit", "-q", "-m", "start"],
  ]) {
    const done = await runProgram("git", args, { cwd: repo, env: homes.env });
    if (done.code !== 0) throw new Error(`git ${args.join(" ")}: ${done.stderr}`);
  }
  const close = async (): Promise<void> => {
    await model.close();
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  return { ...homes, dir, repo, model, close };
}

export interface ProgramOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** After this time the program is killed, with its process group. */
  readonly timeoutMs?: number;
}

/** Runs a program to its end, with exactly this environment. */
export function runProgram(file: string, args: readonly string[], options: ProgramOptions): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(file, args, { cwd: options.cwd, env: options.env, detached: true });
    const timer = setTimeout(() => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGKILL");
    }, options.timeoutMs ?? 50_000);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      const [stdout, stderr] = [out, err].map((chunks) => Buffer.concat(chunks).toString("utf8"));
      resolve({ code, signal, stdout: stdout ?? "", stderr: stderr ?? "", ms: performance.now() - started });
    });
    child.stdin.on("error", () => child.stdin.destroy());
    child.stdin.end(options.stdin ?? "");
  });
}

/** One headless Codex run with a prompt; `last` is the sidecar, undefined when there is none. */
export async function runCodex(
  stage: RehearsalStage,
  binary: string,
  prompt: string,
  extra: readonly string[] = [],
): Promise<Finished & { readonly events: Record<string, unknown>[]; readonly last: string | undefined }> {
  const sidecar = join(stage.dir, "last-message.md");
  await rm(sidecar, { force: true });
  const args = ["exec", "--json", "-s", "workspace-write", "-C", stage.repo, "-o", sidecar, ...extra, "-"];
  const done = await runProgram(binary, args, { cwd: stage.repo, env: stage.env, stdin: prompt });
  const events = done.stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => z.record(z.string(), z.unknown()).parse(JSON.parse(line)));
  return { ...done, events, last: existsSync(sidecar) ? await readFile(sidecar, "utf8") : undefined };
}
