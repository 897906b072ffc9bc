import { join } from "node:path";
import { userCodexHome, type CodexHost } from "./host.ts";
import { resolvedPath } from "./state-file.ts";

/** Where keys, tokens and logins are kept, relative to the user's home. */
const SECRETS = [
  [".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".config/gcloud", ".config/gh", ".config/op"],
  [".netrc", ".npmrc", ".pypirc", ".git-credentials", ".config/git/credentials", ".cargo/credentials.toml"],
  [".claude", ".claude.json", ".password-store", ".local/share/keyrings"],
].flat();

/** A place that nothing confined may read: all paths that lead to it, as written and as resolved. */
export type SecretPlace = readonly string[];

/** Places of keys, tokens and logins of this user; they need not exist. */
export async function secretPlaces(host: CodexHost): Promise<SecretPlace[]> {
  const named = host.env["CLAUDE_CONFIG_DIR"];
  const paths = [
    ...SECRETS.map((name) => join(host.home, name)),
    userCodexHome(host),
    join(host.home, ".codex"),
    host.stateDir,
    ...(named === undefined || named === "" ? [] : [named]),
  ];
  return Promise.all([...new Set(paths)].map(async (path) => [...new Set([path, await resolvedPath(path)])]));
}
