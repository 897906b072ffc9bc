import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { parseJson } from "../../src/kernel/json.ts";
import type { RecordedRequest } from "../../src/rehearsal/record.ts";
import type { ScriptInput } from "../../src/rehearsal/script.ts";
import { claudeBin, codexNewest } from "./binaries.ts";
import { type Finished, runProgram, setStage, type StageOptions } from "./rehearsal-stage.ts";

/** The built CLI. */
export const PROGRAM = fileURLToPath(new URL("../../bin/cco.js", import.meta.url));

/** Settings that make an engine end as soon as nothing is open and a stop take no time. */
const QUICK =
  "engine: { idleSeconds: 0 }\nworker: { killGraceSeconds: 1 }\nretry: { baseSeconds: 0.05, jitterSeconds: 0 }\nbreaker: { cooldownSeconds: 0.2 }\n";

/** One task of a JSON result, as far as tests look at it. */
const taskSchema = z.looseObject({
  id: z.string(),
  status: z.string(),
  branch: z.string().nullable(),
  commit: z.string().nullable(),
  attempts: z.number(),
  signals: z.unknown(),
  error: z.looseObject({ code: z.string(), class: z.string(), message: z.string(), next: z.string() }).nullable(),
  review: z.looseObject({ rounds: z.number(), valid: z.number(), noise: z.number() }).nullable(),
  verification: z.array(z.looseObject({ exitCode: z.number().nullable(), command: z.string() })),
  summary: z.string(),
  usage: z.looseObject({ inputTokens: z.number(), outputTokens: z.number() }),
  waitingFor: z.string().optional(),
  card: z.string().optional(),
});

/** What a command left: its exit code, its texts, and its JSON document when it printed one. */
export interface CcoRun extends Finished {
  readonly tasks: z.infer<typeof taskSchema>[];
  readonly json: unknown;
}

/** What the scripted models were asked. `step`: place of the answer in its scene. */
export type Asked = Pick<RecordedRequest, "api" | "prompt" | "task" | "attempt" | "call" | "step" | "answer" | "body">;

/** A repository with scripted models and the built CLI on it. */
export interface CcoStage {
  readonly repo: string;
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly codexHome: string;
  /** Runs cco with these arguments in the repository. */
  cco(...args: string[]): Promise<CcoRun>;
  /** Writes an envelope beside the repository and returns its path. */
  envelope(name: string, text: string): Promise<string>;
  /** Dispatches envelope files with --json and waits. */
  dispatch(files: readonly string[], ...options: string[]): Promise<CcoRun>;
  git(...args: string[]): Promise<string>;
  read(path: string): string;
  requests(): Asked[];
  close(): Promise<void>;
}

export interface CcoStageOptions extends Omit<StageOptions, "script"> {
  readonly script: ScriptInput;
  readonly codex?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Replaces the quick settings. */
  readonly config?: string;
}

/** Sets a stage for the CLI. The caller closes it, which waits until the engine is gone. */
export async function setCcoStage(options: CcoStageOptions): Promise<CcoStage> {
  const stage = await setStage({ ...options, homes: { codexModel: "gpt-5.5", ...options.homes } });
  const env = {
    ...stage.env,
    CCO_CODEX_BIN: options.codex ?? codexNewest(),
    CCO_CLAUDE_BIN: claudeBin(),
    XDG_STATE_HOME: join(stage.dir, "state"),
    ...options.env,
  };
  const board = join(stage.repo, ".cco");
  await mkdir(board);
  await writeFile(join(board, ".gitignore"), "*\n");
  await writeFile(join(board, "config.yaml"), options.config ?? QUICK);
  const cco = async (...args: string[]): Promise<CcoRun> => {
    const done = await runProgram(process.execPath, [PROGRAM, ...args], { cwd: stage.repo, env });
    const json = done.stdout.startsWith("{") ? parseJson(done.stdout) : undefined;
    const parsed = z.looseObject({ tasks: z.array(taskSchema) }).safeParse(json);
    return { ...done, json, tasks: parsed.success ? parsed.data.tasks : [] };
  };
  return {
    repo: stage.repo,
    dir: stage.dir,
    env,
    codexHome: stage.codexHome,
    cco,
    async envelope(name, text) {
      const file = join(stage.dir, "envelopes", `${name}.md`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      return file;
    },
    dispatch: (files, ...args) => cco("dispatch", ...files, "--json", "--quiet", ...args),
    async git(...args) {
      const done = await runProgram("git", args, { cwd: stage.repo, env });
      if (done.code !== 0) throw new Error(`git ${args.join(" ")}: ${done.stderr}`);
      return done.stdout.trimEnd();
    },
    read: (path) => readFileSync(join(stage.repo, path), "utf8"),
    requests: () => stage.model.requests(),
    async close() {
      await cco("cancel", "--all");
      await engineGone(board);
      await stage.close();
    },
  };
}

async function engineGone(board: string): Promise<void> {
  for (let left = 400; left > 0 && existsSync(join(board, "engine.lock")); left -= 1) await sleep(25);
  // An engine gives its lock back a moment before it ends.
  for (let left = 80; left > 0 && workingIn(board).length > 0; left -= 1) await sleep(25);
  const left = workingIn(board);
  if (left.length > 0) throw new Error(`left behind: ${left.map(({ pid, line }) => `${pid} ${line}`).join("\n")}`);
}

/** Processes that name this folder: nothing of ours may outlive its work. */
function workingIn(board: string): { pid: string; line: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .map((pid) => ({ pid, line: commandLine(pid) }))
    .filter(({ line }) => line.includes(board) || line.includes(dirname(board)));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch (error) {
    // The process ended between the listing and the look.
    return error instanceof Error ? "" : String(error);
  }
}

/** A full envelope for a task that writes src files, with one verify command. */
export function fullEnvelope(task: string, parts: { verify?: string; write?: string; extra?: string } = {}): string {
  return `---
task: ${task}
goal: Write what ${task} asks for.
size: full
risk: low
inputs:
  - path: README.md
    note: what this is
acceptance:
  - text: the file is there
    verify: ${parts.verify ?? "test -f src/a.txt"}
write: ["${parts.write ?? "src/**"}"]
budget: { minutes: 2 }
stop: ["README.md is missing"]
reviewers: 1
${parts.extra ?? ""}---
`;
}

/** A reviewer that has nothing to say about any task. */
export const CONTENT_REVIEWER: ScriptInput["claude"] = [
  { call: "review", steps: [{ output: { summary: "fine", challenges: [] } }] },
];
