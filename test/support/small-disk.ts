import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file system of its own, small enough to be filled. */
export interface SmallDisk {
  readonly path: string;
  /** Takes all room but this much. */
  fillUpTo(freeBytes: number): void;
  empty(): void;
  setReadOnly(readOnly: boolean): void;
  drop(): void;
}

/** Mounts a small tmpfs (at an existing folder when one is given), or returns why that is not possible here (it needs root on Linux). */
export function mountSmallDisk(bytes: number, at?: string): SmallDisk | string {
  const path = at ?? mkdtempSync(join(tmpdir(), "cco-disk-"));
  const mount = (...args: string[]): void => void execFileSync("mount", args, { stdio: "pipe" });
  try {
    mount("-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", path);
  } catch (error) {
    if (at === undefined) rmSync(path, { recursive: true, force: true });
    return `no small disk can be mounted here: ${error instanceof Error ? error.message.split("\n", 1)[0] : String(error)}`;
  }
  const filler = join(path, "filler");
  return {
    path,
    fillUpTo(freeBytes) {
      const { bavail, bsize } = statfsSync(path);
      writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - freeBytes)));
    },
    empty: () => rmSync(filler, { force: true }),
    setReadOnly: (readOnly) => mount("-o", `remount,${readOnly ? "ro" : "rw"}`, path),
    drop() {
      execFileSync("umount", ["-l", path], { stdio: "pipe" });
      rmSync(path, { recursive: true, force: true });
    },
  };
}
