import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ASKING_MCP_SERVER } from "../support/asking-mcp-server.ts";
import { startMcp } from "../support/mcp-client.ts";
import { type CcoStage, CONTENT_REVIEWER, fullEnvelope, setCcoStage } from "../support/cco.ts";
import { until } from "../support/processes.ts";
import { verifies } from "../requirements.ts";

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const write = { write: { path: "src/a.txt", content: "hello\n" } };
const done = { final: "COMPLETED: wrote src/a.txt" };

/** A call of a tool of Codex as the model writes it. */
function call(name: string, args: object, namespace?: string) {
  const item = { type: "function_call", name, call_id: `ask_${name}`, arguments: JSON.stringify(args) };
  return { item: namespace === undefined ? item : { ...item, namespace } };
}

function option(label: string) {
  return { label, description: "so" };
}

async function dispatchLive(it: CcoStage, parts: { budget?: string } = {}, ...options: string[]) {
  const text = fullEnvelope("live", { extra: "lane: attached\n" });
  const file = await it.envelope("live", text.replace(/budget: \{[^}]*\}/, parts.budget ?? "budget: { minutes: 2 }"));
  return it.dispatch([file], ...options);
}

function attemptDir(it: CcoStage): string {
  return join(it.repo, ".cco/tasks/live/attempts/01");
}

/** What the tools have answered the model, all together. */
function toolAnswers(it: CcoStage): string {
  return JSON.stringify(it.requests().map(({ body }) => body));
}

function isRunning(sleeper: string): boolean {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.some((pid) => existsSync(`/proc/${pid}/cmdline`) && commandLine(pid).startsWith(sleeper));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    // It ended between the listing and the look.
    return "";
  }
}

describe("what an attached worker may ask for", () => {
  verifies("A3", "B2", "B3");

  it("becomes a card of its own kind, and the answer reaches the worker in its turn", async () => {
    const steps = [
      call("request_user_input", {
        questions: [
          { id: "name", header: "Name", question: "Which name?", options: [option("plum"), option("pear")] },
          { id: "size", header: "Size", question: "Which size?", options: [option("big"), option("small")] },
        ],
      }),
      { patch: "*** Begin Patch\n*** Add File: ../../../../beside.txt\n+hello\n*** End Patch\n" },
      call("request_permissions", { reason: "to fetch", permissions: { network: { enabled: true } } }),
      { run: "echo three" },
      call("ask", {}, "mcp__asks"),
      write,
      done,
    ];
    stage = await setCcoStage({ script: { worker: [{ steps }], claude: CONTENT_REVIEWER } });
    const file = join(stage.codexHome, "config.toml");
    const features = readFileSync(file, "utf8").replace(
      "[features]\n",
      "[features]\nrequest_permissions_tool = true\n",
    );
    const program = join(stage.dir, "asks.mjs");
    writeFileSync(program, ASKING_MCP_SERVER);
    const server = `[mcp_servers.asks]\ncommand = "${process.execPath}"\nargs = ["${program}"]\n`;
    writeFileSync(file, `${features}\n${server}`);
    let run = await dispatchLive(stage);
    // By what is asked, not by number: Codex asks its model again, and so the person too, when words reach it in the middle of an answer.
    const answers: readonly (readonly [RegExp, readonly string[]])[] = [
      [/Which name/, ["B", "--note", "small, says PLUM"]],
      [/change files/, ["B", "--note", "stay inside, says FIG"]],
      [/wider permissions/, ["a"]],
      [/call a tool/, ["A"]],
    ];
    const asked: string[] = [];
    for (let cards = 0; cards < 10; cards += 1) {
      const message = run.tasks[0]?.error?.message ?? run.stderr;
      asked.push(message);
      const given = answers.find(([question]) => question.test(message))?.[1];
      if (given === undefined) break;
      await stage.cco("decide", run.tasks[0]?.card ?? "none", ...given);
      run = await stage.cco("wait", "live", "--json");
    }
    // A question in words, answered through the MCP server: not by a letter alone.
    const card = run.tasks[0]?.card ?? "none";
    const mcp = startMcp(stage.repo, stage.env);
    const shown = await mcp.call("decide", {});
    expect(shown.text).toContain(`next: decide {"card":"${card}","letter":"A","note":"your words"}`);
    expect(await mcp.call("decide", { card, letter: "A" })).toMatchObject({
      isError: true,
      text: expect.stringContaining("A is answered with a note, and there is none"),
    });
    const told = await mcp.call("decide", { card, letter: "A", note: "red" });
    expect(told.text).toContain('next: wait {"tasks":["live"]}');
    await mcp.finish();
    run = await stage.cco("wait", "live", "--json");
    expect([...new Set(asked)]).toEqual([
      "the worker asks: Which name? / Which size? (big or small) [answer with the note]",
      expect.stringMatching(/^the worker asks to change files outside of its work tree: `.*beside\.txt`$/),
      "the worker asks for wider permissions for the rest of this session: `the network` (it says: to fetch)",
      "the worker asks to call a tool of an MCP server, which runs outside of the sandbox: `asks: ask {}`",
      "the worker asks: asks: Which colour? (colour)",
    ]);
    expect(run.tasks).toMatchObject([{ status: "accepted", attempts: 1 }]);
    const heard = toolAnswers(stage);
    for (const words of ["small, says PLUM", "stay inside, says FIG"]) expect(heard).toContain(words);
    expect(heard).toContain(String.raw`\"name\":{\"answers\":[\"pear\"`);
    expect(heard).toContain(String.raw`{\"action\":\"accept\",\"content\":{\"colour\":\"red\"}}`);
    expect(existsSync(join(stage.dir, "beside.txt"))).toBe(false);
  });

  it("is declined at the deadline, and an answer that comes later says so", async () => {
    const steps = [{ run: "touch ../../../../x.txt", escalate: "to mark" }, write, done];
    const config = "engine: { idleSeconds: 0 }\nworker: { killGraceSeconds: 1 }\ncards: { deadlineHours: 0.0008 }\n";
    stage = await setCcoStage({ script: { worker: [{ steps }], claude: CONTENT_REVIEWER }, config });
    expect((await dispatchLive(stage)).code).toBe(3);
    const it = stage;
    await until(() => existsSync(join(attemptDir(it), "answers/01.json")));
    expect(readFileSync(join(attemptDir(it), "answers/01.json"), "utf8")).toContain('"by": "deadline"');
    const ended = await stage.cco("wait", "live", "--json");
    expect(ended.tasks).toMatchObject([{ status: "accepted", attempts: 1 }]);
    const late = await stage.cco("decide", "D-live-1", "A");
    expect(late).toMatchObject({ code: 2, stderr: expect.stringMatching(/answered already: B .*by deadline/) });
    expect(existsSync(join(stage.dir, "x.txt"))).toBe(false);
  });

  it("cannot use up more than its budget, and a command that runs then is ended with it", async () => {
    const calls = Array.from({ length: 30 }, (_, n) => ({ run: `echo ${n} >> src/log.txt; sleep 0.3` }));
    const first = { attempt: 1, steps: [{ write: { path: "src/b.txt", content: "part\n" } }, ...calls, done] };
    const worker = [first, { steps: [{ run: "sleep 4321", timeoutMs: 60_000 }, done] }];
    stage = await setCcoStage({ script: { worker, claude: CONTENT_REVIEWER } });
    const run = await dispatchLive(stage, { budget: "budget: { toolCalls: 4, minutes: 5 }" });
    expect(run.tasks).toMatchObject([{ status: "blocked", attempts: 1, error: { code: "BUDGET_TOOL_CALLS" } }]);
    expect(stage.requests().length).toBeLessThan(14);
    await stage.cco("decide", run.tasks[0]?.card ?? "none", "A");
    // The second attempt is in the middle of a command, which an interrupted turn would leave running.
    await until(() => isRunning("sleep 4321"));
    expect((await stage.cco("steer", "live", "the hint is KIWI")).code).toBe(0);
    const cancelled = await stage.cco("cancel", "live", "--json");
    expect(cancelled.tasks).toMatchObject([{ status: "cancelled" }]);
    expect(isRunning("sleep 4321")).toBe(false);
  });
});
