import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type CcoStage, CONTENT_REVIEWER, fullEnvelope, setCcoStage } from "../support/cco.ts";
import { type McpClient, startMcp } from "../support/mcp-client.ts";
import { verifies } from "../requirements.ts";

let stage: CcoStage | undefined;
const clients: McpClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) await client.kill();
  await stage?.close();
  stage = undefined;
});

const writes = (path: string) => ({ write: { path, content: "x\n" } });
const done = { final: "COMPLETED: wrote it" };

function connect(on: CcoStage): McpClient {
  const client = startMcp(on.repo, { ...on.env, CLAUDE_CODE_SESSION_ID: "session-1" });
  clients.push(client);
  return client;
}

describe("a client of the server", () => {
  verifies("J2");
  it("is told of the first event, loses nothing with the server, and takes a call back", async () => {
    const worker = [
      { task: "quick", steps: [writes("src/quick.txt"), done] },
      { task: "slow", steps: [{ delayMs: 9000 }, writes("src/slow.txt"), done] },
    ];
    stage = await setCcoStage({ script: { worker, claude: CONTENT_REVIEWER } });
    // The session that the server was started in has been cleared since.
    await mkdir(join(stage.repo, ".cco", "sessions"));
    await writeFile(join(stage.repo, ".cco", "sessions", String(process.pid)), "session-2");
    const first = connect(stage);
    await first.request("initialize", { protocolVersion: "2025-11-25", clientInfo: { name: "claude-code" } });
    const envelopes = ["quick", "slow"].map((task) => fullEnvelope(task, { verify: `test -f src/${task}.txt` }));
    expect((await first.call("dispatch", { envelopes })).text).toMatch(/^started 2 task\(s\)\n[^]*\nnext: wait \{\}$/);
    const event = await first.call("wait", {}, { progressToken: "p" });
    expect(event.text).toContain("quick: accepted");
    expect(event.text).toContain("still open: slow");
    expect(first.messages().filter(({ method }) => method === "notifications/progress").length).toBeGreaterThan(0);
    expect((await first.call("wait", { seconds: 0.2 })).text).toContain("nothing new yet");

    // Taken back: no answer, and the next call works.
    first.raw(`{"jsonrpc":"2.0","id":"long","method":"tools/call","params":{"name":"wait","arguments":{}}}\n`);
    first.notify("notifications/cancelled", { requestId: "long" });
    expect((await first.call("status")).text).toContain("1 open");
    expect(first.messages().some(({ id }) => id === "long")).toBe(false);

    // What was told is known to all that come later; what was not is news to them.
    expect(existsSync(join(stage.repo, ".cco", "unread", "quick"))).toBe(false);
    expect(existsSync(join(stage.repo, ".cco", "unread", "slow"))).toBe(true);
    await first.kill();
    const second = connect(stage);
    expect((await second.call("wait")).text).toContain("slow: accepted");
    expect((await second.call("wait")).text).toContain("nothing runs");
    expect((await second.call("cancel", { task: "slow" })).text).toContain("TASK_ENDED: ");
    const status = await stage.cco("status", "--json");
    expect(status.tasks).toMatchObject([
      { attempts: 1, session: "session-2" },
      { attempts: 1, session: "session-2" },
    ]);
  });

  it("waits with dispatch until one needs somebody, answers its card late, cancels", async () => {
    const worker = [
      { task: "asks", attempt: 1, steps: [{ final: "BLOCKED: which?" }] },
      { task: "asks", steps: [{ delayMs: 60_000 }, done] },
      { task: "good", steps: [writes("src/good.txt"), done] },
    ];
    stage = await setCcoStage({ script: { worker, claude: CONTENT_REVIEWER } });
    const client = connect(stage);
    const order = ["asks", "good"].map((task) => fullEnvelope(task, { verify: `test -f src/${task}.txt` }));
    const dispatched = await client.call("dispatch", { envelopes: order, wait: 60 });
    expect(dispatched.text).toContain("asks: blocked");
    expect(dispatched.text).toContain(`decide {"card":"D-asks-1"}`);
    expect((await client.call("decide", {})).text).toContain("A Try again");
    expect((await client.call("decide", { card: "D-asks-1", letter: "x" })).text).toContain("USAGE: ");
    expect((await client.call("decide", { card: "D-asks-1", letter: "a", note: "the first" })).isError).toBe(false);
    expect((await client.call("decide", { card: "D-asks-1", letter: "B" })).text).toContain("answered already: A");
    await vi.waitFor(async () => {
      expect((await client.call("status", { task: "asks" })).text).toContain("working");
    }, 10_000);
    const cancelled = await client.call("cancel", { task: "asks" });
    expect(cancelled).toMatchObject({ isError: false, text: expect.stringContaining("asks: cancelled") });
  });
});
