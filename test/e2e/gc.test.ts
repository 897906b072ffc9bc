import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { type CcoStage, fullEnvelope, setCcoStage } from "../support/cco.ts";
import { until } from "../support/processes.ts";

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const writes = (path: string) => ({ write: { path, content: "x\n" } });
const done = { final: "COMPLETED: done" };

/** One task per fate: merged, red, kept on its branch, cancelled before and after its first edit, still running. */
async function setFates(): Promise<CcoStage> {
  const worker = [
    { task: "merged", steps: [writes("src/merged.txt"), done] },
    { task: "red", steps: [writes("src/red.txt"), done] },
    { task: "kept", steps: [writes("src/kept.txt"), done] },
    { task: "idle", steps: [{ run: "sleep 60" }, done] },
    { task: "edited", steps: [writes("src/edited.txt"), { run: "sleep 60" }, done] },
    { task: "open", steps: [{ run: "sleep 60" }, done] },
  ];
  const on = await setCcoStage({ script: { worker, claude: [] } });
  stage = on;
  const file = (id: string, verify = "true") => on.envelope(id, fullEnvelope(id, { verify }));
  await on.dispatch([await file("merged"), await file("red", "false")], "--no-review");
  await on.dispatch([await file("kept")], "--no-review", "--no-merge");
  await on.dispatch([await file("idle"), await file("edited"), await file("open")], "--no-review", "--detach");
  await until(() => on.requests().filter((request) => request.task === "edited").length > 1);
  for (const id of ["idle", "edited"]) expect((await on.cco("cancel", id)).code).toBe(0);
  await until(async () => (await on.cco("logs", "open", "--raw")).stdout.includes("sleep 60"));
  return on;
}

describe("gc", () => {
  it("removes what is finished and in the base, and nothing that is dirty, unmerged or open", async () => {
    const on = await setFates();
    const trees = join(on.repo, ".cco/worktrees");
    await on.git("worktree", "add", "--quiet", "--detach", join(trees, "merged~1"), "HEAD");
    await mkdir(join(trees, "mine"));
    await writeFile(join(trees, "mine/note.txt"), "keep\n");
    const before = await on.git("rev-parse", "HEAD", "cco/red", "cco/kept");

    const swept = await on.cco("gc", "--json");
    const why = (text: string): unknown => expect.stringContaining(text);
    expect({ code: swept.code, json: swept.json }).toEqual({
      code: 0,
      json: {
        schema: "cco.gc/1",
        removed: expect.arrayContaining([
          { kind: "scratch", name: "worktrees/merged~1" },
          { kind: "worktree", name: "worktrees/idle" },
          { kind: "branch", name: "cco/merged" },
          { kind: "branch", name: "cco/idle" },
        ]),
        kept: expect.arrayContaining([
          { kind: "worktree", name: "worktrees/red", why: why("its work is not in") },
          { kind: "branch", name: "cco/red", why: why("its work is not in") },
          { kind: "worktree", name: "worktrees/kept", why: why("its work is not in") },
          { kind: "branch", name: "cco/kept", why: why("its work is not in") },
          { kind: "worktree", name: "worktrees/edited", why: why("not committed") },
          { kind: "branch", name: "cco/edited", why: why("checked out") },
          { kind: "worktree", name: "worktrees/open", why: "its task is open" },
          { kind: "branch", name: "cco/open", why: "its task is open" },
          { kind: "worktree", name: "worktrees/mine", why: why("no task of this board") },
        ]),
      },
    });
    const left = ["red", "kept", "edited", "open", "mine"].filter((id) => existsSync(join(trees, id)));
    expect(left).toEqual(["red", "kept", "edited", "open", "mine"]);
    expect(on.read(".cco/worktrees/edited/src/edited.txt")).toBe("x\n");
    expect(await on.git("rev-parse", "HEAD", "cco/red", "cco/kept")).toBe(before);
    expect(await on.git("for-each-ref", "--format=%(refname:short)", "refs/heads/cco")).toBe(
      "cco/edited\ncco/kept\ncco/open\ncco/red",
    );
    expect((await on.cco("status", "open", "--json")).tasks).toMatchObject([{ status: "running" }]);

    const again = await on.cco("gc");
    expect(again.stdout).not.toContain("removed");
    expect(again.stdout).toContain("kept    worktree worktrees/open: its task is open");
    // What was swept can be taken up again.
    await on.cco("cancel", "open");
    expect((await on.cco("gc")).stdout).toContain("removed worktree worktrees/open");
    const retry = on.cco("retry", "idle", "--json");
    await until(() => existsSync(join(trees, "idle/README.md")));
    await on.cco("cancel", "idle");
    expect(await retry).toMatchObject({ code: 5, tasks: [{ status: "cancelled", attempts: 2 }] });
  });
});
