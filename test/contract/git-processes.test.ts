import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createGitRepo } from "../../src/git/repo.ts";
import { type GitStage, setGitStage } from "../support/git-stage.ts";

let stage: GitStage;
beforeEach(async () => {
  stage = await setGitStage();
});
afterEach(() => stage.close());

/** A `git` on PATH that notes its arguments and goes on as the real one; `count` runs something and returns the subcommands. */
async function countedGit(): Promise<{
  env: Record<string, string>;
  count: (work: () => Promise<unknown>) => Promise<string[]>;
}> {
  const bin = join(stage.dir, "bin");
  const log = join(stage.dir, "calls");
  const real = (await stage.git(["--exec-path"])).trim();
  await mkdir(bin);
  await writeFile(join(bin, "git"), `#!/bin/sh\nprintf '%s\\n' "$*" >> '${log}'\nexec '${real}/git' "$@"\n`);
  await chmod(join(bin, "git"), 0o755);
  const count = async (work: () => Promise<unknown>): Promise<string[]> => {
    await rm(log, { force: true });
    await writeFile(log, "");
    await work();
    const calls = (await readFile(log, "utf8")).trim().split("\n");
    return calls.filter((call) => call !== "").map((call) => call.replace(/^(-c \S* )+/, "").split(" ", 1)[0] ?? "");
  };
  return { env: { ...stage.env, PATH: `${bin}${delimiter}${stage.env["PATH"] ?? ""}` }, count };
}

it("every step of a dispatch starts few git processes", async () => {
  const { env, count } = await countedGit();
  const repo = createGitRepo({ root: stage.root, env });
  const base = await stage.git(["rev-parse", "HEAD"]);
  const order = { task: "t1", path: stage.treeOf("t1"), branch: "cco/t1", commit: base };
  const place = { path: order.path, branch: order.branch };
  expect(await count(() => repo.base())).toEqual([]);
  expect(await count(() => repo.openWorktree(order))).toEqual(["worktree"]);
  expect(await count(() => repo.seal(place, base, "nothing"))).toEqual(["status"]);
  await stage.write({ "src/b.txt": "b\n", "src/a.txt": null }, place.path);
  expect(await count(() => repo.seal(place, base, "work"))).toEqual(["status", "update-index", "commit", "diff-tree"]);
  const commit = (await repo.tip("cco/t1")) ?? "";
  expect(await count(() => repo.seal(place, base, "again"))).toEqual(["status", "rev-list", "diff-tree"]);
  expect(await count(() => repo.restore(place, commit))).toEqual(["status"]);
  expect(await count(() => repo.openWorktree(order))).toEqual(["for-each-ref", "for-each-ref"]);
  expect(await count(() => repo.rebase(place, "main"))).toEqual(["rev-list"]);
  expect(await count(() => repo.rebase(place, "main", base))).toEqual([]);
  expect(await count(() => repo.fastForward("main", base, commit, ["src/a.txt"]))).toEqual(["merge"]);
  expect(await count(() => repo.closeWorktree(place))).toEqual(["status", "worktree"]);
});
