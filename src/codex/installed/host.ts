import { join } from "node:path";

/** The machine and user that Codex runs for. Everything the adapter knows of its surroundings comes in through here. */
export interface CodexHost {
  /** Whole environment of the caller; what a worker gets of it is decided in `environment.ts`. */
  readonly env: Readonly<Record<string, string>>;
  /** Home folder of the user, absolute. */
  readonly home: string;
  /** Folder of this user's state of cco (`$XDG_STATE_HOME/cco`), absolute. Must lie outside of every temporary folder. */
  readonly stateDir: string;
  /** A file of this package; a Codex that is installed beside the package is looked up from there. */
  readonly packageFile: string;
  /** Folder for temporary files; writable for workers too. */
  readonly tmp: string;
}

/** The user's Codex folder: `CODEX_HOME` or `~/.codex`. */
export function userCodexHome(host: CodexHost): string {
  const named = host.env["CODEX_HOME"];
  return named === undefined || named === "" ? join(host.home, ".codex") : named;
}
