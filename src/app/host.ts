import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { CodexHost } from "../codex/installed/host.ts";
import { ownEnvironment } from "../process/own-programs.ts";
import { packageRoot } from "./package-root.ts";

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
