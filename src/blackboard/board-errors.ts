import { dirname } from "node:path";
import { CcoError, describeThrown, systemCode } from "../kernel/errors.ts";

const FULL = {
  why: "There is no room left on its file system.",
  hint: (path: string) =>
    `free space on the file system of ${dirname(path)} (df -h shows it), then run the same command again`,
};
const DENIED = {
  why: "This user may not write there.",
  hint: (path: string) => `give yourself write permission on ${dirname(path)} (ls -ld shows who has it)`,
};
const HANDLES = {
  why: "Too many files are open.",
  hint: () => "raise the limit of open files (ulimit -n) or end other programs, then run the same command again",
};

/** What a failed write means and what helps, by the system's error code. */
const WRITE_FAILURES: Readonly<Record<string, { why: string; hint: (path: string) => string }>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EACCES: DENIED,
  EPERM: DENIED,
  EMFILE: HANDLES,
  ENFILE: HANDLES,
  EROFS: {
    why: "Its file system is mounted read-only.",
    hint: (path) => `make the file system of ${dirname(path)} writable, or work in a copy of the project`,
  },
};

/** BOARD_WRITE for a system error at this path, with `data.path` and `data.system`; a CcoError is passed on as it is. */
export function boardWriteError(path: string, thrown: unknown): CcoError {
  if (thrown instanceof CcoError) return thrown;
  const system = systemCode(thrown);
  const known = system === undefined ? undefined : WRITE_FAILURES[system];
  return new CcoError("BOARD_WRITE", `cannot write ${path}${system === undefined ? "" : ` (${system})`}`, {
    why: known?.why ?? describeThrown(thrown),
    ...(known === undefined ? {} : { hint: known.hint(path) }),
    data: { path, system: system ?? null },
    cause: thrown,
  });
}

/** BOARD_CORRUPT for a file that is there and cannot be read (permissions, a broken disk); a CcoError is passed on as it is. */
export function boardReadError(path: string, thrown: unknown): CcoError {
  if (thrown instanceof CcoError) return thrown;
  return new CcoError("BOARD_CORRUPT", `cannot read ${path} (${systemCode(thrown) ?? "unknown error"})`, {
    why: describeThrown(thrown),
    hint: `make ${path} readable for this user (ls -l shows who owns it)`,
    data: { path, system: systemCode(thrown) ?? null },
    cause: thrown,
  });
}

/** True for the error of a file or folder that is not there. */
export function isMissing(thrown: unknown): boolean {
  return systemCode(thrown) === "ENOENT";
}
