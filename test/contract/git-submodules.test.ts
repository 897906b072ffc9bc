import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { verifies } from "../requirements.ts";
import { type GitStage, setGitStage } from "../support/git-stage.ts";

verifies("A3");

describe("a repository with submodules", () => {
  let stage: GitStage;
  let base: string;
  beforeEach(async () => {
    stage = await setGitStage();
    for (const name of ["inner", "lib"]) {
      const path = join(stage.dir, name);
      await stage.git(["init", "--quiet", path]);
      await stage.write({ "code.txt": `${name} 1\n` }, path);
      await stage.commit("1", path);
    }
    await stage.git(["submodule", "--quiet", "add", join(stage.dir, "inner"), "deep/inner"], join(stage.dir, "lib"));
    await stage.commit("2", join(stage.dir, "lib"));
    await stage.git(["submodule", "--quiet", "add", "--name", "the/lib", join(stage.dir, "lib"), "vendor/lib"]);
    await stage.git(["submodule", "--quiet", "update", "--init", "--recursive"]);
    base = await stage.commit("with lib");
    // From here on nothing can be fetched.
    await rm(join(stage.dir, "inner"), { recursive: true });
    await rm(join(stage.dir, "lib"), { recursive: true });
  });
  afterEach(() => stage.close());

  it("has them filled in the work tree of a task, without any remote and without touching the user's settings", async () => {
    const config = await stage.read(".git/config");
    const place = await stage.open("t1", base);
    expect(await stage.read("vendor/lib/code.txt", place.path)).toBe("lib 1\n");
    expect(await stage.read("vendor/lib/deep/inner/code.txt", place.path)).toBe("inner 1\n");
    expect(await stage.read(".git/config")).toBe(config);
    expect(await stage.git(["status", "--porcelain"], place.path)).toBe("");
    expect(await stage.git(["status", "--porcelain"])).toBe("");
    expect(await stage.open("t1", base)).toEqual(place);
    await stage.repo.openScratch(stage.treeOf("t1~1"), base);
    expect(existsSync(join(stage.treeOf("t1~1"), "vendor/lib/deep/inner/code.txt"))).toBe(true);
    await stage.repo.dropScratch(stage.treeOf("t1~1"));
    expect(await stage.repo.closeWorktree(place)).toBe(true);
    expect(await stage.git(["worktree", "list"], join(stage.root, "vendor/lib"))).not.toContain("worktrees/t1");
  });

  it("fills them again when a crash or a hand removed them", async () => {
    const place = await stage.open("t1", base);
    await rm(join(place.path, "vendor/lib"), { recursive: true });
    await stage.open("t1", base);
    expect(existsSync(join(place.path, "vendor/lib/deep/inner/code.txt"))).toBe(true);
    await rm(place.path, { recursive: true });
    await stage.open("t1", base);
    expect(existsSync(join(place.path, "vendor/lib/deep/inner/code.txt"))).toBe(true);
  });

  it("names a change inside of one, which no commit of the task can hold", async () => {
    const place = await stage.open("t1", base);
    await stage.write({ "src/b.txt": "b\n", "vendor/lib/code.txt": "worker\n" }, place.path);
    const { commit, files } = await stage.repo.seal(place, base, "work");
    expect(files).toEqual([
      { path: "src/b.txt", status: "added" },
      { path: "vendor/lib/", status: "modified" },
    ]);
    expect(await stage.repo.closeWorktree(place)).toBe(false);
    await stage.repo.restore(place, commit);
    expect((await stage.repo.seal(place, base, "work")).files).toEqual([{ path: "src/b.txt", status: "added" }]);
    await stage.write({ "vendor/lib/deep/inner/more.txt": "worker\n" }, place.path);
    expect((await stage.repo.changes(place, base)).map((file) => file.path)).toContain("vendor/lib/deep/inner/");
  });

  it("runs nothing that a repository put in the place of one names", async () => {
    const place = await stage.open("t1", base);
    const marker = join(stage.dir, "ran");
    const lib = join(place.path, "vendor/lib");
    await rm(join(lib, ".git"));
    await stage.git(["init", "--quiet"], lib);
    await stage.git(["config", "core.fsmonitor", `touch '${marker}'; false`], lib);
    await stage.git(["config", "filter.evil.clean", `touch '${marker}'; cat`], lib);
    await writeFile(join(lib, ".gitattributes"), "* filter=evil\n");
    await rm(marker, { force: true });
    const { files } = await stage.repo.seal(place, base, "work");
    expect(files).toEqual([{ path: "vendor/lib/", status: "modified" }]);
    expect(existsSync(marker)).toBe(false);
  });

  it("names changes of the local lane too, and the user's own as dirty", async () => {
    const place = { path: stage.root, branch: null };
    await stage.repo.openWorktree({ task: "t1", path: stage.root, branch: null, commit: base });
    await stage.write({ "vendor/lib/code.txt": "changed\n" });
    expect(await stage.repo.changes(place, base)).toEqual([{ path: "vendor/lib/", status: "modified" }]);
    expect(await stage.repo.dirtyFiles()).toEqual(["vendor/lib/"]);
    await stage.repo.openWorktree({ task: "t2", path: stage.root, branch: null, commit: base });
    expect(await stage.repo.changes(place, base)).toEqual([]);
  });

  it("has them at the commits of the moved base after a rebase", async () => {
    const place = await stage.open("t1", base);
    await stage.write({ "src/b.txt": "b\n" }, place.path);
    await stage.repo.seal(place, base, "work");
    const lib = join(stage.root, "vendor/lib");
    await stage.write({ "code.txt": "lib 2\n" }, lib);
    await stage.commit("lib 2", lib);
    const onto = await stage.commit("bump");
    expect(await stage.repo.rebase(place, "main")).toMatchObject({ kind: "rebased", onto });
    expect(await stage.read("vendor/lib/code.txt", place.path)).toBe("lib 2\n");
    expect((await stage.repo.seal(place, onto, "work")).files).toEqual([{ path: "src/b.txt", status: "added" }]);
  });

  it("says which one is not there, and passes over those that the user switched off", async () => {
    await rm(join(stage.root, ".git/modules"), { recursive: true });
    const missing = { code: "REPO_SUBMODULES", message: expect.stringContaining("the/lib") };
    await expect(stage.open("t1", base)).rejects.toMatchObject(missing);
    await expect(stage.open("t1", base)).rejects.toMatchObject(missing);
    await stage.git(["config", "submodule.the/lib.active", "false"]);
    const place = await stage.open("t1", base);
    expect((await stage.repo.seal(place, base, "work")).files).toEqual([]);
  });

  it("finds a submodule whose checkout the user removed", async () => {
    await stage.git(["submodule", "--quiet", "deinit", "--force", "vendor/lib"]);
    const place = await stage.open("t1", base);
    expect(await stage.read("vendor/lib/code.txt", place.path)).toBe("lib 1\n");
  });
});
