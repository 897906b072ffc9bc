import { existsSync } from "node:fs";
import { chmod, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Place } from "../../src/model/record.ts";
import { verifies } from "../requirements.ts";
import { type GitStage, pictureOf, setGitStage } from "../support/git-stage.ts";

verifies("K6", "C7");

const lines = (...texts: string[]): string => texts.map((text) => `${text}\n`).join("");

describe("moving the base branch forward", () => {
  let stage: GitStage;
  let place: Place;
  let base: string;
  beforeEach(async () => {
    stage = await setGitStage({
      files: { "src/shared.txt": lines("1", "2", "3", "4", "5", "6", "7", "8", "9"), "docs/x.md": "x\n" },
    });
    base = await stage.git(["rev-parse", "HEAD"]);
    place = await stage.open("t1");
  });
  afterEach(() => stage.close());

  const work = async (files: Readonly<Record<string, string | null>>): Promise<string> => {
    await stage.write(files, place.path);
    return (await stage.repo.seal(place, base, "work")).commit;
  };

  describe("fast-forward", () => {
    it("updates the user's checkout, keeps other dirty files byte for byte and what is staged staged", async () => {
      const commit = await work({ "src/shared.txt": lines("worker"), "src/new.txt": "n\n", "docs/x.md": null });
      await stage.write({ "README.md": "staged\n", "src/a.txt": "changed\n", "untracked.txt": "u\n" });
      await stage.git(["add", "README.md"]);
      await stage.write({ "README.md": "staged, then changed\n" });
      const paths = ["README.md", "src/a.txt", "untracked.txt"];
      const before = await pictureOf(stage, paths);
      expect(await stage.repo.fastForward("main", base, commit)).toEqual({ kind: "forwarded" });
      expect(await pictureOf(stage, paths)).toEqual(before);
      expect(await stage.git(["rev-parse", "main"])).toBe(commit);
      expect(await stage.read("src/shared.txt")).toBe(lines("worker"));
      expect(existsSync(join(stage.root, "docs/x.md"))).toBe(false);
      expect(await stage.repo.fastForward("main", base, commit)).toEqual({ kind: "forwarded" });
    });

    it.each([
      ["changed", "src/shared.txt"],
      ["staged", "src/shared.txt"],
      ["deleted", "src/shared.txt"],
      ["untracked in the way", "src/new.txt"],
      ["ignored in the way", "src/made.log"],
      ["file where a folder goes", "deep"],
      ["ignored file where a folder goes", "x.log"],
      ["link where a folder goes", "deep"],
      ["folder where a file goes", "src/new.txt"],
    ])("does nothing when a touched path is not clean: %s", async (how, path) => {
      await stage.write({ "src/made.log": "l\n", "x.log/y.txt": "y\n" }, place.path);
      await stage.git(["add", "--force", "src/made.log", "x.log/y.txt"], place.path);
      const commit = await work({ "src/shared.txt": lines("worker"), "src/new.txt": "n\n", "deep/er/file.txt": "d\n" });
      if (how === "deleted") await stage.write({ [path]: null });
      else if (how === "link where a folder goes") await symlink("docs", join(stage.root, path));
      else if (how === "folder where a file goes") await stage.write({ [`${path}/inside.txt`]: "mine\n" });
      else await stage.write({ [path]: "mine\n" });
      if (how === "staged") await stage.git(["add", path]);
      const before = await pictureOf(stage, ["src/a.txt"]);
      const hint = ["src/shared.txt"];
      expect(await stage.repo.fastForward("main", base, commit, hint)).toEqual({ kind: "dirty", files: [path] });
      expect(await pictureOf(stage, ["src/a.txt"])).toEqual(before);
      expect(await stage.git(["rev-parse", "main"])).toBe(base);
      if (how !== "deleted" && !how.startsWith("folder") && !how.startsWith("link")) {
        expect(await stage.read(path)).toBe("mine\n");
      }
    });

    it("swaps the reference of a branch that is not checked out, and touches no file", async () => {
      const commit = await work({ "src/shared.txt": lines("worker") });
      await stage.git(["checkout", "--quiet", "-b", "feature"]);
      await stage.write({ "src/shared.txt": "mine\n" });
      const before = await pictureOf(stage, ["src/shared.txt"]);
      expect(await stage.repo.fastForward("main", base, commit)).toEqual({ kind: "forwarded" });
      expect(await stage.repo.tip("main")).toBe(commit);
      expect(await stage.repo.tip("feature")).toBe(base);
      expect(await pictureOf(stage, ["src/shared.txt"])).toEqual(before);
    });

    it("goes to the linked work tree that has the branch", async () => {
      const commit = await work({ "src/shared.txt": lines("worker") });
      await stage.git(["checkout", "--quiet", "--detach"]);
      const linked = join(stage.dir, "linked");
      await stage.git(["worktree", "add", "--quiet", linked, "main"]);
      await stage.write({ "src/shared.txt": "mine\n" }, linked);
      expect(await stage.repo.fastForward("main", base, commit)).toEqual({ kind: "dirty", files: ["src/shared.txt"] });
      await stage.git(["checkout", "--quiet", "src/shared.txt"], linked);
      expect(await stage.repo.fastForward("main", base, commit)).toEqual({ kind: "forwarded" });
      expect(await stage.read("src/shared.txt", linked)).toBe(lines("worker"));
      expect(await stage.read("src/shared.txt")).toContain("1\n");
    });

    it("says that the branch moved, or that it is done already", async () => {
      const commit = await work({ "src/b.txt": "b\n" });
      await stage.write({ "docs/x.md": "user\n" });
      const moved = await stage.commit("user");
      expect(await stage.repo.fastForward("main", base, commit)).toEqual({ kind: "moved" });
      expect(await stage.repo.fastForward("gone", base, commit)).toEqual({ kind: "moved" });
      expect(await stage.git(["rev-parse", "main"])).toBe(moved);
      await stage.repo.rebase(place, "main");
      const rebased = (await stage.repo.tip("cco/t1")) ?? "";
      await stage.repo.fastForward("main", moved, rebased);
      await stage.commit("user goes on");
      expect(await stage.repo.fastForward("main", moved, rebased)).toEqual({ kind: "forwarded" });
    });

    it("waits for a rebase, merge or cherry-pick of the user", async () => {
      const commit = await work({ "src/b.txt": "b\n" });
      const mergeHead = join(stage.root, ".git", "MERGE_HEAD");
      await writeFile(mergeHead, `${base}\n`);
      expect(await stage.repo.fastForward("main", base, commit)).toEqual({ kind: "dirty", files: [mergeHead] });
      await rm(mergeHead);
      await stage.git(["checkout", "--quiet", "--detach"]);
      const state = join(stage.root, ".git", "rebase-merge");
      await mkdir(state);
      await writeFile(join(state, "head-name"), "refs/heads/main\n");
      expect(await stage.repo.fastForward("main", base, commit)).toEqual({ kind: "dirty", files: [state] });
      expect(await stage.repo.tip("main")).toBe(base);
    });

    it("handles odd names", async () => {
      const commit = await work({ 'new\nline/ü "x".txt': "x\n", "-dash": "y\n" });
      await stage.write({ 'new\nline/ü "x".txt': "mine\n" });
      expect(await stage.repo.fastForward("main", base, commit)).toEqual({
        kind: "dirty",
        files: ['new\nline/ü "x".txt'],
      });
      await stage.write({ "new\nline": null });
      expect(await stage.repo.fastForward("main", base, commit)).toEqual({ kind: "forwarded" });
      expect(await stage.read("-dash")).toBe("y\n");
    });

    it("brings a file mode along", async () => {
      await chmod(join(place.path, "src/a.txt"), 0o755);
      const commit = await work({});
      expect(await stage.repo.fastForward("main", base, commit)).toEqual({ kind: "forwarded" });
      expect(await stage.git(["ls-files", "--stage", "src/a.txt"])).toContain("100755");
      expect(await stage.git(["status", "--porcelain"])).toBe("");
    });
  });

  describe("branches", () => {
    it("are dropped only when their commits are elsewhere and nobody has them checked out", async () => {
      const commit = await work({ "src/b.txt": "b\n" });
      expect(await stage.repo.dropMergedBranch("cco/t1", "main")).toBe(false);
      await stage.repo.closeWorktree(place);
      expect(await stage.repo.dropMergedBranch("cco/t1", "main")).toBe(false);
      expect(await stage.repo.dropMergedBranch("cco/t1", "no-such-branch")).toBe(false);
      await stage.repo.fastForward("main", base, commit);
      expect(await stage.repo.dropMergedBranch("main", "main")).toBe(false);
      expect(await stage.repo.dropMergedBranch("cco/t1", "main")).toBe(true);
      expect(await stage.repo.tip("cco/t1")).toBeNull();
      expect(await stage.repo.dropMergedBranch("cco/t1", "main")).toBe(true);
    });
  });
});
