import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { claudeBin } from "../support/binaries.ts";
import { type CcoStage, CONTENT_REVIEWER, fullEnvelope, setCcoStage } from "../support/cco.ts";
import { converse, installPlugin, runSession, startSession, toolName } from "../support/claude-session.ts";
import { runProgram } from "../support/rehearsal-stage.ts";
import { repositoryRoot } from "../support/source-scan.ts";
import { verifies } from "../requirements.ts";

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const TOOLS = ["cancel", "decide", "dispatch", "result", "review", "status", "wait"];
const write = (path: string) => ({ write: { path, content: "hello\n" } });
const done = { final: "COMPLETED: wrote it" };

describe("the whole story in a real session", () => {
  verifies("J1", "J2", "J3");
  it("dispatches, is held, waits, answers a card, retries with feedback, reads results", async () => {
    stage = await setCcoStage({
      script: {
        worker: [
          { task: "a", steps: [{ delayMs: 1500 }, write("src/a.txt"), done] },
          { task: "b", attempt: 1, steps: [{ final: "BLOCKED: which name?" }] },
          { task: "b", attempt: 2, steps: [write("src/b.txt"), done] },
          { task: "c", attempt: 1, steps: [{ final: "FAILED: the order contradicts itself" }] },
          { task: "c", attempt: 2, steps: [write("src/c.txt"), done] },
        ],
        claude: [
          {
            call: "chat",
            steps: [
              { tool: "Bash", input: { command: "bash -c 'codex exec --full-auto hi'", description: "raw" } },
              {
                tool: toolName("dispatch"),
                input: { envelopes: ["../envelopes/a.md", "../envelopes/b.md", "../envelopes/c.md"] },
              },
              { text: "They run." },
              { tool: toolName("wait"), input: { tasks: ["b"] } },
              { tool: toolName("decide"), input: { card: "D-b-1" } },
              { tool: toolName("decide"), input: { card: "D-b-1", letter: "a", note: "call it b.txt" } },
              { tool: toolName("wait"), input: { tasks: ["c"] } },
              {
                tool: "Bash",
                input: { command: 'cco retry c --quiet --feedback "write src/c.txt"', description: "retry" },
              },
              { tool: toolName("wait") },
              { tool: toolName("wait") },
              { tool: toolName("wait") },
              { tool: toolName("result"), input: { task: "a" } },
              { tool: toolName("result"), input: { task: "b" } },
              { tool: toolName("result"), input: { task: "c" } },
              { text: "All three are in." },
            ],
          },
          ...(CONTENT_REVIEWER ?? []),
        ],
      },
    });
    for (const task of ["a", "b", "c"]) {
      await stage.envelope(task, fullEnvelope(task, { verify: `test -f src/${task}.txt` }));
    }
    await installPlugin(stage);
    const session = await runSession(stage, "build it");
    expect(session.init).toMatchObject({ mcp_servers: [{ name: "plugin:cco:cco", status: "connected" }] });
    expect(session.init.tools).toEqual(expect.arrayContaining(TOOLS.map(toolName)));
    expect(session.init.skills).toEqual(
      expect.arrayContaining(["cco:dispatch", "cco:envelope", "cco:challenge", "cco:card"]),
    );
    expect(session.init.agents).toContain("cco:reviewer");
    expect(session.init.plugins.map(({ name }) => name)).toContain("cco");

    const [raw, ...calls] = session.calls;
    expect(raw).toMatchObject({ tool: "Bash", isError: true, text: expect.stringContaining("--full-auto") });
    expect(calls.filter((call) => call.isError)).toEqual([]);
    // "They run." was held: the session went on to wait.
    expect(session.stdout).toContain("worker(s) of this session still run");
    expect(calls.at(-1)?.text).toContain("c: accepted");
    const status = await stage.cco("status", "--json");
    expect(status.tasks).toMatchObject([
      { id: "a", status: "accepted", attempts: 1 },
      { id: "b", status: "accepted", attempts: 2 },
      { id: "c", status: "accepted", attempts: 2 },
    ]);
    expect(new Set(status.tasks.map((task) => task["session"]))).toEqual(new Set([session.init.session_id]));

    // What three tasks with a card and a retry cost the model to read, in bytes. A change is a decision.
    const read = calls.filter(({ tool }) => tool.startsWith("mcp__"));
    expect(Math.max(...read.map(({ text }) => Buffer.byteLength(text)))).toBeLessThan(1000);
    const total = calls.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
    expect(total).toBeLessThan(2500);
  });
});

describe("a session that is killed while its workers run", () => {
  verifies("J3");
  it("loses nothing: the next one is told, waits and reads the result", async () => {
    stage = await setCcoStage({
      script: {
        worker: [{ steps: [{ delayMs: 4000 }, write("src/a.txt"), done] }],
        claude: [
          // The prompt of the second session names no envelope.
          {
            call: "chat",
            task: "first",
            steps: [
              { tool: toolName("dispatch"), input: { envelopes: ["../envelopes/a.md"] } },
              { tool: toolName("wait") },
              { text: "never said" },
            ],
          },
          {
            call: "chat",
            steps: [{ tool: toolName("wait") }, { tool: toolName("result"), input: { task: "a" } }, { text: "done" }],
          },
          ...(CONTENT_REVIEWER ?? []),
        ],
      },
    });
    await stage.envelope("a", fullEnvelope("a"));
    await installPlugin(stage);
    const first = startSession(stage, "Task: first");
    const board = join(stage.repo, ".cco");
    await vi.waitUntil(() => existsSync(join(board, "tasks", "a", "attempts", "01", "supervisor.json")), {
      timeout: 20_000,
    });
    await first.kill();
    const second = await runSession(stage, "go on");
    expect(second.stdout).toContain("1 task(s) of this project are open");
    expect(second.calls.map(({ tool, isError }) => [tool, isError])).toEqual([
      [toolName("wait"), false],
      [toolName("result"), false],
    ]);
    expect(second.calls[0]?.text).toContain("a: accepted");
    expect((await stage.cco("status", "--json")).tasks).toMatchObject([{ status: "accepted", attempts: 1 }]);
  });
});

describe("a wait that goes to the background", () => {
  verifies("J3");
  it("accounts for its worker: the turn ends, and the session is woken with what came of it", async () => {
    stage = await setCcoStage({
      script: {
        worker: [{ steps: [{ delayMs: 7000 }, write("src/a.txt"), done] }],
        claude: [
          {
            call: "chat",
            steps: [
              { tool: toolName("dispatch"), input: { envelopes: ["../envelopes/a.md"] } },
              { tool: toolName("wait") },
              { text: "It runs." },
              { text: "It is in." },
            ],
          },
          ...(CONTENT_REVIEWER ?? []),
        ],
      },
    });
    await stage.envelope("a", fullEnvelope("a"));
    await installPlugin(stage);
    const session = await converse(stage, "build it", { answers: 2, backgroundMs: 4000 });
    expect(session.calls.at(-1)?.text).toContain("moved to the background");
    expect(session.stdout).not.toContain("still run and nothing here");
    expect(session.stdout).toContain("It is in.");
    const told = stage.requests().findLast(({ call }) => call === "chat");
    expect(told?.prompt).toContain("a: accepted");
  });
});

describe("a session that is compacted", () => {
  verifies("J3");
  it("is asked to keep what runs, and is told of it afterwards", async () => {
    stage = await setCcoStage({
      script: {
        worker: [{ steps: [{ delayMs: 60_000 }, done] }],
        claude: [{ call: "chat", steps: [{ text: "hello" }, { text: "<summary>we talked</summary>" }] }],
      },
    });
    await installPlugin(stage);
    await stage.cco("dispatch", await stage.envelope("a", fullEnvelope("a")), "--detach");
    const session = await runSession(stage, "hello");
    const compacted = await runSession(stage, "/compact", "--resume", session.init.session_id);
    const asked = stage
      .requests()
      .filter(({ prompt }) => prompt?.includes("Keep in the summary: cco has 1 task(s) under way"));
    expect(asked).toHaveLength(1);
    const events = compacted.stdout.split("\n");
    const again = events.findIndex((event) => event.includes("SessionStart:compact"));
    expect(again).toBeGreaterThan(0);
    expect(events.slice(again).join("\n")).toContain("1 task(s) of this project are open");
  });
});

describe("the plugin as Claude Code sees it", () => {
  verifies("J1");
  it.each([["."], ["plugin"]])("%s is valid", async (folder) => {
    const dir = await mkdtemp(join(tmpdir(), "cco-validate-"));
    const env = {
      PATH: process.env["PATH"] ?? "",
      HOME: dir,
      CLAUDE_CONFIG_DIR: dir,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    };
    const done = await runProgram(claudeBin(), ["plugin", "validate", "--strict", folder], {
      cwd: repositoryRoot,
      env,
    });
    await rm(dir, { recursive: true, force: true });
    expect(done.stdout).toContain("Validation passed");
    expect(done.code).toBe(0);
  });
});
