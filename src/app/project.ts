import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CcoError } from "../kernel/errors.ts";

/** A project: the root of a git work tree and its blackboard folder, both absolute. */
export interface Project {
  readonly root: string;
  readonly board: string;
}

/** The project a command works on: `dir` when given, else the git root above `cwd`. Throws REPO_NOT_FOUND. */
export function findProject(cwd: string, dir: string | undefined): Project {
  const start = resolve(cwd, dir ?? ".");
  for (let at = start; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return { root: at, board: join(at, ".cco") };
    if (dirname(at) === at) throw new CcoError("REPO_NOT_FOUND", `${start} is not inside a git repository`);
  }
}
