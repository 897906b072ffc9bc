import { createHash, randomUUID } from "node:crypto";
import { copyFile, lstat, mkdir, readdir, rename, rm, stat, symlink, writeFile, chmod } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "../../kernel/errors.ts";
import { userCodexHome, type CodexHost } from "../installed/host.ts";
import { readTextIfThere } from "../state-file.ts";

/**
 * Up to 0.127 Codex writes `trust_level = "trusted"` into config.toml whenever it may write to a project, also when it
 * is told otherwise. Such a version works with a folder of its own: config.toml is a private copy that lives as long as
 * the attempt, everything else is a link into the user's folder, so that the login, its renewal and the sessions are the
 * user's.
 */
export async function openShadowHome(host: CodexHost, attemptDir: string, userHome: string): Promise<string> {
  const home = shadowHomeOf(host, attemptDir);
  if (readTextIfThere(join(home, OWNER_FILE)) !== null) return home;
  const fresh = `${home}.${randomUUID()}.tmp`;
  await mkdir(fresh, { recursive: true, mode: 0o700 });
  await mkdir(join(userHome, "sessions"), { recursive: true, mode: 0o700 });
  for (const name of await readdir(userHome)) {
    if (!isPrivate(name)) await symlink(join(userHome, name), join(fresh, name));
  }
  await copyConfig(join(userHome, "config.toml"), join(fresh, "config.toml"));
  await writeFile(join(fresh, OWNER_FILE), `${attemptDir}\n`, { mode: 0o600 });
  await moveIntoPlace(fresh, home);
  return home;
}

/** Of several callers at once the first one wins; a folder in use is never replaced. */
async function moveIntoPlace(fresh: string, home: string): Promise<void> {
  try {
    await rename(fresh, home);
  } catch (error) {
    if (systemCode(error) !== "ENOTEMPTY" && systemCode(error) !== "EEXIST") throw error;
    await rm(fresh, { recursive: true, force: true });
  }
}

/** Removes the folder of an ended attempt; one that is not there is fine. A login that was renewed in it goes to the user first. */
export async function dropShadowHome(host: CodexHost, attemptDir: string): Promise<void> {
  await keepRenewedLogin(shadowHomeOf(host, attemptDir), userCodexHome(host));
  await rm(shadowHomeOf(host, attemptDir), { recursive: true, force: true, maxRetries: 3 });
}

/** A login that was put in place of its link, instead of being written through it, would be lost with the folder; the old one is void by then. */
async function keepRenewedLogin(home: string, userHome: string): Promise<void> {
  const [renewed, kept] = [join(home, LOGIN_FILE), join(userHome, LOGIN_FILE)];
  try {
    if (!(await lstat(renewed)).isFile()) return;
    const fresh = `${kept}.${randomUUID()}.tmp`;
    await copyFile(renewed, fresh);
    await chmod(fresh, 0o600);
    await rename(fresh, kept);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}

const LOGIN_FILE = "auth.json";

/** A folder without an owner is being made; after this time nobody is making it any more. */
const UNFINISHED_MS = 10 * 60 * 1000;

/** Removes folders whose attempt has ended or is gone: an engine that died between exit and collection left them. */
export async function sweepShadowHomes(host: CodexHost): Promise<void> {
  const root = shadowRoot(host);
  for (const name of await namesIn(root)) {
    const folder = join(root, name);
    if (!(await isLeftOver(folder))) continue;
    await keepRenewedLogin(folder, userCodexHome(host));
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function isLeftOver(folder: string): Promise<boolean> {
  const owner = readTextIfThere(join(folder, OWNER_FILE))?.trim() ?? "";
  if (folder.endsWith(".tmp") || owner === "") {
    const { mtimeMs } = await stat(folder);
    return Date.now() - mtimeMs > UNFINISHED_MS;
  }
  const names = await namesIn(owner);
  return names.length === 0 || names.includes("outcome.json");
}

/** Where the folder of an attempt is; outside of every place that a worker can write to. */
function shadowHomeOf(host: CodexHost, attemptDir: string): string {
  return join(shadowRoot(host), createHash("sha256").update(attemptDir).digest("hex").slice(0, 16));
}

function shadowRoot(host: CodexHost): string {
  return join(host.stateDir, "codex-homes");
}

const OWNER_FILE = "cco-attempt";

/**
 * What is not linked: the file that is copied; rules and hooks, which workers run without; memories, which the sandbox of
 * these versions lets the worker write; and what belongs to one process (logs, temporary files, SQLite side files).
 */
function isPrivate(name: string): boolean {
  const own = ["config.toml", "rules", "hooks.json", "memories", "log", "tmp", "shell_snapshots", OWNER_FILE];
  return own.includes(name) || /^logs_\d|-(?:wal|shm)$/.test(name);
}

async function copyConfig(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to);
    await chmod(to, 0o600);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    return [];
  }
}
