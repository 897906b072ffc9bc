import { existsSync } from "node:fs";
import { chmod, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Place } from "../../src/model/record.ts";
import type { ChangedFile } from "../../src/model/verification.ts";
import { verifies } from "../requirements.ts";
import { type GitStage, setGitStage } from "../support/git-stage.ts";

verifies("B1", "C7", "G2");

const byPath = (files: readonly ChangedFile[]): ChangedFile[] => [...files].sort((a, b) => (a.path < b.path ? -1 : 1));

describe("sealing what a worker left", () => {
  let stage: GitStage;
  let place: Place;
  let base: string;
  const start = async (files: Readonly<Record<string, string>> = {}, identity = true): Promise<void> => {
    stage = await setGitStage({ files, identity });
    base = await stage.git(["rev-parse", "HEAD"]);
    place = await stage.open("t1");
  };
  beforeEach(() => start());
  afterEach(() => stage.close());
  const restart = async (files: Readonly<Record<string, string>> = {}, identity = true): Promise<void> => {
    await stage.close();
    await start(files, identity);
  };
  const seal = () => stage.repo.seal(place, base, "add things\n\nTask: t1\n");

  it("commits additions, changes, deletions, renames and mode changes on the branch, and lists them", async () => {
    const long = Array.from({ length: 40 }, (_, n) => `line ${n}\n`).join("");
    await restart({ "src/gone.txt": "1\n2\n", "src/long.txt": long, "run.sh": "echo\n", "src/kind": "file\n" });
    await stage.write({ "src/a.txt": "a\nb\nc\n", "src/gone.txt": null, "docs/new.md": "n\n" }, place.path);
    await rename(join(place.path, "src/long.txt"), join(place.path, "docs/moved.txt"));
    await chmod(join(place.path, "run.sh"), 0o755);
    await stage.write({ "src/kind": null, "src/kind/inside.txt": "folder now\n" }, place.path);
    const candidate = await seal();
    expect(candidate).toMatchObject({ base, insertions: 4, deletions: 3 });
    expect(byPath(candidate.files)).toEqual([
      { path: "docs/moved.txt", status: "renamed", from: "src/long.txt" },
      { path: "docs/new.md", status: "added" },
      { path: "run.sh", status: "mode" },
      { path: "src/a.txt", status: "modified" },
      { path: "src/gone.txt", status: "deleted" },
      { path: "src/kind", status: "deleted" },
      { path: "src/kind/inside.txt", status: "added" },
    ]);
    expect(await stage.git(["rev-parse", "cco/t1"])).toBe(candidate.commit);
    expect(await stage.git(["log", "-1", "--format=%an <%ae>|%B", "cco/t1"])).toBe(
      "Ada <ada@example.com>|add things\n\nTask: t1\n",
    );
    expect(await stage.git(["status", "--porcelain"], place.path)).toBe("");
  });

  it("is the base when nothing changed", async () => {
    expect(await seal()).toEqual({ commit: base, base, files: [], insertions: 0, deletions: 0 });
  });

  it("gives the same answer twice, and makes one commit of what came later", async () => {
    await stage.write({ "src/b.txt": "b\n" }, place.path);
    const first = await seal();
    expect(await seal()).toEqual(first);
    await stage.write({ "src/c.txt": "c\n" }, place.path);
    const second = await seal();
    expect(second.files.map((file) => file.path)).toEqual(["src/b.txt", "src/c.txt"]);
    expect(await stage.git(["rev-parse", `${second.commit}~1`])).toBe(second.base);
    expect(await seal()).toEqual(second);
  });

  it("goes on where a crash ended it: everything staged, nothing committed", async () => {
    await stage.write({ "src/b.txt": "b\n", "src/a.txt": null }, place.path);
    await stage.git(["add", "--all"], place.path);
    expect((await seal()).files).toEqual([
      { path: "src/a.txt", status: "deleted" },
      { path: "src/b.txt", status: "added" },
    ]);
  });

  it("takes over commits of the worker, also when they do not stand on the base", async () => {
    await stage.write({ "src/b.txt": "b\n" }, place.path);
    await stage.commit("by the worker", place.path);
    await stage.write({ "src/c.txt": "c\n" }, place.path);
    expect((await seal()).files.map((file) => file.path)).toEqual(["src/b.txt", "src/c.txt"]);
    const lone = await stage.git(["commit-tree", "-m", "no parent", "HEAD^{tree}"], place.path);
    await stage.git(["reset", "--quiet", "--hard", lone], place.path);
    const candidate = await seal();
    expect(candidate.files.map((file) => file.path)).toEqual(["src/b.txt", "src/c.txt"]);
    expect(await stage.git(["rev-list", "--parents", "-1", candidate.commit])).toBe(`${candidate.commit} ${base}`);
  });

  it("handles odd names", async () => {
    const names = [
      "sp ace",
      "new\nline",
      'quo"te',
      "tab\there",
      "ünï-日本.txt",
      "-dash",
      "back\\slash",
      "*star?",
      "[id]",
      ":colon",
    ];
    await restart(Object.fromEntries(names.map((name) => [`old/${name}`, `content of ${name}\n`])));
    for (const name of names) await stage.write({ [`new/${name}`]: "x\n", [`old/${name}`]: "y\n" }, place.path);
    await stage.write({ "-rf": "", "old/-dash": null }, place.path);
    const candidate = await seal();
    const expected = names.flatMap((name): ChangedFile[] => [
      { path: `new/${name}`, status: "added" },
      { path: `old/${name}`, status: name === "-dash" ? "deleted" : "modified" },
    ]);
    expect(byPath(candidate.files)).toEqual(byPath([...expected, { path: "-rf", status: "added" }]));
    expect(await stage.git(["status", "--porcelain"], place.path)).toBe("");
  });

  it("commits names that are not UTF-8", async () => {
    const name = Buffer.concat([Buffer.from(`${place.path}/bytes-`), Buffer.from([0xff, 0xfe])]);
    await writeFile(name, "x\n");
    const candidate = await seal();
    expect(candidate.files).toHaveLength(1);
    expect(await stage.git(["status", "--porcelain"], place.path)).toBe("");
  });

  it("lists ignored files without committing them, whole folders as one", async () => {
    await stage.write(
      { "a.log": "", "node_modules/x/i.js": "", "node_modules/y/i.js": "", "src/b.log": "" },
      place.path,
    );
    const candidate = await seal();
    expect(candidate.commit).toBe(base);
    expect(byPath(candidate.files)).toEqual([
      { path: "a.log", status: "ignored" },
      { path: "node_modules/", status: "ignored" },
      { path: "src/b.log", status: "ignored" },
    ]);
  });

  it("lists at most 10,000 ignored files", async () => {
    await mkdir(join(place.path, "logs"));
    for (let n = 0; n < 10_050; n += 1) await writeFile(join(place.path, "logs", `${n}.log`), "");
    expect((await seal()).files).toHaveLength(10_000);
  });

  it("stages a folder that became a link, and a file that became a folder", async () => {
    await restart({ "lib/one.txt": "1\n", "other/one.txt": "2\n", thing: "t\n" });
    await rm(join(place.path, "lib"), { recursive: true });
    await symlink("other", join(place.path, "lib"));
    await stage.write({ thing: null, "thing/deep/er.txt": "x\n" }, place.path);
    expect(byPath((await seal()).files)).toEqual([
      { path: "lib", status: "added" },
      { path: "lib/one.txt", status: "deleted" },
      { path: "thing", status: "deleted" },
      { path: "thing/deep/er.txt", status: "added" },
    ]);
    expect(await stage.git(["status", "--porcelain"], place.path)).toBe("");
  });

  it("commits as cco when git does not know the user", async () => {
    await restart({}, false);
    await stage.write({ "src/b.txt": "b\n" }, place.path);
    const { commit } = await seal();
    expect(await stage.git(["log", "-1", "--format=%an <%ae> %cn <%ce>", commit])).toBe(
      "cco <cco@localhost> cco <cco@localhost>",
    );
  });

  it("does not sign, and keeps lines of the message that look like comments", async () => {
    await stage.git(["config", "commit.gpgsign", "true"]);
    await stage.git(["config", "gpg.program", "/nowhere/gpg"]);
    await stage.write({ "src/b.txt": "b\n" }, place.path);
    const { commit } = await stage.repo.seal(place, base, "# first\n\n#second");
    expect(await stage.git(["log", "-1", "--format=%B", commit])).toBe("# first\n\n#second\n");
  });

  it("calls it nothing when only line endings differ that git does not keep", async () => {
    await restart({ ".gitattributes": "*.txt text eol=lf\n" });
    await stage.write({ "src/a.txt": "a\r\n" }, place.path);
    expect(await seal()).toEqual({ commit: base, base, files: [], insertions: 0, deletions: 0 });
  });

  it("refuses a tree that is on another branch or not one of ours", async () => {
    await stage.git(["checkout", "--quiet", "-b", "else"], place.path);
    await expect(seal()).rejects.toMatchObject({ code: "REPO_GIT", message: expect.stringContaining("else") });
    const other = { path: join(stage.dir, "no-tree"), branch: "cco/x" };
    await expect(stage.repo.seal(other, base, "m")).rejects.toMatchObject({ code: "REPO_GIT" });
  });

  it("counts binary files without lines", async () => {
    await writeFile(join(place.path, "x.bin"), Buffer.from([0, 1, 2, 0, 255]));
    expect(await seal()).toMatchObject({ files: [{ path: "x.bin", status: "added" }], insertions: 0, deletions: 0 });
  });

  it("says what changed without committing", async () => {
    await stage.write({ "src/b.txt": "b\n", "src/a.txt": "changed\n", "x.log": "" }, place.path);
    const head = await stage.git(["rev-parse", "HEAD"], place.path);
    const index = await stage.git(["ls-files", "--stage"], place.path);
    expect(await stage.repo.changes(place, base)).toEqual([
      { path: "src/a.txt", status: "modified" },
      { path: "src/b.txt", status: "added" },
      { path: "x.log", status: "ignored" },
    ]);
    expect(await stage.git(["rev-parse", "HEAD"], place.path)).toBe(head);
    expect(await stage.git(["ls-files", "--stage"], place.path)).toBe(index);
  });

  it("puts a tree back after checks that left things behind", async () => {
    await stage.write({ "src/b.txt": "b\n" }, place.path);
    const { commit } = await seal();
    await stage.write({ "src/a.txt": "snapshot\n", "src/b.txt": null, "junk/x.txt": "", "keep.log": "k" }, place.path);
    await stage.git(["init", "--quiet", "junk/repo"], place.path);
    await stage.git(["commit", "--quiet", "--allow-empty", "-m", "by a check"], place.path);
    await stage.repo.restore(place, commit);
    expect(await stage.git(["status", "--porcelain"], place.path)).toBe("");
    expect(await stage.read("src/b.txt", place.path)).toBe("b\n");
    expect(existsSync(join(place.path, "junk"))).toBe(false);
    expect(existsSync(join(place.path, "keep.log"))).toBe(true);
    expect(await seal()).toMatchObject({ commit });
    await stage.write({ "README.md": "mine\n" });
    await stage.repo.restore({ path: stage.root, branch: null }, base);
    expect(await stage.read("README.md")).toBe("mine\n");
  });
});
