import { existsSync } from "node:fs";
import { mkdir, rename, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGitRepo } from "../../src/git/repo.ts";
import { verifies } from "../requirements.ts";
import { type GitStage, LOCK_WAIT_MS, setGitStage } from "../support/git-stage.ts";

verifies("C7");

describe("the work tree of a task, after a crash or a hand in it,", () => {
  let stage: GitStage;
  beforeEach(async () => {
    stage = await setGitStage();
  });
  afterEach(() => stage.close());

  const treeGitDir = (task: string): string => join(stage.root, ".git", "worktrees", task);

  it("is found again, with the worker's changes in it", async () => {
    const place = await stage.open("t1");
    await stage.write({ "src/a.txt": "changed\n" }, place.path);
    expect(await stage.open("t1")).toEqual(place);
    expect(await stage.read("src/a.txt", place.path)).toBe("changed\n");
    await stage.repo.seal(place, await stage.git(["rev-parse", "main"]), "work");
    expect(await stage.open("t1")).toEqual(place);
    expect(await stage.read("src/a.txt", place.path)).toBe("changed\n");
  });

  it("is created when a crash left only the branch", async () => {
    await stage.git(["branch", "cco/t1"]);
    const place = await stage.open("t1");
    expect(await stage.git(["symbolic-ref", "HEAD"], place.path)).toBe("refs/heads/cco/t1");
  });

  it("is created again when somebody deleted the folder", async () => {
    const base = await stage.git(["rev-parse", "HEAD"]);
    const place = await stage.open("t1");
    await stage.write({ "src/b.txt": "b\n" }, place.path);
    const { commit } = await stage.repo.seal(place, base, "work");
    await rm(place.path, { recursive: true });
    await stage.open("t1", base);
    expect(await stage.git(["rev-parse", "HEAD"], place.path)).toBe(commit);
    expect(await stage.read("src/b.txt", place.path)).toBe("b\n");
  });

  it.each(["locked, files missing", "no index", "folder with leftovers", "empty folder", "no .git file"])(
    "is completed after a crash half-way: %s",
    async (state) => {
      const place = await stage.open("t1");
      const gitDir = treeGitDir("t1");
      if (state === "locked, files missing") {
        await writeFile(join(gitDir, "locked"), "initializing");
        await rm(join(place.path, "src"), { recursive: true });
      }
      if (state === "no index") await rm(join(gitDir, "index"));
      if (state === "no .git file") await rm(join(place.path, ".git"));
      if (state === "folder with leftovers") {
        await rm(gitDir, { recursive: true });
        await stage.write({ "precious.txt": "work\n" }, place.path);
      }
      if (state === "empty folder") {
        await rm(place.path, { recursive: true });
        await rm(gitDir, { recursive: true });
        await mkdir(place.path);
      }
      expect(await stage.open("t1")).toEqual(place);
      expect(await stage.git(["status", "--porcelain"], place.path)).toBe("");
      expect(await stage.git(["symbolic-ref", "HEAD"], place.path)).toBe("refs/heads/cco/t1");
      expect(await stage.read("src/a.txt", place.path)).toBe("a\n");
      if (state === "folder with leftovers")
        expect(await stage.read("precious.txt", `${place.path}.lost-1`)).toBe("work\n");
    },
  );

  it("moves with the project", async () => {
    const base = await stage.git(["rev-parse", "HEAD"]);
    await stage.open("t1");
    await stage.write({ "src/a.txt": "changed\n" }, stage.treeOf("t1"));
    const moved = join(stage.dir, "moved");
    await rename(stage.root, moved);
    const path = join(moved, ".cco", "worktrees", "t1");
    const repo = stage.reopen(moved);
    const place = await repo.openWorktree({ task: "t1", path, branch: "cco/t1", commit: base });
    expect((await repo.seal(place, base, "work")).files).toEqual([{ path: "src/a.txt", status: "modified" }]);
  });

  it("waits for a lock of the user, and leaves it where it is when it stays", async () => {
    const lock = join(stage.root, ".git", "index.lock");
    const base = await stage.git(["rev-parse", "HEAD"]);
    const place = await stage.open("t1");
    await stage.write({ "src/b.txt": "b\n" }, place.path);
    const { commit } = await stage.repo.seal(place, base, "work");
    await writeFile(lock, "");
    expect(await stage.repo.fastForward("main", base, commit)).toEqual({ kind: "dirty", files: [lock] });
    expect(existsSync(lock)).toBe(true);
    const forwarded = createGitRepo({ root: stage.root, env: stage.env, lockWaitMs: 30_000 }).fastForward(
      "main",
      base,
      commit,
    );
    await rm(lock);
    expect(await forwarded).toEqual({ kind: "forwarded" });
  });

  it("takes its own locks over when a crash left them", async () => {
    const base = await stage.git(["rev-parse", "HEAD"]);
    const place = await stage.open("t1");
    await stage.write({ "src/b.txt": "b\n" }, place.path);
    const locks = [join(treeGitDir("t1"), "index.lock"), join(stage.root, ".git/refs/heads/cco/t1.lock")];
    const old = new Date(Date.now() - 10 * LOCK_WAIT_MS);
    for (const lock of locks) {
      await writeFile(lock, "");
      await utimes(lock, old, old);
    }
    expect((await stage.repo.seal(place, base, "work")).files).toEqual([{ path: "src/b.txt", status: "added" }]);
  });

  it("opens many at once", async () => {
    // git reads the others while it registers one: some of them are half made then.
    const names = Array.from({ length: 12 }, (_, n) => `p${n + 1}`);
    const places = await Promise.all(names.map((name) => stage.open(name)));
    expect(places.map((place) => place.branch)).toEqual(names.map((name) => `cco/${name}`));
  });

  it("keeps the worker's files when the branch or the index was deleted", async () => {
    const base = await stage.git(["rev-parse", "HEAD"]);
    const place = await stage.open("t1");
    await stage.write({ "src/b.txt": "b\n", "src/a.txt": "changed\n" }, place.path);
    await stage.git(["update-ref", "-d", "refs/heads/cco/t1"]);
    await rm(join(treeGitDir("t1"), "index"));
    expect(await stage.open("t1", base)).toEqual(place);
    await stage.git(["update-ref", "-d", "refs/heads/cco/t1"]);
    const { commit, files } = await stage.repo.seal(place, base, "work");
    expect(files).toEqual([
      { path: "src/a.txt", status: "modified" },
      { path: "src/b.txt", status: "added" },
    ]);
    expect(await stage.git(["rev-parse", `${commit}^`])).toBe(base);
  });

  it("waits for a creation that goes on", async () => {
    const place = await stage.open("t1");
    const locked = join(treeGitDir("t1"), "locked");
    await stage.write({ "src/b.txt": "still there\n" }, place.path);
    await writeFile(locked, "initializing");
    const opened = createGitRepo({ root: stage.root, env: stage.env, lockWaitMs: 30_000 }).openWorktree({
      task: "t1",
      path: place.path,
      branch: "cco/t1",
      commit: await stage.git(["rev-parse", "HEAD"]),
    });
    await rm(locked);
    expect(await opened).toEqual(place);
    expect(await stage.read("src/b.txt", place.path)).toBe("still there\n");
  });
});
