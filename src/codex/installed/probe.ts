import { createHash } from "node:crypto";
import { mkdir, open, stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { CcoError } from "../../kernel/errors.ts";
import { fail, succeed, type Result } from "../../kernel/result.ts";
import { firstLine } from "../../kernel/text.ts";
import { runBounded, type BoundedResult } from "../../process/run.ts";
import { DIALECTS, profileArgs, type ConfinementOrder, type Dialect } from "../confinement/confinement.ts";
import type { CodexHost } from "./host.ts";
import { readStateFile, writeStateFile } from "../state-file.ts";
import { atLeast, OLDEST, parseVersion, versionText } from "./version.ts";

const capabilitiesSchema = z.strictObject({
  v: z.literal(1),
  version: z.tuple([z.number(), z.number(), z.number()]),
  /** Names that `--enable` and `--disable` accept; any other name is a start-up error. */
  features: z.array(z.string()),
  /** Long flags of `codex exec`. */
  execFlags: z.array(z.string()),
  /** Platforms that `codex sandbox` wants as a subcommand; empty where it takes the command itself. */
  sandboxPlatforms: z.array(z.string()),
  dialect: z.enum(DIALECTS),
  /** It has `codex app-server`, which a worker can be talked to through. */
  appServer: z.boolean(),
});

/** What an installed Codex can do, asked from the program itself. */
export type Capabilities = z.infer<typeof capabilitiesSchema>;

const PROBE_TIMEOUT_MS = 20_000;

/**
 * Asks a Codex for its version, features and flags. The answers are kept on disk by path, size and modification time:
 * asking takes about half a second. Fails with CODEX_VERSION_UNSUPPORTED below 0.124.0.
 */
export async function probeCodex(host: CodexHost, path: string): Promise<Result<Capabilities, CcoError>> {
  const { size, mtimeMs } = await stat(path);
  const behind = (await isScript(path)) ? await versionOf(host, path) : "";
  const key = createHash("sha256").update([path, size, mtimeMs, behind].join("\n")).digest("hex").slice(0, 24);
  const file = join(host.stateDir, "codex-probe", `${key}.json`);
  const known = readStateFile(file, capabilitiesSchema);
  if (known !== null) return supported(known);
  const asked = await ask(host, path);
  if (asked.ok) writeStateFile(file, asked.value);
  return asked.ok ? supported(asked.value) : asked;
}

/** A script around Codex stays the same file when the Codex behind it is updated. */
async function isScript(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.toString("latin1") === "#!";
  } finally {
    await file.close();
  }
}

async function versionOf(host: CodexHost, path: string): Promise<string> {
  return (await (await prober(host, path))(["--version"])).stdout;
}

function supported(capabilities: Capabilities): Result<Capabilities, CcoError> {
  if (atLeast(capabilities.version, OLDEST)) return succeed(capabilities);
  const text = `Codex ${versionText(capabilities.version)} is older than ${versionText(OLDEST)}`;
  return fail(new CcoError("CODEX_VERSION_UNSUPPORTED", text));
}

async function ask(host: CodexHost, path: string): Promise<Result<Capabilities, CcoError>> {
  const run = await prober(host, path);
  const answer = await run(["--version"]);
  if (answer.reason === "spawn-failed") return fail(new CcoError("CODEX_START_FAILED", `${path}: ${answer.detail}`));
  const version = parseVersion(answer.stdout);
  if (version === null || answer.code !== 0) {
    const said = firstLine(answer.stdout) || firstLine(answer.stderr) || `exit ${answer.code ?? answer.reason}`;
    return fail(new CcoError("CODEX_VERSION_UNSUPPORTED", `${path} --version says: ${said}`));
  }
  const [features, exec, sandbox, server] = [
    await run(["features", "list"]),
    await run(["exec", "--help"]),
    await run(["sandbox", "--help"]),
    await run(["app-server", "--help"]),
  ];
  return succeed({
    v: 1,
    version: [...version],
    features: features.code === 0 ? names(features.stdout, /^([a-z][\w.]*)\s{2,}/gm) : [],
    execFlags: names(exec.stdout, /^\s+(?:-\w, )?--([a-z][\w-]*)/gm),
    sandboxPlatforms: names(sandbox.stdout, /^\s{2,4}(linux|macos|windows)\s/gm),
    dialect: await askDialect(run),
    appServer: server.code === 0 && /Usage:.*app-server/.test(server.stdout),
  });
}

type Run = (args: readonly string[]) => Promise<BoundedResult>;

/** Runs the program with an empty Codex folder, so that the answers are about the program and not about settings. */
async function prober(host: CodexHost, path: string): Promise<Run> {
  const home = join(host.stateDir, "codex-probe", "home");
  await mkdir(home, { recursive: true, mode: 0o700 });
  const env = { PATH: host.env["PATH"] ?? "", HOME: home, CODEX_HOME: home };
  return (args) =>
    runBounded(
      {
        argv: [path, ...args],
        cwd: home,
        env,
        stdin: null,
        timeoutMs: PROBE_TIMEOUT_MS,
        killGraceMs: 1000,
        outputBytes: 256 * 1024,
        log: null,
      },
      new AbortController().signal,
    );
}

/** `features list` loads the configuration and ends with 1 when it does not understand it: the cheapest question there is. */
async function askDialect(run: Run): Promise<Dialect> {
  const order: ConfinementOrder = {
    cwd: "/cco-probe",
    readOnly: false,
    network: "off",
    denied: ["/cco-probe-denied"],
    protected: [],
    readOnlyInside: [],
  };
  for (const dialect of DIALECTS) {
    if (dialect === "legacy") break;
    const answer = await run(["features", "list", ...profileArgs(dialect, order)]);
    if (answer.code === 0) return dialect;
  }
  return "legacy";
}

function names(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].flatMap((found) => (found[1] === undefined ? [] : [found[1]])))];
}

/** True when the feature can be named in `--enable` and `--disable`. */
export function knowsFeature(capabilities: Capabilities, feature: string): boolean {
  return capabilities.features.includes(feature);
}
