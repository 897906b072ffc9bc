import { existsSync, symlinkSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { splitChange } from "../../src/codex/cloud/report-file.ts";
import type { Place } from "../../src/model/record.ts";
import { verifies } from "../requirements.ts";
import { newFile } from "../support/cloud-routes.ts";
import { type GitStage, setGitStage } from "../support/git-stage.ts";

verifies("A3", "G2");

let stage: GitStage;
let base: string;
beforeEach(async () => {
  stage = await setGitStage();
  base = await stage.git(["rev-parse", "HEAD"]);
});
afterEach(() => stage.close());

const link = (path: string, to: string): string =>
  newFile(path, to).replace("new file mode 100644", "new file mode 120000") + "\\ No newline at end of file\n";

/** A new file of the bytes 0 to 3. */
const BINARY = `diff --git a/src/new.bin b/src/new.bin
new file mode 100644
index 0000000000000000000000000000000000000000..eaf36c1daccfdf325514461cd1a2ffbc139b5464
GIT binary patch
literal 4
LcmZQzWMT#Y01f~L

literal 0
HcmV?d00001

`;

describe("a change that was made elsewhere", () => {
  let place: Place;
  beforeEach(async () => {
    place = await stage.open("t1");
  });

  const written = async (diff: string): Promise<string> => {
    const file = join(stage.dir, "change.diff");
    await writeFile(file, diff);
    return file;
  };
  const apply = async (diff: string): Promise<string | null> =>
    stage.repo.applyChange(place, base, await written(diff));

  it("is applied on the base, whatever the work tree held before", async () => {
    await stage.write({ "src/a.txt": "edited\n", "left.txt": "x\n" }, place.path);
    await stage.repo.seal(place, base, "an attempt before");
    const edit = "diff --git a/src/a.txt b/src/a.txt\n--- a/src/a.txt\n+++ b/src/a.txt\n@@ -1 +1,2 @@\n a\n+b  \n";
    expect(await apply(edit + newFile("new/c.txt", "c\n"))).toBeNull();
    const sealed = await stage.repo.seal(place, base, "from the cloud");
    expect(sealed.files).toEqual([
      { path: "new/c.txt", status: "added" },
      { path: "src/a.txt", status: "modified" },
    ]);
    expect(await stage.git(["rev-parse", "cco/t1^"])).toBe(base);
    expect(await stage.repo.applyChange(place, base, null)).toBeNull();
    expect((await stage.repo.seal(place, base, "nothing")).files).toEqual([]);
  });

  it("is applied also where the end of what was shown was trimmed", async () => {
    await writeFile(join(place.path, "src/a.txt"), "a\n\n");
    const blank = (await stage.repo.seal(place, base, "a file with an empty line")).commit;
    const edit =
      "diff --git a/src/a.txt b/src/a.txt\n--- a/src/a.txt\n+++ b/src/a.txt\n@@ -1,2 +1,2 @@\n-a\n+b\n ".trim();
    expect(await stage.repo.applyChange(place, blank, await written(edit))).toMatch(/corrupt patch/);
    for (const shown of [edit, newFile("src/c.txt", "c\n").trim(), BINARY.trim()]) {
      expect(await stage.repo.applyChange(place, blank, await written(splitChange(shown).change))).toBeNull();
      expect(await stage.repo.changes(place, blank)).toHaveLength(1);
    }
  });

  it("is whole or not at all", async () => {
    const stale = "diff --git a/src/a.txt b/src/a.txt\n--- a/src/a.txt\n+++ b/src/a.txt\n@@ -1 +1 @@\n-other\n+b\n";
    expect(await apply(newFile("new/c.txt", "c\n") + stale)).toMatch(/patch failed: src\/a\.txt/);
    expect(await apply("this is no diff\n")).toMatch(/No valid patches/);
    expect((await stage.repo.changes(place, base)).length).toBe(0);
  });

  it.each([
    ["climbs out", newFile("../../../escaped.txt", "x\n")],
    ["names an absolute path", newFile("/tmp/cco-escaped.txt", "x\n")],
    ["writes into git's folder", newFile(".git/hooks/post-checkout", "x\n")],
    ["goes through a link that it makes", link("out", "../../..") + newFile("out/escaped.txt", "x\n")],
  ])("does not leave the work tree: %s", async (_, diff) => {
    expect(await apply(diff)).toMatch(/invalid path|beyond a symbolic link|git apply|error/);
    for (const path of [join(stage.dir, "escaped.txt"), join(stage.root, "escaped.txt"), "/tmp/cco-escaped.txt"])
      expect(existsSync(path)).toBe(false);
  });

  it("does not go through a link that lies there, and a link that leaves is seen as one", async () => {
    // Ignored, so putting the work tree back leaves it there.
    symlinkSync("../../..", join(place.path, "out.log"));
    expect(await apply(newFile("out.log/escaped.txt", "x\n"))).toMatch(/beyond a symbolic link/);
    expect(await apply(link("out", "/etc"))).toBeNull();
    expect((await stage.repo.seal(place, base, "a link")).files).toContainEqual({ path: "out", status: "link" });
  });
});

describe("whether a commit is in a remote branch", () => {
  const push = async (): Promise<void> => {
    await stage.git(["init", "--quiet", "--bare", join(stage.dir, "remote.git")]);
    await stage.git(["remote", "add", "origin", join(stage.dir, "remote.git")]);
    await stage.git(["push", "--quiet", "origin", "main:trunk"]);
  };

  it("is asked of the upstream, else of the same name at origin or the only remote", async () => {
    expect(await stage.repo.upstream("main")).toBeNull();
    await push();
    expect(await stage.repo.upstream("main")).toEqual({ remote: "origin", branch: "main", hosted: null });
    await stage.git(["branch", "--quiet", "--set-upstream-to=origin/trunk", "main"]);
    expect(await stage.repo.upstream("main")).toEqual({ remote: "origin", branch: "trunk", hosted: null });
    for (const url of ["https://x.test/acme/shop.git", "git@x.test:acme/shop", "ssh://git@x.test/acme/shop/"]) {
      await stage.git(["remote", "set-url", "origin", url]);
      expect(await stage.repo.upstream("main")).toMatchObject({ hosted: "acme/shop" });
    }
  });

  it("is known for what was pushed, what was not, and what is only there", async () => {
    await push();
    const at = { remote: "origin", branch: "trunk" };
    expect(await stage.repo.published(at, base)).toEqual({ kind: "published" });
    expect(await stage.repo.published({ ...at, branch: "main" }, base)).toEqual({ kind: "no-branch" });
    const own = await stage.commit("mine");
    expect(await stage.repo.published(at, own)).toEqual({ kind: "unpublished", commits: 1 });
    await stage.git(["push", "--quiet", "origin", "main:trunk"]);
    expect(await stage.repo.published(at, base)).toEqual({ kind: "published" });
    const clone = join(stage.dir, "clone");
    await stage.git(["clone", "--quiet", "--branch", "trunk", join(stage.dir, "remote.git"), clone]);
    const theirs = await stage.commit("theirs", clone);
    await stage.git(["push", "--quiet"], clone);
    expect(await stage.repo.published(at, own)).toEqual({ kind: "unknown-tip", tip: theirs });
  });

  it("is taken as it was last seen when the remote does not answer", async () => {
    await push();
    await stage.git(["remote", "set-url", "origin", join(stage.dir, "gone.git")]);
    expect(await stage.repo.published({ remote: "origin", branch: "trunk" }, base)).toEqual({ kind: "published" });
  });
});
