import { existsSync } from "node:fs";
import { join } from "node:path";
import { userCodexHome, type CodexHost } from "../installed/host.ts";
import { resolvedPath } from "../state-file.ts";

/** Where keys, tokens and logins are kept, relative to the user's home. */
const SECRETS = [
  [".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".config/gcloud", ".config/gh", ".config/op"],
  [".netrc", ".npmrc", ".pypirc", ".git-credentials", ".config/git/credentials", ".cargo/credentials.toml"],
  [".claude", ".claude.json", ".password-store", ".local/share/keyrings"],
].flat();

/** A place that nothing confined may read: all paths that lead to it, as written and as resolved. */
export type SecretPlace = readonly string[];

/**
 * Places of keys, tokens and logins of this user, those that exist. A missing one holds nothing to hide, and where it
 * lies in a folder that the worker may write, hiding it would keep the sandbox from starting.
 */
export async function secretPlaces(host: CodexHost): Promise<SecretPlace[]> {
  const named = host.env["CLAUDE_CONFIG_DIR"];
  const paths = [
    ...SECRETS.map((name) => join(host.home, name)),
    userCodexHome(host),
    join(host.home, ".codex"),
    host.stateDir,
    ...(named === undefined || named === "" ? [] : [named]),
  ];
  const there = [...new Set(paths)].filter((path) => existsSync(path));
  return there.map((path) => [...new Set([path, resolvedPath(path)])]);
}
