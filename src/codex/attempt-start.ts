import { existsSync } from "node:fs";
import { lstat, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../kernel/errors.ts";
import type { AttemptOrder } from "../ports/worker.ts";
import type { SupervisedCommand, Talk } from "../process/supervised-command.ts";
import { appServerArgv, execArgv } from "./argv.ts";
import { requireAttachable } from "./attached/fitness.ts";
import { attemptFiles, askedSchema, type Asked } from "./attempt-files.ts";
import { contains } from "./confinement/confinement.ts";
import { workerVariables } from "./confinement/environment.ts";
import { userCodexHome, type CodexHost } from "./installed/host.ts";
import { pathFor, type Installation } from "./installed/installation.ts";
import { protectedPaths } from "./confinement/protected-paths.ts";
import { REQUEST_LOG, REQUEST_LOG_TARGETS } from "./session/request-log.ts";
import { secretPlaces } from "./confinement/secret-paths.ts";
import { openShadowHome } from "./confinement/shadow-home.ts";
import { readStateFile, resolvedPath, writeStateFile, writeTextFile } from "./state-file.ts";
import { distrustArgs } from "./confinement/trust.ts";
import type { UserSetup } from "./installed/user-config.ts";
import { METER } from "./session/session-marks.ts";
import { atLeast, KEEPS_CONFIG, versionText } from "./installed/version.ts";

/** Everything that starting needs besides the order. */
export interface StartContext {
  readonly host: CodexHost;
  readonly installation: Installation;
  readonly user: UserSetup;
}

/**
 * Lays out the attempt folder and says what the supervisor has to start. May be called again for the same folder: what a
 * running worker already uses is left alone, and the answer is the same.
 */
export async function prepareAttempt(context: StartContext, order: AttemptOrder): Promise<SupervisedCommand> {
  const { host, installation, user } = context;
  const files = attemptFiles(order.dir);
  if (order.lane === "attached") requireAttachable(installation);
  await mkdir(order.dir, { recursive: true });
  const before = readStateFile(files.asked, askedSchema);
  const asked = before ?? (await askFor(context, order));
  if (before === null) {
    // A sidecar from before would pass for the one of this attempt: Codex does not empty it when it fails.
    await rm(files.lastMessage, { force: true });
    writeTextFile(files.prompt, order.prompt);
    writeStateFile(files.asked, asked);
  }
  const { capabilities } = installation;
  const isLive = order.lane === "attached";
  // The app-server writes down its trust in the work tree in every version, and knows no switch against the user's rules.
  const keepsConfig = !isLive && atLeast(capabilities.version, KEEPS_CONFIG);
  const home = keepsConfig ? {} : { CODEX_HOME: await openShadowHome(host, order.dir, user.codexHome) };
  const path = pathFor(host, installation.binary);
  const worker = {
    binary: installation.binary.path,
    confinement: asked.confinement,
    effort: order.effort,
    vouch: user.reasons === null,
    guide: hasGuide(order.cwd, user.guideNames),
    distrust: await distrustArgs(order.cwd),
  };
  return {
    v: 1,
    argv: isLive
      ? appServerArgv(host, capabilities, worker)
      : execArgv(host, capabilities, { ...worker, sidecar: files.lastMessage }),
    cwd: order.cwd,
    envNames: workerVariables(host.env, user.keyNames),
    envSet: { RUST_LOG: REQUEST_LOG, ...home, ...(path === undefined ? {} : { PATH: path }) },
    stdin: files.prompt,
    stdout: files.events,
    stderr: files.stderr,
    limits: order.limits,
    // A long build says nothing on stdout. Where the blackboard lies in the work tree, its own writing would pass for life.
    signsOfLife: contains(order.cwd, order.dir) ? [] : [order.cwd],
    life: LIFE,
    ...(isLive ? { talk: talkOf(files.lastMessage, order) } : {}),
    meter: METER,
  };
}

/** A day. */
const ASK_MS = 86_400_000;

function talkOf(sidecar: string, { limits }: AttemptOrder): Talk {
  return { sidecar, client: { name: "cco", version: "1" }, askMs: limits.askMs ?? ASK_MS };
}

/**
 * Reconnects and the request log go on for as long as the provider is gone or stalls, so they show no life. The session file does:
 * Codex holds it open and writes every call of a tool and its end, also those that the event stream leaves out.
 */
const LIFE = {
  noise: ['"type":"error","message":"Reconnecting...', ...REQUEST_LOG_TARGETS],
  record: { prefix: "rollout-", callBegins: '_call"', callEnds: '_call_output"' },
};

/** True when the top of the work tree has a guide for agents under one of its names. */
function hasGuide(cwd: string, names: readonly string[]): boolean {
  return names.some((name) => existsSync(join(cwd, name)));
}

async function askFor({ host, installation, user }: StartContext, order: AttemptOrder): Promise<Asked> {
  const { capabilities } = installation;
  const secrets = await secretPlaces(host);
  const temporary = ["/tmp", host.tmp, order.cwd];
  const resolved = temporary.map(resolvedPath);
  // Up to 0.134 Codex lets the worker write its notes; they lie in the attempt's own Codex folder or in the user's.
  const notes = [user.codexHome, host.stateDir].flatMap((home) => [join(home, "memories"), join(home, "codex-homes")]);
  return {
    v: 1,
    version: versionText([...capabilities.version]),
    codexHome: user.codexHome,
    account: user.account,
    confinement: {
      cwd: order.cwd,
      readOnly: order.readOnly,
      network: order.network ? "on" : "off",
      denied: [...new Set(secrets.flat())],
      protected: await protectedPaths(host, order.cwd),
      readOnlyInside: await blackboardIn(order.cwd),
      profiled: capabilities.dialect !== "legacy",
      secrets: secrets.map((place) => [...place]),
      writable: [...new Set([...temporary, ...resolved, ...notes])],
      ...(order.lane === "attached" ? { approval: "on-request" as const } : {}),
    },
  };
}

/** The blackboard of a project whose work tree the worker works in: it may read it and must not write it. */
export async function blackboardIn(cwd: string): Promise<string[]> {
  try {
    return (await lstat(join(cwd, ".cco"))).isDirectory() ? [".cco"] : [];
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return [];
  }
}

/** Codex folder whose sessions hold this attempt. */
export function sessionHome(host: CodexHost, asked: Asked | null): string {
  return asked?.codexHome ?? userCodexHome(host);
}
