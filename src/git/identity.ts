import { CcoError } from "../kernel/errors.ts";

/** How a commit is signed off: the identity of the user, or ours when the user has none. */
export interface Identity {
  readonly config: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Commits reach the disk before their branch points to them, so that a power cut loses no work that is on record. */
const FLUSHED = "core.fsync=committed";

/** git must not make an address up from the host name: a commit by `root@localhost` would be published one day. */
const OF_USER: Identity = { config: ["user.useConfigOnly=true", FLUSHED], env: {} };
const OURS: Identity = {
  config: [FLUSHED],
  env: {
    GIT_AUTHOR_NAME: "cco",
    GIT_AUTHOR_EMAIL: "cco@localhost",
    GIT_COMMITTER_NAME: "cco",
    GIT_COMMITTER_EMAIL: "cco@localhost",
  },
};

const UNKNOWN = /Please tell me who you are|auto-detection is disabled|empty ident name/;

/** Does a committing call as the user; once more as `cco <cco@localhost>` when git knows nobody. */
export async function asCommitter<T>(call: (identity: Identity) => Promise<T>): Promise<T> {
  try {
    return await call(OF_USER);
  } catch (thrown) {
    const stderr = thrown instanceof CcoError ? thrown.data["stderr"] : undefined;
    if (typeof stderr !== "string" || !UNKNOWN.test(stderr)) throw thrown;
    return call(OURS);
  }
}
