import { execFile } from "node:child_process";
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { writeRehearsalHomes } from "../../rehearsal/homes.ts";
import type { ScriptInput, WorkerStep } from "../../rehearsal/script.ts";
import { startScriptedModel, type ScriptedModel } from "../../rehearsal/server.ts";
import type { Project } from "../project.ts";
import { DRILL_SETTINGS, DRILL_TASK, type Drill } from "./drill.ts";

const git = promisify(execFile);

/** A throw-away repository with a scripted model and homes of its own. */
export interface DrillStage {
  readonly dir: string;
  readonly project: Project;
  readonly envelope: string;
  readonly env: Readonly<Record<string, string>>;
  readonly model: ScriptedModel;
  /** Ends the model and removes everything. The engine has to be gone. */
  close(): Promise<void>;
}

/** What every stage is made from. `probe`: folder with what is known of the installed Codex, so that it is not asked again. */
export interface StagePlan {
  readonly dir: string;
  readonly codex: string;
  readonly probe: string;
}

const envelopeFor = ({ verify = "test -f src/a.txt" }: Drill): string => `---
task: ${DRILL_TASK}
goal: Write the greeting to src/a.txt.
size: full
risk: low
inputs:
  - path: README.md
    note: what this is
acceptance:
  - text: The greeting is there
    verify: ${JSON.stringify(verify)}
write: ["src/**"]
budget: { minutes: 3 }
stop: ["README.md is missing"]
---
`;

/** Sets the stage of a drill in its own folder. */
export async function setDrillStage(drill: Drill, plan: StagePlan): Promise<DrillStage> {
  const { dir } = plan;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const model = await startScriptedModel(scriptOf(drill, Math.floor(Date.now() / 1000)));
  const retries = drill.streamRetries === undefined ? {} : { streamRetries: drill.streamRetries };
  const homes = await writeRehearsalHomes({ dir, port: model.port, ...retries });
  await cp(plan.probe, join(dir, "state", "cco", "codex-probe"), { recursive: true });
  const env: Record<string, string> = {
    ...homes.env,
    XDG_STATE_HOME: join(dir, "state"),
    CCO_CODEX_BIN: await codexFor(drill, plan),
  };
  if (drill.provider === "no-key") delete env["CCO_REHEARSAL_KEY"];
  if (drill.provider === "gone") await model.close();
  if (drill.codexConfig !== undefined) await putInFront(join(homes.codexHome, "config.toml"), drill.codexConfig);
  if (drill.program !== undefined) {
    const [name, text] = drill.program;
    await writeProgram(join(dir, "bin", name), text);
    env["PATH"] = [join(dir, "bin"), env["PATH"] ?? ""].join(delimiter);
  }
  const repo = join(dir, "repo");
  await makeRepository(repo, env, { ...DRILL_SETTINGS, ...drill.settings });
  const envelope = join(dir, `${DRILL_TASK}.md`);
  await writeFile(envelope, envelopeFor(drill));
  const close = async (): Promise<void> => {
    await model.close();
    await rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  };
  return { dir, project: { root: repo, board: join(repo, ".cco") }, envelope, env, model, close };
}

function scriptOf(drill: Drill, nowSeconds: number): ScriptInput {
  const stepsOf = (steps: Drill["steps"]): WorkerStep[] => [
    ...(typeof steps === "function" ? steps(nowSeconds) : steps),
  ];
  const first = drill.first === undefined ? [] : [{ attempt: 1, steps: stepsOf(drill.first) }];
  return { worker: [...first, { steps: stepsOf(drill.steps) }] };
}

/** The real program, or a script in front of it that changes how `exec` goes. */
async function codexFor(drill: Drill, { dir, codex }: StagePlan): Promise<string> {
  if (drill.inPlaceOfExec === undefined) return codex;
  const file = join(dir, "bin", "codex");
  const real = `CODEX='${codex.replaceAll("'", `'\\''`)}'`;
  await writeProgram(
    file,
    `${real}\ncase " $* " in *" exec "*) ${drill.inPlaceOfExec} ;; *) exec "$CODEX" "$@" ;; esac`,
  );
  return file;
}

async function writeProgram(file: string, text: string): Promise<void> {
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

async function putInFront(file: string, text: string): Promise<void> {
  await writeFile(file, `${text}${await readFile(file, "utf8")}`);
}

async function makeRepository(
  repo: string,
  env: Record<string, string>,
  settings: Readonly<Record<string, number>>,
): Promise<void> {
  await mkdir(join(repo, ".cco"), { recursive: true });
  await writeFile(join(repo, "README.md"), "# drill\n");
  await writeFile(join(repo, ".cco", ".gitignore"), "*\n");
  await writeFile(join(repo, ".cco", "config.yaml"), stringify(nested(settings)));
  await git("git", ["init", "-q", "-b", "main"], { cwd: repo, env });
  await git("git", ["add", "README.md"], { cwd: repo, env });
  await git("git", ["commit", "-q", "-m", "A place for a drill"], { cwd: repo, env });
}

function nested(settings: Readonly<Record<string, number>>): Record<string, Record<string, number>> {
  const sections: Record<string, Record<string, number>> = {};
  for (const [name, value] of Object.entries(settings)) {
    const [section = "", key = ""] = name.split(".");
    (sections[section] ??= {})[key] = value;
  }
  return sections;
}
