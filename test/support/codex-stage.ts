import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepareAttempt } from "../../src/codex/attempt-start.ts";
import { collectAttempt } from "../../src/codex/collect.ts";
import type { CodexHost } from "../../src/codex/host.ts";
import { findInstallation } from "../../src/codex/installation.ts";
import { readUserSetup } from "../../src/codex/user-config.ts";
import type { AttemptOutcome, ExitRecord } from "../../src/model/outcome.ts";
import type { AttemptOrder } from "../../src/ports/worker.ts";
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
export async function setCodexStage(binary: string, options: StageOptions, env: Record<string, string> = {}): Promise<CodexStage> {
  const stage = await setStage(options);
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
export async function runAttempt(stage: CodexStage, order: AttemptOrder): Promise<AttemptOutcome & { readonly argv: readonly string[] }> {
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
  const exit: ExitRecord = {
    v: 1,
    reason: done.signal === null ? (done.code === 0 ? "completed" : "exit-code") : "signal",
    code: done.code,
    signal: done.signal,
    detail: "",
    startedAt,
    endedAt: new Date().toISOString(),
  };
  return { ...(await collectAttempt(stage.host, order, exit)), argv: command.argv };
}

/** All files below a folder, relative to it, sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).toSorted();
}
