import { existsSync } from "node:fs";
import { mkdir, readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createGitRepo } from "../../src/git/repo.ts";
import { verifies } from "../requirements.ts";
import { armHooks, type GitStage, pictureOf, setGitStage } from "../support/git-stage.ts";

verifies("A3");

describe("the work tree of a task", () => {
  let stage: GitStage;
  beforeEach(async () => {
    stage = await setGitStage();
  });
  afterEach(() => stage.close());

  const treeGitDir = (task: string): string => join(stage.root, ".git", "worktrees", task);

  it("is on its own branch at the commit asked for, and the user's tree does not change", async () => {
    await stage.write({ "README.md": "# mine\n", "src/new.txt": "untracked\n", "src/staged.txt": "staged\n" });
    await stage.git(["add", "src/staged.txt"]);
    const before = await pictureOf(stage, ["README.md", "src/new.txt", "src/staged.txt"]);
    const commit = await stage.git(["rev-parse", "HEAD"]);
    const place = await stage.open("t1", commit);
    expect(place).toEqual({ path: stage.treeOf("t1"), branch: "cco/t1" });
    expect(await stage.git(["symbolic-ref", "HEAD"], place.path)).toBe("refs/heads/cco/t1");
    expect(await stage.git(["rev-parse", "HEAD"], place.path)).toBe(commit);
    expect(await stage.read("README.md", place.path)).toBe("# project\n");
    expect(existsSync(join(place.path, "src/new.txt"))).toBe(false);
    expect(await pictureOf(stage, ["README.md", "src/new.txt", "src/staged.txt"])).toEqual(before);
  });

  it("runs no hook of the user and no file system monitor", async () => {
    const commit = await stage.commit("more");
    const marker = await armHooks(stage);
    const place = await stage.open("t1", commit);
    await stage.write({ "src/b.txt": "b\n" }, place.path);
    const candidate = await stage.repo.seal(place, commit, "work");
    expect(await stage.repo.fastForward("main", commit, candidate.commit)).toEqual({ kind: "forwarded" });
    await stage.repo.closeWorktree(place);
    expect(existsSync(marker)).toBe(false);
    expect(await stage.read("src/b.txt")).toBe("b\n");
  });

  it("says where the user is", async () => {
    const commit = await stage.git(["rev-parse", "HEAD"]);
    expect(await stage.repo.base()).toEqual({ branch: "main", commit });
    await stage.git(["checkout", "--quiet", "-b", "feature/x"]);
    expect(await stage.repo.base()).toEqual({ branch: "feature/x", commit });
    await stage.git(["checkout", "--quiet", "--detach"]);
    expect(await stage.repo.base()).toEqual({ branch: null, commit });
    expect(await stage.open("t1")).toEqual({ path: stage.treeOf("t1"), branch: "cco/t1" });
  });

  it("says that there is no commit, or no repository", async () => {
    const empty = join(stage.dir, "empty");
    await mkdir(empty);
    await expect(stage.reopen(empty).base()).rejects.toMatchObject({ code: "REPO_NOT_FOUND" });
    await stage.git(["init", "--quiet"], empty);
    await expect(stage.reopen(empty).base()).rejects.toMatchObject({ code: "REPO_EMPTY" });
  });

  it("names dirty files of the user: staged, changed, deleted, untracked; not ignored ones", async () => {
    await stage.write({ "README.md": "# mine\n", "src/a.txt": null, "x y.txt": "", "a.log": "", "new/deep/file": "" });
    await stage.write({ "staged.txt": "s" });
    await stage.git(["add", "staged.txt"]);
    expect(await stage.repo.dirtyFiles()).toEqual(["README.md", "new/", "src/a.txt", "staged.txt", "x y.txt"]);
  });

  it("works in a repository that is itself a linked work tree", async () => {
    const linked = join(stage.dir, "linked");
    await stage.git(["worktree", "add", "--quiet", "-b", "side", linked]);
    const repo = stage.reopen(linked);
    const base = await repo.base();
    expect(base.branch).toBe("side");
    const path = join(linked, ".cco", "worktrees", "t1");
    const place = await repo.openWorktree({ task: "t1", path, branch: "cco/t1", commit: base.commit });
    await stage.write({ "src/b.txt": "b\n" }, path);
    const candidate = await repo.seal(place, base.commit, "work");
    expect(await repo.fastForward("side", base.commit, candidate.commit)).toEqual({ kind: "forwarded" });
    expect(await stage.read("src/b.txt", linked)).toBe("b\n");
  });

  it("works beside a bare repository, and in one", async () => {
    const bare = join(stage.dir, "bare.git");
    await stage.git(["clone", "--quiet", "--bare", stage.root, bare]);
    for (const root of [bare, join(stage.dir, "checkout")]) {
      if (root !== bare) await stage.git(["worktree", "add", "--quiet", root, "main"], bare);
      const repo = stage.reopen(root);
      const { commit, branch } = await repo.base();
      expect(branch).toBe("main");
      const path = join(stage.dir, `tree-${root === bare}`);
      const order = { task: "t", path, branch: `cco/${root === bare}`, commit };
      const place = await repo.openWorktree(order);
      await stage.write({ [`src/${root === bare}.txt`]: "b\n" }, path);
      const candidate = await repo.seal(place, commit, "work");
      expect(await repo.fastForward("main", commit, candidate.commit)).toEqual({ kind: "forwarded" });
      expect(await stage.git(["rev-parse", "main"], bare)).toBe(candidate.commit);
      expect(await repo.dirtyFiles()).toEqual([]);
    }
  });

  it("leaves a branch of somebody else alone: other history, or checked out elsewhere", async () => {
    const base = await stage.commit("second");
    await stage.git(["branch", "cco/other", "HEAD~1"]);
    await expect(stage.open("other", base)).rejects.toMatchObject({ code: "REPO_BRANCH_TAKEN" });
    expect(existsSync(stage.treeOf("other"))).toBe(false);
    await stage.git(["worktree", "add", "--quiet", "-b", "cco/elsewhere", join(stage.dir, "elsewhere")]);
    await expect(stage.open("elsewhere", base)).rejects.toMatchObject({ code: "REPO_BRANCH_TAKEN" });
    await stage.git(["checkout", "--quiet", "-b", "cco/mine"]);
    await expect(stage.open("mine", base)).rejects.toMatchObject({ code: "REPO_BRANCH_TAKEN" });
  });

  it("is not confused by a branch below its name or by a prefix of it", async () => {
    await stage.git(["branch", "cco/t1-more"]);
    await stage.git(["branch", "cco/t2/below", "HEAD"]);
    await stage.open("t1");
    expect(await stage.repo.tip("cco/t2")).toBeNull();
    await expect(stage.open("t2")).rejects.toMatchObject({ code: "REPO_GIT" });
  });

  it("has the sparse checkout and the per-work-tree settings of the user, and keeps what lies outside of it", async () => {
    await stage.write({ "big/file.txt": "big\n", "src/b.txt": "b\n" });
    const base = await stage.commit("big");
    await stage.git(["config", "extensions.worktreeConfig", "true"]);
    await stage.git(["sparse-checkout", "set", "src"]);
    const place = await stage.open("t1", base);
    expect(existsSync(join(place.path, "big/file.txt"))).toBe(false);
    await stage.write({ "src/b.txt": "changed\n", "big/new.txt": "outside of the pattern\n" }, place.path);
    const candidate = await stage.repo.seal(place, base, "work");
    expect(candidate.files).toEqual([
      { path: "big/new.txt", status: "added" },
      { path: "src/b.txt", status: "modified" },
    ]);
    expect(await stage.git(["show", `${candidate.commit}:big/file.txt`])).toBe("big");
  });

  it("says what git says when a required filter is not installed", async () => {
    await stage.write({ ".gitattributes": "*.bin filter=lfs\n", "x.bin": "pointer\n" });
    const base = await stage.commit("lfs");
    await stage.open("plain", base);
    expect(await stage.read("x.bin", stage.treeOf("plain"))).toBe("pointer\n");
    await stage.git(["config", "filter.lfs.smudge", "no-such-program-of-anybody"]);
    await stage.git(["config", "filter.lfs.required", "true"]);
    await expect(stage.open("t1", base)).rejects.toMatchObject({
      code: "REPO_GIT",
      message: expect.stringContaining("smudge filter lfs failed"),
    });
  });

  it("refuses a commit that is not one", async () => {
    await expect(stage.open("t1", "--upload-pack=evil")).rejects.toMatchObject({ code: "REPO_GIT" });
    await expect(stage.open("t2", "0".repeat(40))).rejects.toMatchObject({ code: "REPO_GIT" });
  });

  describe("is closed", () => {
    it("when it is clean, ignored files and all; the branch stays", async () => {
      const base = await stage.git(["rev-parse", "HEAD"]);
      const place = await stage.open("t1");
      await stage.write({ "src/b.txt": "b\n", "node_modules/x/index.js": "", "a.log": "" }, place.path);
      await stage.write({ ".codex": "" }, place.path);
      const { commit } = await stage.repo.seal(place, base, "work");
      expect(await stage.repo.closeWorktree(place)).toBe(true);
      expect(existsSync(place.path)).toBe(false);
      expect(await stage.repo.tip("cco/t1")).toBe(commit);
      expect(await stage.git(["worktree", "list"])).not.toContain("worktrees/t1");
      expect(await stage.repo.closeWorktree(place)).toBe(true);
    });

    it.each(["changed", "untracked", "staged", "nested repository", "rebase of the user", "locked by the user"])(
      "never with work in it: %s",
      async (how) => {
        const place = await stage.open("t1");
        if (how === "changed") await stage.write({ "src/a.txt": "changed\n" }, place.path);
        if (how === "untracked") await stage.write({ "new.txt": "" }, place.path);
        if (how === "locked by the user") await stage.git(["worktree", "lock", "--reason", "mine", place.path]);
        if (how === "nested repository") await stage.git(["init", "--quiet", "inner"], place.path);
        if (how === "rebase of the user") await mkdir(join(treeGitDir("t1"), "rebase-merge"));
        if (how === "staged") {
          await stage.write({ "new.txt": "" }, place.path);
          await stage.git(["add", "new.txt"], place.path);
        }
        expect(await stage.repo.closeWorktree(place)).toBe(false);
        expect(existsSync(place.path)).toBe(true);
      },
    );

    it("when the folder is gone already, and never for the user's own work tree", async () => {
      const place = await stage.open("t1");
      await rm(place.path, { recursive: true });
      expect(await stage.repo.closeWorktree(place)).toBe(true);
      expect(await stage.git(["worktree", "list"])).not.toContain("worktrees/t1");
      expect(await stage.repo.closeWorktree({ path: stage.root, branch: null })).toBe(false);
      expect(await stage.repo.closeWorktree({ path: stage.root, branch: "main" })).toBe(false);
    });
  });

  it("works for a project that is reached through a symlink", async () => {
    const link = join(stage.dir, "link");
    await symlink(stage.root, link);
    const repo = stage.reopen(link);
    const { commit } = await repo.base();
    const path = join(link, ".cco", "worktrees", "t1");
    const order = { task: "t1", path, branch: "cco/t1", commit };
    const place = await repo.openWorktree(order);
    await stage.write({ "src/b.txt": "b\n" }, path);
    expect((await repo.seal(place, commit, "work")).files).toEqual([{ path: "src/b.txt", status: "added" }]);
    expect(await repo.openWorktree(order)).toEqual(place);
    expect(await repo.closeWorktree(place)).toBe(true);
  });

  it("ignores variables that point git elsewhere", async () => {
    const env = { ...stage.env, GIT_DIR: "/nowhere", GIT_INDEX_FILE: "/nowhere/index", GIT_WORK_TREE: "/" };
    const repo = createGitRepo({ root: stage.root, env });
    expect((await repo.base()).branch).toBe("main");
    expect(await readFile(join(stage.root, ".git", "HEAD"), "utf8")).toBe("ref: refs/heads/main\n");
  });
});
