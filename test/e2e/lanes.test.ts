import { createServer } from "node:http";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { codexNewest, codexOldest } from "../support/binaries.ts";
import { type CcoStage, CONTENT_REVIEWER, fullEnvelope, setCcoStage } from "../support/cco.ts";
import { verifies } from "../requirements.ts";

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const writeA = { write: { path: "src/a.txt", content: "hello\n" } };
const done = { final: "COMPLETED: wrote src/a.txt" };
const script = { worker: [{ steps: [writeA, done] }], claude: CONTENT_REVIEWER };

describe("the local lane", () => {
  verifies("A3");
  it("works in place, leaves HEAD and index alone and accepts without a merge", async () => {
    stage = await setCcoStage({ script });
    const head = await stage.git("rev-parse", "HEAD");
    const run = await stage.dispatch([await stage.envelope("here", fullEnvelope("here"))], "--lane", "local");
    expect({ code: run.code, tasks: run.tasks }).toMatchObject({
      code: 0,
      tasks: [{ status: "accepted", lane: "local", branch: null, review: { rounds: 1 } }],
    });
    expect(await stage.git("status", "--porcelain", "--untracked-files=all")).toBe("?? src/a.txt");
    expect(await stage.git("rev-parse", "HEAD")).toBe(head);
    expect((await stage.cco("diff", "here")).stdout).toContain("+hello");
  });

  it("refuses a dirty tree before anything starts, and works around it when told to", async () => {
    stage = await setCcoStage({ script });
    writeFileSync(join(stage.repo, "README.md"), "mine\n");
    const file = await stage.envelope("here", fullEnvelope("here"));
    const refused = await stage.dispatch([file], "--lane", "local");
    expect({ code: refused.code, json: refused.json }).toMatchObject({
      code: 4,
      json: { error: { code: "REPO_DIRTY" } },
    });
    expect((await stage.cco("status", "--json")).tasks).toEqual([]);
    const run = await stage.dispatch([file], "--lane", "local", "--allow-dirty");
    expect(run.tasks).toMatchObject([{ status: "accepted" }]);
    expect(stage.read("README.md")).toBe("mine\n");
    expect((await stage.cco("diff", "here")).stdout).not.toContain("mine");
  });
});

describe("the worktree lane", () => {
  it("keeps the change on its branch with --no-merge, and asks no reviewer with --no-review", async () => {
    stage = await setCcoStage({ script });
    const head = await stage.git("rev-parse", "HEAD");
    const file = await stage.envelope("kept", fullEnvelope("kept"));
    const run = await stage.dispatch([file], "--no-merge", "--no-review");
    expect(run.tasks).toMatchObject([{ status: "accepted", branch: "cco/kept", review: null }]);
    expect(await stage.git("rev-parse", "HEAD")).toBe(head);
    expect(await stage.git("show", "cco/kept:src/a.txt")).toBe("hello");
    expect(stage.requests().some((request) => request.api === "messages")).toBe(false);
  });

  it("puts one commit on the base however many attempts there were", async () => {
    const first = { attempt: 1, steps: [{ write: { path: "src/b.txt", content: "b\n" } }, done] };
    stage = await setCcoStage({ script: { worker: [first, { steps: [writeA, done] }], claude: CONTENT_REVIEWER } });
    const head = await stage.git("rev-parse", "HEAD");
    const run = await stage.dispatch([await stage.envelope("two", fullEnvelope("two"))]);
    expect(run.tasks).toMatchObject([{ status: "accepted", attempts: 2 }]);
    expect(await stage.git("rev-list", "--count", `${head}..HEAD`)).toBe("1");
    expect(await stage.git("diff", "--name-only", head, "HEAD")).toBe("src/a.txt\nsrc/b.txt");
  });
});

describe("the network", () => {
  verifies("A5");
  it.each([
    ["newest", codexNewest(), "gpt-5.5", "open"],
    // Up to 0.131 a worker's open network is Codex's own proxy, which does not lead to localhost.
    ["0.124.0", codexOldest(), "gpt-5.4", "closed"],
  ])(
    "is closed for worker and checks unless the envelope opens it (%s)",
    async (_name, codex, codexModel, localhost) => {
      let arrived = 0;
      const server = createServer((_request, response) => {
        arrived += 1;
        response.end("here");
      });
      await new Promise<void>((resolve) => {
        server.listen(0, "127.0.0.1", resolve);
      });
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      const knock = `curl --silent --fail --output /dev/null http://127.0.0.1:${port}/`;
      try {
        const steps = [{ run: `mkdir -p src; ${knock} && echo open > src/a.txt || echo closed > src/a.txt` }, done];
        stage = await setCcoStage({ script: { worker: [{ steps }], claude: [] }, codex, homes: { codexModel } });
        const closed = fullEnvelope("closed", { verify: `grep -q closed src/a.txt && ! ${knock}` });
        const open = fullEnvelope("open", {
          verify: `grep -q ${localhost} src/a.txt && ${knock}`,
          extra: "network: true\n",
        });
        const off = await stage.dispatch([await stage.envelope("closed", closed)], "--no-review", "--no-merge");
        expect(off.tasks.map((task) => task.error ?? task.status)).toEqual(["accepted"]);
        expect(arrived).toBe(0);
        const on = await stage.dispatch([await stage.envelope("open", open)], "--no-review", "--no-merge");
        expect(on.tasks.map((task) => task.error ?? task.status)).toEqual(["accepted"]);
        expect(arrived).toBeGreaterThanOrEqual(localhost === "open" ? 2 : 1);
      } finally {
        server.close();
      }
    },
  );
});
