import { mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { runGit, type GitSetup, type Tree } from "./run-git.ts";

/**
 * Writes the unified diff of two commits or trees to a file, which appears whole or not at all, and returns its first
 * `limitBytes` as text (a character cut in two is left out). Binary files are named, not shown.
 */
export async function writeDiffFile(
  setup: GitSetup,
  tree: Tree,
  range: { readonly from: string; readonly to: string },
  target: { readonly file: string; readonly limitBytes: number },
): Promise<string> {
  await mkdir(dirname(target.file), { recursive: true });
  const temporary = `${target.file}.${process.pid}.tmp`;
  const handle = await open(temporary, "w+");
  try {
    const args = ["diff-tree", "-r", "-p", "-M", "--no-ext-diff", "--no-textconv", "--no-color", "--submodule=short"];
    await runGit(setup, [...args, range.from, range.to], { tree, stdoutFd: handle.fd });
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(target.limitBytes), 0, target.limitBytes, 0);
    await rename(temporary, target.file);
    return new TextDecoder().decode(buffer.subarray(0, bytesRead), { stream: true });
  } finally {
    await handle.close();
  }
}
