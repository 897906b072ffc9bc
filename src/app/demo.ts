import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { readJournalFolder } from "../blackboard/journal-reader.ts";
import { DEMO_ENVELOPE, DEMO_FILES, DEMO_TASK } from "../rehearsal/demo-repository.ts";
import { DEMO_SCRIPT } from "../rehearsal/demo-script.ts";
import { writeRehearsalHomes } from "../rehearsal/homes.ts";
import { startScriptedModel } from "../rehearsal/server.ts";
import type { JournalRecord } from "../model/record.ts";
import type { TaskResult } from "../model/result.ts";
import { demoLine } from "./demo-story.ts";
import { isEngineRunning } from "./engine/engine-process.ts";
import { ccoProgram } from "./package-root.ts";
import { readTask } from "./board/read-board.ts";
import { systemClock } from "./system.ts";

const git = promisify(execFile);

/** How the demonstration talks and what it leaves. */
export interface DemoOptions {
  readonly keep: boolean;
  tell(line: string): void;
}

/** What came of it: the task as results show it, wall time in ms, and the folder when it was kept. */
export interface DemoOutcome {
  readonly task: TaskResult | null;
  readonly ms: number;
  readonly folder: string | null;
  readonly mainLog: string;
}

/** Time between two looks at the journal, in ms. */
const TELL_POLL_MS = 50;

/** Plays the main job in a throw-away repository: real binaries, scripted models, nothing leaves loopback. */
export async function runDemo(options: DemoOptions): Promise<DemoOutcome> {
  const clock = systemClock();
  // Not under /tmp where that can be avoided: sandboxes leave it writable.
  const dir = await mkdtemp(join(existsSync("/var/tmp") ? "/var/tmp" : tmpdir(), "cco-demo-"));
  const model = await startScriptedModel(DEMO_SCRIPT);
  try {
    const homes = await writeRehearsalHomes({ dir, port: model.port });
    const env = { ...homes.env, ...binaries(), XDG_STATE_HOME: join(dir, "state") };
    const repo = join(dir, "notes-api");
    await makeRepository(repo, env);
    options.tell(`a throw-away repository in ${repo}`);
    const startedMs = clock.now();
    const child = spawn(
      process.execPath,
      [ccoProgram(), "dispatch", `${DEMO_TASK}.md`, "--quiet", "--json", "--project", repo],
      {
        cwd: dir,
        env,
        stdio: ["ignore", "ignore", "inherit"],
      },
    );
    const ended = new Promise<void>((resolve) => {
      child.once("close", () => resolve());
    });
    await tellJournal({ repo, startedMs, ended, tell: (line) => options.tell(line) });
    const ms = clock.now() - startedMs;
    const project = { root: repo, board: join(repo, ".cco") };
    const { stdout } = await git("git", ["log", "--oneline", "--no-decorate"], { cwd: repo, env });
    while (isEngineRunning(project)) await clock.sleep(TELL_POLL_MS);
    return { task: readTask(project, DEMO_TASK), ms, folder: options.keep ? dir : null, mainLog: stdout.trim() };
  } finally {
    await model.close();
    if (!options.keep) await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The binaries that are found for the caller also serve the demonstration, whose PATH and home are its own. */
function binaries(): Record<string, string> {
  const names = ["CCO_CODEX_BIN", "CCO_CLAUDE_BIN"];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

async function makeRepository(repo: string, env: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(DEMO_FILES)) {
    await mkdir(dirname(join(repo, path)), { recursive: true });
    await writeFile(join(repo, path), text);
  }
  await git("git", ["init", "-q", "-b", "main"], { cwd: repo, env });
  await git("git", ["add", "-A"], { cwd: repo, env });
  await git("git", ["commit", "-q", "-m", "A small notes API"], { cwd: repo, env });
  await mkdir(join(repo, ".cco"), { recursive: true });
  await writeFile(join(repo, ".cco", ".gitignore"), "*\n");
  await writeFile(join(repo, ".cco", "config.yaml"), "engine:\n  idleSeconds: 0\n");
  await writeFile(join(dirname(repo), `${DEMO_TASK}.md`), DEMO_ENVELOPE);
}

interface Telling {
  readonly repo: string;
  readonly startedMs: number;
  readonly ended: Promise<void>;
  tell(line: string): void;
}

/** Tells every new journal line until the dispatch has ended. */
async function tellJournal(telling: Telling): Promise<void> {
  const clock = systemClock();
  const folder = join(telling.repo, ".cco", "journal");
  let told = 0;
  const tellNew = async (): Promise<void> => {
    const records: readonly JournalRecord[] = existsSync(folder) ? (await readJournalFolder(folder)).records : [];
    for (const record of records) {
      if (record.seq <= told) continue;
      told = record.seq;
      for (const line of demoLine(record, telling.startedMs)) telling.tell(line);
    }
  };
  const over = new AbortController();
  void telling.ended.then(() => over.abort());
  while (!over.signal.aborted) {
    await tellNew();
    await clock.sleep(TELL_POLL_MS, over.signal);
  }
  await tellNew();
}
