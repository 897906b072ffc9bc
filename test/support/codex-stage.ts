import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepareAttempt } from "../../src/codex/attempt-start.ts";
import { collectAttempt } from "../../src/codex/outcome/collect.ts";
import type { CodexHost } from "../../src/codex/installed/host.ts";
import { findInstallation } from "../../src/codex/installed/installation.ts";
import { readUserSetup } from "../../src/codex/installed/user-config.ts";
import type { AttemptOutcome, ExitRecord } from "../../src/model/outcome.ts";
import type { AttemptOrder } from "../../src/ports/worker.ts";
import { writeRehearsalHomes } from "../../src/rehearsal/homes.ts";
import type { ScriptInput } from "../../src/rehearsal/script.ts";
import { startScriptedModel } from "../../src/rehearsal/server.ts";
import { codexNewest, codexOldest } from "./binaries.ts";
import { runProgram, setStage, type RehearsalStage, type StageOptions } from "./rehearsal-stage.ts";

/** The two ends of the supported range; `CCO_TEST_CODEX_BINS` (name=path, …) adds others. */
export const CODEX_VERSIONS: readonly (readonly [string, string])[] = [
  ["0.124", codexOldest()],
  ["newest", codexNewest()],
  ...(process.env["CCO_TEST_CODEX_BINS"] ?? "")
    .split(",")
    .filter((entry) => entry.includes("="))
    .map((entry): [string, string] => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
];

/** A rehearsal stage as the Codex adapter sees it. */
export interface CodexStage extends RehearsalStage {
  readonly host: CodexHost;
  /** A folder that nothing confined may write. */
  readonly outside: string;
  /** Text of the user's config.toml, as it is now. */
  configToml(): Promise<string>;
}

/** A stage with a host on it. `env`: more variables of the user. */
export async function setCodexStage(
  binary: string,
  options: StageOptions,
  env: Record<string, string> = {},
): Promise<CodexStage> {
  return withHost(await setStage(options), binary, env);
}

/** The same in the temporary folder, which Codex lets every worker write: home, project and state are all in there. */
export async function setTemporaryStage(binary: string, script: ScriptInput): Promise<CodexStage> {
  const dir = await mkdtemp(join(tmpdir(), "cco-stage-"));
  const model = await startScriptedModel(script);
  const homes = await writeRehearsalHomes({ dir, port: model.port });
  const repo = join(dir, "repo");
  await mkdir(repo);
  await writeFile(join(repo, "README.md"), "# stage\n");
  for (const args of ["init -q", "add -A", "commit -q -m start"]) {
    await runProgram("git", args.split(" "), { cwd: repo, env: homes.env });
  }
  const close = async (): Promise<void> => {
    await model.close();
    await rm(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  return withHost({ ...homes, dir, repo, model, close }, binary, {});
}

async function withHost(stage: RehearsalStage, binary: string, env: Record<string, string>): Promise<CodexStage> {
  const outside = join(stage.dir, "outside");
  await mkdir(outside);
  const host: CodexHost = {
    env: { ...stage.env, CCO_CODEX_BIN: binary, ...env },
    home: stage.home,
    stateDir: join(stage.dir, "state", "cco"),
    packageFile: fileURLToPath(new URL("../../package.json", import.meta.url)),
    tmp: tmpdir(),
  };
  const configToml = (): Promise<string> => readFile(join(stage.codexHome, "config.toml"), "utf8");
  return { ...stage, host, outside, configToml };
}

/** An order for the work tree of the stage. */
export function attemptOrder(stage: CodexStage, more: Partial<AttemptOrder> = {}): AttemptOrder {
  return {
    task: "t1",
    attempt: 1,
    dir: join(stage.dir, "attempts", "01"),
    cwd: stage.repo,
    prompt: "Task: t1\nAttempt: 1\n\nDo it.\n",
    effort: "high",
    network: false,
    readOnly: false,
    limits: { hardMs: 45_000, silenceMs: 40_000, killGraceMs: 1000, outputBytes: 64 * 1024 * 1024 },
    ...more,
  };
}

/** Runs an attempt to its end without a supervisor, with the environment that the supervisor would give it. */
export async function runAttempt(
  stage: CodexStage,
  order: AttemptOrder,
): Promise<AttemptOutcome & { readonly argv: readonly string[] }> {
  const [installation, user] = [await findInstallation(stage.host), await readUserSetup(stage.host)];
  if (!installation.ok) throw installation.error;
  if (!user.ok) throw user.error;
  const command = await prepareAttempt({ host: stage.host, installation: installation.value, user: user.value }, order);
  const inherited = command.envNames.map((name): [string, string] => [name, stage.host.env[name] ?? ""]);
  const startedAt = new Date().toISOString();
  const [program = "", ...args] = command.argv;
  const done = await runProgram(program, args, {
    cwd: command.cwd,
    env: { ...Object.fromEntries(inherited), ...command.envSet },
    stdin: await readFile(command.stdin, "utf8"),
    timeoutMs: order.limits.hardMs,
  });
  await writeFile(command.stdout, done.stdout);
  await writeFile(command.stderr, done.stderr);
  const endedBy = done.code === 0 ? "completed" : "exit-code";
  const exit: ExitRecord = {
    v: 1,
    reason: done.signal === null ? endedBy : "signal",
    code: done.code,
    signal: done.signal,
    detail: "",
    startedAt,
    endedAt: new Date().toISOString(),
  };
  return { ...(await collectAttempt(stage.host, order, exit)), argv: command.argv };
}
