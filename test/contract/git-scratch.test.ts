import { existsSync } from "node:fs";
import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { verifies } from "../requirements.ts";
import { type GitStage, setGitStage } from "../support/git-stage.ts";

verifies("K1");

describe("scratch work trees", () => {
  let stage: GitStage;
  let base: string;
  let path: string;
  beforeEach(async () => {
    stage = await setGitStage();
    base = await stage.git(["rev-parse", "HEAD"]);
    path = stage.treeOf("t1~1");
  });
  afterEach(() => stage.close());

  it("are detached, and go away with everything in them", async () => {
    await stage.repo.openScratch(path, base);
    expect(await stage.git(["rev-parse", "--symbolic-full-name", "HEAD"], path)).toBe("HEAD");
    await stage.write({ "src/a.txt": "changed\n", "new/x.txt": "", "node_modules/x.js": "" }, path);
    await stage.git(["init", "--quiet", "nested"], path);
    await mkdir(join(path, "read-only"));
    await writeFile(join(path, "read-only", "f"), "");
    await chmod(join(path, "read-only"), 0o555);
    await stage.repo.dropScratch(path);
    expect(existsSync(path)).toBe(false);
    expect(await stage.git(["worktree", "list", "--porcelain"])).not.toContain("worktrees/t1~1");
    await stage.repo.dropScratch(path);
  });

  it.each(["whole", "folder gone", "registration gone", "half made"])(
    "are replaced after a crash: %s",
    async (state) => {
      await stage.repo.openScratch(path, base);
      await stage.write({ "junk.txt": "" }, path);
      const gitDir = await stage.git(["rev-parse", "--absolute-git-dir"], path);
      if (state === "folder gone") await rm(path, { recursive: true });
      if (state === "registration gone") await rm(gitDir, { recursive: true });
      if (state === "half made") {
        await writeFile(join(gitDir, "locked"), "initializing");
        await rm(join(gitDir, "index"));
        await rm(join(path, ".git"));
      }
      await stage.repo.openScratch(path, base);
      expect(await stage.git(["status", "--porcelain"], path)).toBe("");
      expect(existsSync(join(path, "junk.txt"))).toBe(false);
    },
  );

  it("are never a task's tree, the user's tree or a folder around it", async () => {
    const place = await stage.open("t1");
    for (const other of [place.path, stage.root, stage.dir, join(stage.root, "src", "..")]) {
      await expect(stage.repo.dropScratch(other)).rejects.toMatchObject({ code: "REPO_GIT" });
    }
    expect(existsSync(join(place.path, "src/a.txt"))).toBe(true);
    await stage.git(["init", "--quiet", join(stage.dir, "other")]);
    await expect(stage.repo.dropScratch(join(stage.dir, "other"))).rejects.toMatchObject({ code: "REPO_GIT" });
  });

  it("take new files, inside of them only, and none of the tracked ones", async () => {
    await symlink("/tmp", join(stage.root, "link"));
    await stage.repo.openScratch(path, await stage.commit("link"));
    const write = async (file: string, mayReplace = false): Promise<boolean> =>
      (await stage.repo.writeScratchFile(path, { path: file, content: "x\n" }, mayReplace)) === "written";
    for (const file of ["test/new.test.js", "./other.js", "src/ünï code.js", "test/new.test.js"]) {
      expect([file, await write(file)]).toEqual([file, true]);
    }
    expect(await stage.read("test/new.test.js", path)).toBe("x\n");
    const refused = ["src/a.txt", "/tmp/x", "../x", "src/../../x", "link/x", "link", ".git", ".git/hooks/x", "src", ""];
    refused.push("src/a.txt/below", "a//b", "a/./b", ".GIT/config", "nul\0byte");
    for (const file of refused) expect([file, await write(file)]).toEqual([file, false]);
    expect(await stage.read("src/a.txt", path)).toBe("a\n");
    expect(await write("src/a.txt", true)).toBe(true);
    expect(await write("link/x", true)).toBe(false);
    expect(await stage.read("src/a.txt", path)).toBe("x\n");
  });
});

describe("diffs", () => {
  let stage: GitStage;
  beforeEach(async () => {
    stage = await setGitStage();
  });
  afterEach(() => stage.close());

  it("are written whole and returned in part, cut between characters", async () => {
    const base = await stage.git(["rev-parse", "HEAD"]);
    const place = await stage.open("t1");
    await stage.write({ "src/b.txt": "ü".repeat(1000) }, place.path);
    const { commit } = await stage.repo.seal(place, base, "work");
    const file = join(stage.dir, "diff.patch");
    const whole = await stage.repo.writeDiff(place, { base, commit }, file, 1_000_000);
    expect(await stage.read("diff.patch", stage.dir)).toBe(whole);
    for (const limit of [0, 1, 500, 501, 502]) {
      const part = await stage.repo.writeDiff(place, { base, commit }, file, limit);
      expect(whole.startsWith(part)).toBe(true);
      expect(Buffer.byteLength(part)).toBeGreaterThanOrEqual(limit - 1);
      expect(Buffer.byteLength(part)).toBeLessThanOrEqual(limit);
    }
    expect(existsSync(`${file}.${process.pid}.tmp`)).toBe(false);
  });

  it("do not follow the diff settings and drivers of the user or the worker", async () => {
    const base = await stage.git(["rev-parse", "HEAD"]);
    const place = await stage.open("t1");
    const marker = join(stage.dir, "driver-ran");
    await stage.git(["config", "diff.external", `touch ${marker}`]);
    await stage.git(["config", "diff.evil.command", `touch ${marker}`]);
    await stage.git(["config", "diff.evil.textconv", `touch ${marker}; cat`]);
    for (const [key, value] of [
      ["diff.noprefix", "true"],
      ["color.ui", "always"],
      ["diff.mnemonicPrefix", "true"],
    ] as const) {
      await stage.git(["config", key, value]);
    }
    await stage.write({ "src/a.txt": "changed\n", ".gitattributes": "* diff=evil\n" }, place.path);
    const { commit } = await stage.repo.seal(place, base, "work");
    const text = await stage.repo.writeDiff(place, { base, commit }, join(stage.dir, "d"), 10_000);
    expect(text).toContain("--- a/src/a.txt\n+++ b/src/a.txt\n");
    expect(existsSync(marker)).toBe(false);
  });

  it("show the work tree as it is when there is no commit yet", async () => {
    const base = await stage.git(["rev-parse", "HEAD"]);
    const place = await stage.open("t1");
    await stage.write({ "src/new.txt": "n\n" }, place.path);
    const text = await stage.repo.writeDiff(place, { base, commit: null }, join(stage.dir, "d"), 10_000);
    expect(text).toContain("+++ b/src/new.txt");
    expect(await stage.git(["status", "--porcelain"], place.path)).toBe("?? src/new.txt");
  });
});
