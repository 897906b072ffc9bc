import { mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { plainCheckout, plainHead, plainLayout, plainRef } from "../../src/git/plain-files.ts";
import { type GitStage, setGitStage } from "../support/git-stage.ts";

let stage: GitStage;
beforeEach(async () => {
  stage = await setGitStage();
});
afterEach(() => stage.close());

/** What the files say of a branch, and what git says of it. */
async function bothSay(branch: string): Promise<{ files: unknown; git: unknown }> {
  const layout = plainLayout(stage.root);
  if (layout === null) throw new Error("not a plain repository");
  const ref = `refs/heads/${branch}`;
  const format = "--format=%(objectname)%09%(worktreepath)";
  const [commit, at] = (await stage.git(["for-each-ref", format, ref])).split("\t");
  return {
    files: { commit: plainRef(layout, ref), at: plainCheckout(layout, ref) },
    git: { commit, at: at === "" ? null : at },
  };
}

describe("a repository as git makes it", () => {
  it("is where git says it is", async () => {
    const [top, gitDir] = (await stage.git(["rev-parse", "--show-toplevel", "--absolute-git-dir"])).split("\n");
    expect(plainLayout(stage.root)).toEqual({ top, gitDir, commonDir: gitDir, plain: true });
    expect(plainHead(join(stage.root, ".git"))).toBe("refs/heads/main");
  });

  it("has the branches that git sees: loose, packed, packed and moved since, checked out elsewhere", async () => {
    await stage.git(["branch", "main-2"]);
    await stage.open("t1");
    for (const pack of [false, true]) {
      if (pack) await stage.git(["pack-refs", "--all"]);
      for (const branch of ["main", "main-2", "cco/t1"]) {
        const { files, git } = await bothSay(branch);
        expect(files, `${branch}, packed: ${String(pack)}`).toEqual(git);
      }
    }
    await stage.commit("moved");
    const { files, git } = await bothSay("main");
    expect(files).toEqual(git);
  });

  it("says nothing of what its files do not hold", async () => {
    const layout = plainLayout(stage.root);
    await stage.git(["symbolic-ref", "refs/heads/alias", "refs/heads/main"]);
    await stage.git(["checkout", "--quiet", "--detach"]);
    expect(layout === null ? "" : plainRef(layout, "refs/heads/alias")).toBeNull();
    expect(layout === null ? "" : plainRef(layout, "refs/heads/none")).toBeNull();
    expect(plainHead(join(stage.root, ".git"))).toBeNull();
    expect(await stage.repo.base()).toEqual({ branch: null, commit: await stage.git(["rev-parse", "HEAD"]) });
  });
});

describe("any other repository is left to git", () => {
  it.each([
    ["bare", ["config", "core.bare", "true"]],
    ["with its work tree elsewhere", ["config", "core.worktree", "/somewhere"]],
    ["with extensions", ["config", "extensions.worktreeConfig", "true"]],
    ["with settings in another file", ["config", "include.path", "/somewhere"]],
  ])("%s", async (_name, args) => {
    await stage.git(args);
    expect(plainLayout(stage.root)).toBeNull();
  });

  it("a linked work tree", async () => {
    expect(plainLayout((await stage.open("t1")).path)).toBeNull();
  });

  it("a git folder behind a link", async () => {
    await rename(join(stage.root, ".git"), join(stage.dir, "elsewhere"));
    await symlink(join(stage.dir, "elsewhere"), join(stage.root, ".git"));
    expect(plainLayout(stage.root)).toBeNull();
  });

  it("a folder that only looks like one", async () => {
    await mkdir(join(stage.dir, "none", ".git"), { recursive: true });
    await writeFile(join(stage.dir, "none", ".git", "config"), "[core]\n\tbare = false\n");
    expect(plainLayout(join(stage.dir, "none"))).toBeNull();
  });
});
