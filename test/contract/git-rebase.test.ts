import { existsSync } from "node:fs";
import { rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Place } from "../../src/model/record.ts";
import { verifies } from "../requirements.ts";
import { armHooks, type GitStage, setGitStage } from "../support/git-stage.ts";

verifies("K6", "C7");

const lines = (...texts: string[]): string => texts.map((text) => `${text}\n`).join("");

describe("bringing a change onto the moved base", () => {
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

  describe("rebase", () => {
    it("has nothing to do when the base did not move", async () => {
      const commit = await work({ "src/b.txt": "b\n" });
      expect(await stage.repo.rebase(place, "main")).toEqual({ kind: "unmoved" });
      expect(await stage.repo.tip("cco/t1")).toBe(commit);
    });

    it("moves the branch onto the new tip, without hooks, whatever the user configured", async () => {
      await work({ "src/shared.txt": lines("one", "2", "3", "4", "5", "6", "7", "8", "9") });
      await stage.write({ "src/shared.txt": lines("1", "2", "3", "4", "5", "6", "7", "8", "nine") });
      const onto = await stage.commit("user");
      await stage.git(["branch", "stacked", "cco/t1"]);
      for (const key of [
        "rebase.autoStash",
        "rebase.autoSquash",
        "rebase.updateRefs",
        "rebase.rebaseMerges",
        "commit.gpgsign",
      ]) {
        await stage.git(["config", key, "true"]);
      }
      const stacked = await stage.repo.tip("stacked");
      const marker = await armHooks(stage);
      const result = await stage.repo.rebase(place, "main");
      expect(existsSync(marker)).toBe(false);
      expect(result).toEqual({ kind: "rebased", onto, commit: await stage.repo.tip("cco/t1") });
      expect(await stage.repo.tip("stacked")).toBe(stacked);
      expect(await stage.read("src/shared.txt", place.path)).toBe(
        lines("one", "2", "3", "4", "5", "6", "7", "8", "nine"),
      );
      expect(await stage.repo.rebase(place, "main")).toEqual({ kind: "unmoved" });
      expect(await stage.repo.seal(place, onto, "again")).toMatchObject({
        base: onto,
        files: [{ path: "src/shared.txt" }],
      });
    });

    it("leaves everything as it was when the change conflicts", async () => {
      const commit = await work({ "src/shared.txt": lines("worker"), "src/b.txt": "b\n", "docs/x.md": null });
      await stage.write({ "src/shared.txt": lines("user"), "docs/x.md": "user\n" });
      await stage.commit("user");
      expect(await stage.repo.rebase(place, "main")).toEqual({
        kind: "conflict",
        files: ["docs/x.md", "src/shared.txt"],
      });
      expect(await stage.git(["status", "--porcelain=v2", "--branch"], place.path)).toBe(
        `# branch.oid ${commit}\n# branch.head cco/t1`,
      );
      expect(await stage.read("src/shared.txt", place.path)).toBe(lines("worker"));
    });

    it("lets the second of two tasks that change the same lines know", async () => {
      const other = await stage.open("t2");
      const first = await work({ "src/shared.txt": lines("one") });
      await stage.write({ "src/shared.txt": lines("two") }, other.path);
      await stage.repo.seal(other, base, "other");
      expect(await stage.repo.rebase(place, "main")).toEqual({ kind: "unmoved" });
      expect(await stage.repo.fastForward("main", base, first)).toEqual({ kind: "forwarded" });
      expect(await stage.repo.rebase(other, "main")).toEqual({ kind: "conflict", files: ["src/shared.txt"] });
    });

    it.each(["whole", "notes incomplete", "no notes yet"])(
      "recovers from a crash in its middle: state %s",
      async (state) => {
        const commit = await work({ "src/shared.txt": lines("worker") });
        await stage.write({ "src/shared.txt": lines("user") });
        await stage.commit("user");
        const gitDir = join(stage.root, ".git", "worktrees", "t1");
        await expect(stage.git(["rebase", "main"], place.path)).rejects.toThrow();
        await writeFile(join(gitDir, "cco-rebase"), `${commit}\n`);
        if (state === "notes incomplete") await rm(join(gitDir, "rebase-merge", "head-name"));
        if (state === "no notes yet") {
          await stage.git(["rebase", "--abort"], place.path);
          await stage.write({ "src/shared.txt": lines("user"), "docs/of-the-base.md": "" }, place.path);
        }
        expect(await stage.open("t1", base)).toEqual(place);
        expect(await stage.repo.seal(place, base, "again")).toMatchObject({ commit });
        expect(await stage.git(["status", "--porcelain"], place.path)).toBe("");
      },
    );

    it("does not go back behind a rebase that was done when the crash came", async () => {
      const commit = await work({ "src/b.txt": "b\n" });
      await stage.write({ "docs/x.md": "user\n" });
      const onto = await stage.commit("user");
      await stage.repo.rebase(place, "main");
      await writeFile(join(stage.root, ".git/worktrees/t1/cco-rebase"), `${commit}\n`);
      await stage.write({ "src/later.txt": "l\n" }, place.path);
      await stage.open("t1", base);
      const { files } = await stage.repo.seal(place, onto, "again");
      expect(files.map((file) => file.path)).toEqual(["src/b.txt", "src/later.txt"]);
    });

    it.each(["refs/heads/cco/t1.lock", "worktrees/t1/HEAD.lock", "worktrees/t1/index.lock"])(
      "takes over a lock that a crash left: %s",
      async (lock) => {
        await work({ "src/b.txt": "b\n" });
        await stage.write({ "docs/x.md": "user\n" });
        await stage.commit("user");
        const file = join(stage.root, ".git", lock);
        await writeFile(file, "");
        await utimes(file, 1, 1);
        expect(await stage.repo.rebase(place, "main")).toMatchObject({ kind: "rebased" });
        expect(await stage.read("src/b.txt", place.path)).toBe("b\n");
      },
    );

    it("does not end a rebase that the user does by hand", async () => {
      await work({ "src/shared.txt": lines("worker") });
      await stage.write({ "src/shared.txt": lines("user") });
      await stage.commit("user");
      await expect(stage.git(["rebase", "main"], place.path)).rejects.toThrow();
      await stage.write({ "src/shared.txt": lines("half resolved") }, place.path);
      const refused = { code: "REPO_GIT", message: expect.stringContaining("a rebase is under way") };
      await expect(stage.open("t1", base)).rejects.toMatchObject(refused);
      await expect(stage.repo.seal(place, base, "m")).rejects.toMatchObject(refused);
      await expect(stage.repo.rebase(place, "main")).rejects.toMatchObject(refused);
      expect(await stage.read("src/shared.txt", place.path)).toBe(lines("half resolved"));
    });

    it("refuses a work tree with unsealed changes, and keeps them", async () => {
      await work({ "src/b.txt": "b\n" });
      await stage.write({ "docs/x.md": "user\n" });
      await stage.commit("user");
      await stage.write({ "src/a.txt": "unsealed\n" }, place.path);
      await expect(stage.repo.rebase(place, "main")).rejects.toMatchObject({ code: "REPO_GIT" });
      expect(await stage.read("src/a.txt", place.path)).toBe("unsealed\n");
      await expect(stage.repo.rebase(place, "no-such-branch")).rejects.toMatchObject({ code: "REPO_GIT" });
    });

    it("works when git does not know the user", async () => {
      await stage.close();
      stage = await setGitStage({ identity: false });
      base = await stage.git(["rev-parse", "HEAD"]);
      place = await stage.open("t1");
      await work({ "src/b.txt": "b\n" });
      await stage.write({ "src/a.txt": "user\n" });
      await stage.commit("user");
      expect(await stage.repo.rebase(place, "main")).toMatchObject({ kind: "rebased" });
    });
  });
});
