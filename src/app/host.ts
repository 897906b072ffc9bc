import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { CodexHost } from "../codex/host.ts";
import { packageRoot } from "./package-root.ts";

/** This process's environment without unset names. */
export function ownEnvironment(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined) env[name] = value;
  return env;
}

/** Folder of this user's state of cco: `$XDG_STATE_HOME/cco`, else `~/.local/state/cco`. */
export function stateFolder(): string {
  const base = process.env["XDG_STATE_HOME"];
  return join(base === undefined || base === "" ? join(homedir(), ".local", "state") : base, "cco");
}

/** The machine as the Codex adapter sees it. */
export function codexHost(): CodexHost {
  return {
    env: ownEnvironment(),
    home: homedir(),
    stateDir: stateFolder(),
    packageFile: join(packageRoot(), "package.json"),
    tmp: tmpdir(),
  };
}
