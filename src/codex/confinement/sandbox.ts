import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { firstLine, tailOf } from "../../kernel/text.ts";
import type { Sandbox, SandboxJob, SandboxRun } from "../../ports/sandbox.ts";
import { killMarked } from "../../process/kill-tree.ts";
import { JOB_MARKER, runBounded, type BoundedResult } from "../../process/run.ts";
import { blackboardIn } from "../attempt-start.ts";
import { removeResidue } from "../outcome/collect.ts";
import { profileArgs, type NetworkReach } from "./confinement.ts";
import { checkEnvironment } from "./environment.ts";
import type { CodexHost } from "../installed/host.ts";
import { findInstallation, pathFor, type Installation } from "../installed/installation.ts";
import { knowsFeature } from "../installed/probe.ts";
import { protectedPaths } from "./protected-paths.ts";
import { secretPlaces } from "./secret-paths.ts";
import { denialOf } from "../triage/denial.ts";
import { fixFor } from "../triage/fixes.ts";
import { distrustArgs } from "./trust.ts";
import { atLeast, CLOSES_LOOPBACK } from "../installed/version.ts";

const TAIL = 4000;
const OUTPUT_BYTES = 64 * 1024;

/**
 * Commands in the sandbox of Codex: they write the work tree and the temporary folder, read no secrets, and reach the
 * network only when the job says so. Needs neither login nor model. It uses a Codex folder of its own, so that no setting
 * of the user and nothing in the repository can widen it.
 */
export function createCodexSandbox(host: CodexHost): Sandbox {
  return {
    run: async (job, signal) => {
      const installation = await findInstallation(host);
      if (!installation.ok) return refusal(installation.error.message);
      const reach = reachOf(job, installation.value);
      if (reach === null) return refusal(NO_LOOPBACK);
      if (installation.value.capabilities.dialect === "legacy") return refusal(NO_PROFILES);
      return runConfined({ host, installation: installation.value, job, reach }, signal);
    },
  };
}

const NO_LOOPBACK =
  "this Codex version cannot open localhost without opening the whole network; update Codex or set network: true";
const NO_PROFILES = "this Codex version knows no permission profile that cco can write; update Codex or cco";

function refusal(detail: string): SandboxRun {
  return { kind: "cannot-start", ms: 0, detail, tail: "" };
}

/** Localhost alone needs Codex's network proxy, which closes everything else; before it there is all or nothing. */
function reachOf(job: SandboxJob, { capabilities }: Installation): NetworkReach | null {
  if (job.network) return "on";
  if (!job.loopback) return "off";
  const closes = atLeast(capabilities.version, CLOSES_LOOPBACK) && knowsFeature(capabilities, "network_proxy");
  return capabilities.dialect === "deny" && closes ? "loopback" : null;
}

interface ConfinedJob {
  readonly host: CodexHost;
  readonly installation: Installation;
  readonly job: SandboxJob;
  readonly reach: NetworkReach;
}

async function runConfined(confined: ConfinedJob, signal: AbortSignal): Promise<SandboxRun> {
  const { host, installation, job } = confined;
  const codexHome = join(host.stateDir, "codex-sandbox");
  await mkdir(codexHome, { recursive: true, mode: 0o700 });
  const started = join(host.tmp, `cco-check-${randomUUID()}`);
  const path = pathFor(host, installation.binary);
  // The same check of an engine that was killed would go on changing files beside this one. Every run leaves its log.
  if (existsSync(job.log)) await killMarked(JOB_MARKER, job.log);
  const env = { ...checkEnvironment(host, confined.reach === "on"), ...(path === undefined ? {} : { PATH: path }) };
  const run = await runBounded(
    {
      argv: ["/bin/sh", "-c", THROUGH_PIPE, "cco-check", ...(await sandboxArgv(confined, started))],
      cwd: job.cwd,
      env: { ...env, CODEX_HOME: codexHome },
      stdin: null,
      timeoutMs: job.timeoutMs,
      killGraceMs: job.killGraceMs,
      outputBytes: OUTPUT_BYTES,
      log: job.log,
    },
    signal,
  );
  const hasStarted = existsSync(started);
  await rm(started, { force: true });
  await removeResidue(job.cwd);
  return withDenial(result(run, hasStarted), confined);
}

/** What the sandbox denied a red command, for whoever has to say what would help. */
function withDenial(run: SandboxRun, { job, reach }: ConfinedJob): SandboxRun {
  if (run.kind !== "exited" || run.exitCode === 0) return run;
  const call = { command: job.command, exitCode: run.exitCode, output: run.output ?? run.tail, line: 1 };
  const confines = { form: "text", cwd: job.cwd, sandbox: "workspace-write", network: reach === "on" } as const;
  const denial = denialOf(call, 0, confines);
  if (denial === null) return run;
  return { ...run, denied: { line: denial.text, fix: fixFor(denial, confines).envelope } };
}

/**
 * Runs its arguments with stdout on a pipe of the shell and passes the exit code on. A program of Node writes nothing at
 * all to a socket when the sandbox has the network off, and a socket is what Node's own pipes are.
 */
const THROUGH_PIPE =
  '{ { { { "$@" </dev/null 3>&- 4>&-; echo $? >&3; } | cat >&4; } 3>&1; } | { read -r code; exit "$code"; }; } 4>&1';

/** Inside: leave a mark that the sandbox stands, then run the command. What Codex itself has to say stays on stderr. */
const MARK_AND_RUN = ': > "$1" && exec /bin/sh -c "$2" 2>&1';

async function sandboxArgv({ host, installation, job, reach }: ConfinedJob, started: string): Promise<string[]> {
  const { binary, capabilities } = installation;
  const places = await secretPlaces(host);
  const order = {
    cwd: job.cwd,
    readOnly: false,
    network: reach,
    denied: [...new Set(places.flat())],
    protected: await protectedPaths(host, job.cwd),
    readOnlyInside: await blackboardIn(job.cwd),
  };
  const platform = process.platform === "darwin" ? "macos" : process.platform;
  const hidden = ["CODEX_HOME", ...(reach === "loopback" ? PROXY_VARIABLES : [])];
  return [
    binary.path,
    "sandbox",
    ...(capabilities.sandboxPlatforms.includes(platform) ? [platform] : []),
    ...profileArgs(capabilities.dialect, order),
    ...(await distrustArgs(job.cwd)),
    ...(reach === "loopback" ? ["--enable", "network_proxy"] : []),
    "--",
    "/usr/bin/env",
    ...hidden.flatMap((name) => ["-u", name]),
    "/bin/sh",
    "-c",
    MARK_AND_RUN,
    "cco-check",
    started,
    job.command,
  ];
}

/**
 * What the proxy of Codex puts into the environment. Programs that listen on localhost are reached directly; through the
 * proxy they would be refused.
 */
const PROXY_VARIABLES = [
  ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "FTP_PROXY", "WS_PROXY", "WSS_PROXY", "NO_PROXY"],
  ["npm_config_proxy", "npm_config_http_proxy", "npm_config_https_proxy", "npm_config_noproxy"],
  [
    "YARN_HTTP_PROXY",
    "YARN_HTTPS_PROXY",
    "YARN_NO_PROXY",
    "BUNDLE_HTTP_PROXY",
    "BUNDLE_HTTPS_PROXY",
    "BUNDLE_NO_PROXY",
  ],
  ["DOCKER_HTTP_PROXY", "DOCKER_HTTPS_PROXY", "PIP_PROXY", "NODE_USE_ENV_PROXY", "ELECTRON_GET_USE_PROXY"],
].flatMap((names) => names.flatMap((name) => [...new Set([name, name.toLowerCase(), name.toUpperCase()])]));

/** Whether the command itself ran is told by the mark alone: the words of a broken sandbox differ from version to version. */
function result(run: BoundedResult, hasStarted: boolean): SandboxRun {
  const tail = tailOf(run.stdout, TAIL);
  if (run.reason === "timed-out") return { kind: "timed-out", ms: run.ms, tail };
  if (run.reason === "completed" && hasStarted && run.code !== null) {
    return { kind: "exited", exitCode: run.code, ms: run.ms, tail, output: run.stdout };
  }
  const said = tailOf([run.stdout, run.stderr].filter((text) => text !== "").join("\n"), TAIL);
  const detail = run.detail || causeIn(said) || `the sandbox ended with ${run.code ?? run.signal ?? run.reason}`;
  return { kind: "cannot-start", ms: run.ms, detail, tail: said };
}

/** The line that names the cause: warnings come before it, and a panic has it in its second line. */
function causeIn(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "" && !/^WARNING:|panicked at/.test(line));
  return firstLine(lines[0] ?? text);
}
