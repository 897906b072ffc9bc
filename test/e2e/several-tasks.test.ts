import { afterEach, describe, expect, it } from "vitest";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CcoStage, CONTENT_REVIEWER, fullEnvelope, setCcoStage } from "../support/cco.ts";
import { verifies } from "../requirements.ts";

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const writes = (task: string, content: string, path = "src/a.txt") => ({
  task,
  steps: [{ write: { path, content } }, { final: `COMPLETED: wrote ${path}` }],
});

describe("merging", () => {
  verifies("K6", "A3");
  it("lands two tasks that touch the same lines once, and says so for the other", async () => {
    stage = await setCcoStage({
      script: { worker: [writes("one", "1\n"), writes("two", "2\n")], claude: CONTENT_REVIEWER },
    });
    const run = await stage.dispatch([
      await stage.envelope("one", fullEnvelope("one")),
      await stage.envelope("two", fullEnvelope("two")),
    ]);
    expect(run.code).toBe(1);
    expect(run.tasks.map((task) => task.status).toSorted()).toEqual(["accepted", "failed"]);
    const [winner, loser] = run.tasks.toSorted((a, b) => a.status.localeCompare(b.status));
    expect(loser?.error).toMatchObject({ code: "MERGE_CONFLICT" });
    expect(loser?.error?.message).toContain("src/a.txt");
    expect(stage.read("src/a.txt")).toBe(winner?.id === "one" ? "1\n" : "2\n");
    expect(await stage.git("status", "--porcelain")).toBe("");
    expect(await stage.git("show", `${loser?.branch ?? ""}:src/a.txt`)).toBe(loser?.id === "one" ? "1" : "2");
  });

  it("verifies again after a rebase and leaves the base alone when it is red", async () => {
    const verify = "test ! -f src/a.txt -o ! -f src/b.txt";
    const script = { worker: [writes("one", "1\n"), writes("two", "2\n", "src/b.txt")], claude: CONTENT_REVIEWER };
    stage = await setCcoStage({ script });
    const run = await stage.dispatch([
      await stage.envelope("one", fullEnvelope("one", { verify })),
      await stage.envelope("two", fullEnvelope("two", { verify })),
    ]);
    expect(run.tasks.map((task) => task.error?.code ?? task.status).toSorted()).toEqual(["BASE_RED", "accepted"]);
    expect(await stage.git("ls-tree", "--name-only", "HEAD", "src/")).toMatch(/^src\/[ab]\.txt$/);
  });

  it("keeps a dirty main tree byte for byte and merges around it", async () => {
    stage = await setCcoStage({
      script: { worker: [writes("one", "1\n")], claude: CONTENT_REVIEWER },
      files: { "notes.txt": "mine\n" },
    });
    appendFileSync(join(stage.repo, "notes.txt"), "unsaved thought\n");
    writeFileSync(join(stage.repo, "scratch.txt"), "untracked\n");
    const run = await stage.dispatch([await stage.envelope("one", fullEnvelope("one"))]);
    expect(run.tasks).toMatchObject([{ status: "accepted" }]);
    expect(stage.read("notes.txt")).toBe("mine\nunsaved thought\n");
    expect(await stage.git("status", "--porcelain")).toBe(" M notes.txt\n?? scratch.txt");
    expect(stage.read("src/a.txt")).toBe("1\n");
  });

  it("asks with a card when the user's edits are in the way, and merges when they are gone", async () => {
    stage = await setCcoStage({
      script: { worker: [writes("one", "1\n")], claude: CONTENT_REVIEWER },
      files: { "src/a.txt": "old\n" },
    });
    writeFileSync(join(stage.repo, "src/a.txt"), "mine\n");
    const run = await stage.dispatch([await stage.envelope("one", fullEnvelope("one"))]);
    expect({ code: run.code, tasks: run.tasks }).toMatchObject({
      code: 3,
      tasks: [{ status: "blocked", branch: "cco/one", error: { code: "MERGE_BLOCKED" }, card: "D-one-1" }],
    });
    expect(run.tasks[0]?.error?.next).toContain("git merge cco/one");
    expect(readFileSync(join(stage.repo, "src/a.txt"), "utf8")).toBe("mine\n");
    await stage.git("checkout", "--", "src/a.txt");
    expect((await stage.cco("decide", "D-one-1", "A")).code).toBe(0);
    expect((await stage.cco("wait", "one")).code).toBe(0);
    expect(stage.read("src/a.txt")).toBe("1\n");
  });
});

describe("order", () => {
  verifies("A8");
  it("starts a dependent from what its predecessor merged", async () => {
    const second = { task: "two", steps: [{ run: "cat src/a.txt > src/b.txt" }, { final: "COMPLETED: copied" }] };
    stage = await setCcoStage({ script: { worker: [writes("one", "first\n"), second], claude: CONTENT_REVIEWER } });
    const run = await stage.dispatch([
      await stage.envelope("two", fullEnvelope("two", { verify: "grep -q first src/b.txt", extra: "after: [one]\n" })),
      await stage.envelope("one", fullEnvelope("one")),
    ]);
    expect(run.tasks.map((task) => task.status)).toEqual(["accepted", "accepted"]);
    expect(stage.read("src/b.txt")).toBe("first\n");
  });

  it("pauses dependents of a failed task, with the reason", async () => {
    stage = await setCcoStage({
      script: { worker: [{ task: "one", steps: [{ final: "FAILED: cannot" }] }], claude: [] },
    });
    const run = await stage.dispatch([
      await stage.envelope("one", fullEnvelope("one")),
      await stage.envelope("two", fullEnvelope("two", { extra: "after: [one]\n" })),
    ]);
    expect({ code: run.code, tasks: run.tasks }).toMatchObject({
      code: 1,
      tasks: [{ status: "failed" }, { status: "waiting", waitingFor: "deps: one failed", attempts: 0 }],
    });
  });

  it("never has more than three workers at once", async () => {
    const steps = [{ run: "sleep 0.7" }, { write: { path: "src/x.txt", content: "x" } }, { final: "COMPLETED: x" }];
    stage = await setCcoStage({ script: { worker: [{ steps }], claude: [] } });
    const files: string[] = [];
    for (const id of ["a", "b", "c", "d", "e"]) {
      files.push(await stage.envelope(id, fullEnvelope(id, { verify: "true" })));
    }
    const run = await stage.dispatch(files, "--no-review", "--no-merge");
    expect(run.tasks.map((task) => task.status)).toEqual(Array(5).fill("accepted"));
    const journal = stage.read(".cco/journal/000001.jsonl").trim().split("\n");
    let running = 0;
    let most = 0;
    for (const line of journal) {
      if (line.includes('"type":"attempt.started"')) running += 1;
      if (line.includes('"type":"attempt.ended"')) running -= 1;
      most = Math.max(most, running);
    }
    expect(most).toBe(3);
  });
});
