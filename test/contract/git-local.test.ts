import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Place } from "../../src/model/record.ts";
import { verifies } from "../requirements.ts";
import { type GitStage, pictureOf, setGitStage } from "../support/git-stage.ts";

verifies("A3", "G2");

describe("the local lane", () => {
  let stage: GitStage;
  let place: Place;
  let base: string;
  beforeEach(async () => {
    stage = await setGitStage({ files: { "src/gone.txt": "g\n" } });
    base = await stage.git(["rev-parse", "HEAD"]);
    place = { path: stage.root, branch: null };
  });
  afterEach(() => stage.close());
  const open = (task = "t1") => stage.repo.openWorktree({ task, path: stage.root, branch: null, commit: base });

  it("makes a candidate without touching HEAD, index or files", async () => {
    await stage.write({ "src/a.txt": "staged\n" });
    await stage.git(["add", "src/a.txt"]);
    await stage.write({ "src/a.txt": "worker\n", "src/new.txt": "n\n", "src/gone.txt": null, "b.log": "" });
    const before = await pictureOf(stage, ["src/a.txt", "src/new.txt"]);
    const candidate = await stage.repo.seal(place, base, "work");
    expect(candidate).toMatchObject({ base, insertions: 2, deletions: 2 });
    expect(candidate.files).toEqual([
      { path: "src/a.txt", status: "modified" },
      { path: "src/gone.txt", status: "deleted" },
      { path: "src/new.txt", status: "added" },
    ]);
    expect(await stage.git(["show", `${candidate.commit}:src/a.txt`])).toBe("worker");
    expect(await stage.git(["rev-parse", `${candidate.commit}^`])).toBe(base);
    expect(await stage.git(["branch", "--all", "--contains", candidate.commit])).toBe("");
    expect(await pictureOf(stage, ["src/a.txt", "src/new.txt"])).toEqual(before);
    expect(await stage.repo.changes(place, base)).toEqual(candidate.files);
    expect(await stage.repo.seal(place, base, "work")).toEqual(candidate);
  });

  it("is the base when nothing changed", async () => {
    expect(await stage.repo.seal(place, base, "work")).toEqual({
      commit: base,
      base,
      files: [],
      insertions: 0,
      deletions: 0,
    });
  });

  it("tells the ignored files of the worker from those that were there", async () => {
    await stage.write({ "mine.log": "", "node_modules/x/i.js": "" });
    expect(await open()).toEqual(place);
    await stage.write({ "worker.log": "", "src/b.txt": "b\n" });
    const files = [
      { path: "src/b.txt", status: "added" },
      { path: "worker.log", status: "ignored" },
    ];
    expect((await stage.repo.seal(place, base, "work")).files).toEqual(files);
    await open();
    expect(await stage.reopen().changes(place, base)).toEqual(files);
  });

  it("measures against what the user had changed when that is the base", async () => {
    await stage.write({ "README.md": "# mine\n", "mine.txt": "m\n", "mine.log": "" });
    await open();
    const before = await stage.repo.seal(place, base, "state before the task");
    await stage.write({ "src/a.txt": "worker\n", "worker.log": "" });
    const candidate = await stage.repo.seal(place, before.commit, "work");
    expect(candidate.files).toEqual([
      { path: "src/a.txt", status: "modified" },
      { path: "worker.log", status: "ignored" },
    ]);
    expect(await stage.git(["rev-parse", `${candidate.commit}~1`])).toBe(before.commit);
  });

  it("leaves the blackboard and other work trees out", async () => {
    await stage.open("t2");
    await open();
    await stage.write({ ".cco/tasks/t1/status.md": "x\n", ".cco/.gitignore": "" });
    expect(await stage.repo.changes(place, base)).toEqual([]);
    expect(await stage.repo.dirtyFiles()).toEqual([]);
  });

  it("reports repositories that the worker made, not those of the user", async () => {
    await stage.git(["init", "--quiet", "vendor/mine"]);
    await open();
    await stage.git(["init", "--quiet", "vendor/new"]);
    expect(await stage.repo.changes(place, base)).toEqual([{ path: "vendor/new/", status: "added" }]);
  });

  it("works in the middle of a merge of the user", async () => {
    await stage.git(["checkout", "--quiet", "-b", "side"]);
    await stage.write({ "src/a.txt": "side\n" });
    await stage.commit("side");
    await stage.git(["checkout", "--quiet", "main"]);
    await stage.write({ "src/a.txt": "main\n" });
    base = await stage.commit("main");
    await expect(stage.git(["merge", "side"])).rejects.toThrow();
    const before = await stage.git(["ls-files", "--stage"]);
    expect(await stage.repo.changes(place, base)).toEqual([{ path: "src/a.txt", status: "modified" }]);
    expect(await stage.git(["ls-files", "--stage"])).toBe(before);
  });

  it("works without an index", async () => {
    const empty = join(stage.dir, "bare-ish");
    await mkdir(empty);
    await stage.git(["clone", "--quiet", "--no-checkout", stage.root, empty]);
    await stage.write({ "src/a.txt": "worker\n" }, empty);
    const files = await stage.reopen(empty).changes({ path: empty, branch: null }, base);
    expect(files).toContainEqual({ path: "src/a.txt", status: "modified" });
  });

  it("writes the diff of the work tree as it is", async () => {
    await stage.write({ "src/a.txt": "worker\n", "src/ünï.txt": "x\n" });
    const file = join(stage.dir, "diff.patch");
    const text = await stage.repo.writeDiff(place, { base, commit: null }, file, 100_000);
    expect(text).toContain("-a\n+worker\n");
    expect(await stage.read("diff.patch", stage.dir)).toBe(text);
    await stage.git(["checkout", "--quiet", "--", "."]);
    await stage.git(["clean", "--quiet", "-fd"]);
    await stage.git(["apply", file]);
    expect(await stage.read("src/ünï.txt")).toBe("x\n");
  });

  it("has nothing to rebase", async () => {
    expect(await stage.repo.rebase(place, "main")).toEqual({ kind: "unmoved" });
  });
});
