import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Place } from "../../src/model/record.ts";
import type { ChangedFile } from "../../src/model/verification.ts";
import { verifies } from "../requirements.ts";
import { type GitStage, setGitStage } from "../support/git-stage.ts";

verifies("G2");

const byPath = (files: readonly ChangedFile[]): ChangedFile[] => [...files].sort((a, b) => (a.path < b.path ? -1 : 1));

describe("sealing what a hostile worker left", () => {
  let stage: GitStage;
  let place: Place;
  let base: string;
  const start = async (files: Readonly<Record<string, string>> = {}): Promise<void> => {
    stage = await setGitStage({ files });
    base = await stage.git(["rev-parse", "HEAD"]);
    place = await stage.open("t1");
  };
  beforeEach(() => start());
  afterEach(() => stage.close());
  const restart = async (files: Readonly<Record<string, string>> = {}): Promise<void> => {
    await stage.close();
    await start(files);
  };
  const seal = () => stage.repo.seal(place, base, "work");

  it("names links that leave the tree", async () => {
    await restart({ "data/x.txt": "x\n" });
    await symlink("/etc/passwd", join(place.path, "absolute"));
    await symlink("../../../../../etc", join(place.path, "src/climbs"));
    await symlink(".git/config", join(place.path, "into-git"));
    await symlink("data/x.txt", join(place.path, "inside"));
    await symlink("../data", join(place.path, "src/inside-too"));
    await symlink("absolute/../../gone", join(place.path, "chained"));
    await symlink("loop", join(place.path, "loop"));
    await rm(join(place.path, "src/a.txt"));
    await symlink("/etc/hosts", join(place.path, "src/a.txt"));
    const { files } = await seal();
    expect(byPath(files)).toEqual([
      { path: "absolute", status: "link" },
      { path: "chained", status: "link" },
      { path: "inside", status: "added" },
      { path: "into-git", status: "link" },
      { path: "loop", status: "added" },
      { path: "src/a.txt", status: "link" },
      { path: "src/climbs", status: "link" },
      { path: "src/inside-too", status: "added" },
    ]);
  });

  it("finds a link that ends outside by way of an older one", async () => {
    await stage.close();
    stage = await setGitStage();
    await symlink("/etc", join(stage.root, "old-link"));
    base = await stage.commit("link");
    place = await stage.open("t1", base);
    await symlink("old-link/passwd", join(place.path, "there"));
    await symlink("old-link/not/there/yet", join(place.path, "later"));
    expect((await seal()).files).toEqual([
      { path: "later", status: "link" },
      { path: "there", status: "link" },
    ]);
  });

  it("reports nested repositories, leaves them out, and runs nothing that their settings name", async () => {
    const marker = join(stage.dir, "nested-ran");
    await restart();
    for (const name of ["empty", "src/full"]) {
      const inner = join(place.path, name);
      await mkdir(inner, { recursive: true });
      await stage.git(["init", "--quiet"], inner);
      await stage.git(["config", "core.fsmonitor", `touch '${marker}'; false`], inner);
      await stage.git(["config", "filter.evil.clean", `touch '${marker}'; cat`], inner);
    }
    const full = join(place.path, "src/full");
    await writeFile(join(full, "f.txt"), "f\n");
    await stage.git(["-c", "core.fsmonitor=false", "add", "f.txt"], full);
    await stage.git(["-c", "core.fsmonitor=false", "commit", "--quiet", "-m", "inner"], full);
    await writeFile(join(full, ".gitattributes"), "* filter=evil\n");
    await writeFile(join(full, "f.txt"), "changed\n");
    await rm(marker, { force: true });
    await stage.write({ "src/b.txt": "b\n" }, place.path);
    const candidate = await seal();
    expect(byPath(candidate.files)).toEqual([
      { path: "empty/", status: "added" },
      { path: "src/b.txt", status: "added" },
      { path: "src/full/", status: "added" },
    ]);
    expect(byPath((await stage.repo.changes(place, base)) as ChangedFile[])).toEqual(byPath(candidate.files));
    expect(await stage.git(["ls-tree", "-r", "--name-only", candidate.commit])).not.toContain("full");
    expect(existsSync(marker)).toBe(false);
  });

  it("does not believe a .git of the worker in the place of the tree's own", async () => {
    const marker = join(stage.dir, "fake-ran");
    await rm(join(place.path, ".git"));
    await stage.git(["init", "--quiet"], place.path);
    await stage.git(["config", "core.fsmonitor", `touch '${marker}'; false`], place.path);
    await rm(marker, { force: true });
    await stage.write({ "src/b.txt": "b\n" }, place.path);
    expect((await seal()).files).toEqual([{ path: "src/b.txt", status: "added" }]);
    expect(await stage.open("t1", base)).toEqual(place);
    expect(existsSync(`${place.path}.git.lost-1`)).toBe(true);
    expect((await seal()).files).toHaveLength(1);
    expect(existsSync(marker)).toBe(false);
  });

  it("takes empty residues of the sandbox for nothing, and the same names with content for what they are", async () => {
    await stage.write({ ".codex": "", ".agents": "" }, place.path);
    await mkdir(join(place.path, ".aws"));
    expect(await seal()).toEqual({ commit: base, base, files: [], insertions: 0, deletions: 0 });
    await stage.write({ ".codex": "model = 1\n", ".aws/credentials": "x\n" }, place.path);
    expect((await seal()).files.map((file) => file.path)).toEqual([".aws/credentials", ".codex"]);
  });

  it("reports names that some file systems take for .git, and leaves them out", async () => {
    await stage.write(
      { "src/.GIT/config": "x\n", "git~1/hooks/x": "x\n", ".git .../x": "x\n", ".gitkeep": "" },
      place.path,
    );
    const { commit, files } = await seal();
    expect(byPath(files)).toEqual([
      { path: ".git .../", status: "added" },
      { path: ".gitkeep", status: "added" },
      { path: "git~1/", status: "added" },
      { path: "src/.GIT/", status: "added" },
    ]);
    expect(await stage.git(["diff", "--name-only", base, commit])).toBe(".gitkeep");
  });

  it("is not stopped by pipes", async () => {
    await rm(join(place.path, "src/a.txt"));
    execFileSync("mkfifo", [join(place.path, "src/a.txt"), join(place.path, "src/pipe")]);
    await stage.write({ "src/b.txt": "b\n" }, place.path);
    expect(byPath((await seal()).files)).toEqual([
      { path: "src/a.txt", status: "deleted" },
      { path: "src/b.txt", status: "added" },
    ]);
  });
});
