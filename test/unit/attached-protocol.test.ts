import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askIn, resultFor } from "../../src/codex/attached/requests.ts";
import { makeConversation } from "../../src/codex/attached/conversation.ts";
import { eventsFor, turnEvent } from "../../src/codex/attached/translate.ts";
import { GONE, type Incoming, openWire } from "../../src/codex/attached/wire.ts";
import { classifyTurn } from "../../src/codex/outcome/failure.ts";
import { parseEvent } from "../../src/codex/session/events.ts";
import type { AskReply } from "../../src/model/ask.ts";

let tree = "";
beforeEach(() => {
  tree = mkdtempSync(join(tmpdir(), "cco-attached-"));
  mkdirSync(join(tree, "src"));
  for (const name of ["a.txt", ".env", "src/b.txt"]) writeFileSync(join(tree, name), "x");
  symlinkSync("/etc/hostname", join(tree, "link"));
});
afterEach(() => rmSync(tree, { recursive: true, force: true }));

const COMMAND = "item/commandExecution/requestApproval";
const at = () => ({ cwd: tree, files: new Map([["i1", ["/etc/x"]]]) });
const allow: AskReply = { verdict: "allow", choice: null, note: "", by: "user" };
const decline: AskReply = { ...allow, verdict: "decline" };

const ELICITATION = "mcpServer/elicitation/request";
const titled = { oneOf: [1, 2].map((value) => ({ const: value, title: value === 1 ? "One" : "Two" })) };
const toolCall = {
  serverName: "s",
  mode: "form",
  _meta: { codex_approval_kind: "mcp_tool_call", tool_name: "rm", tool_params: { x: 1 } },
  requestedSchema: { type: "object", properties: {} },
};
const form = (type: string, more: object = {}, name = "n") => ({
  serverName: "s",
  mode: "form",
  message: "How many?",
  requestedSchema: { type: "object", properties: { [name]: { type, ...more } } },
});
const accepted = (content: object) => ({ action: "accept", content, _meta: null });

describe("requests of the app-server", () => {
  it.each<[string, Record<string, unknown>, object]>([
    ["a call of a tool", toolCall, { kind: "tool", what: 's: rm {"x":1}' }],
    ["a number", form("integer"), { kind: "question", what: "s: How many? (n)", choices: [] }],
    ["a switch", form("boolean"), { kind: "question", choices: ["yes", "no"] }],
    ["a choice", form("string", { enum: ["a", "b"], enumNames: ["Ay", "Be"] }), { choices: ["Ay", "Be"] }],
    ["more choices than letters", form("string", { enum: ["a", "b", "c", "d"] }), { kind: "form" }],
    ["a secret by its name", form("string", {}, "api_key"), { kind: "form" }],
    ["a secret by its title", form("string", { title: "Password" }), { kind: "form" }],
    ["a list", form("array"), { kind: "form" }],
    ["a page to open", { ...form("string"), mode: "url" }, { kind: "form" }],
    ["nothing", {}, { kind: "form" }],
  ])("knows what an MCP server wants: %s", (_name, params, expected) => {
    expect(askIn(ELICITATION, params, at())).toMatchObject(expected);
  });

  it("never takes what is typed into a running command for a read, and says permissions in words", () => {
    const typed = { kind: "writeStdin", command: "cat a.txt", commandActions: [{ type: "read", path: "a.txt" }] };
    expect(askIn(COMMAND, typed, at())).toMatchObject({ kind: "command", what: "(writeStdin) cat a.txt", actions: [] });
    const entries = [{ path: { type: "path", path: "/x" }, access: "write" }];
    const permissions = { network: { enabled: true }, fileSystem: { entries }, other: { a: 1 } };
    expect(askIn("item/permissions/requestApproval", { permissions }, at())).toMatchObject({
      what: 'the network, write /x, other {"a":1}',
    });
  });

  it.each<[string, Record<string, unknown>, boolean]>([
    ["a file of the tree", { type: "read", path: "a.txt" }, true],
    ["by its whole path", { type: "read", path: "$TREE/src/b.txt" }, true],
    ["the tree itself", { type: "listFiles", path: null }, true],
    ["what a link leads to", { type: "read", path: "link" }, false],
    ["a secret by its name", { type: "read", path: ".env" }, false],
    ["above the tree", { type: "read", path: "../x" }, false],
    ["somewhere else", { type: "read", path: "/etc/hostname" }, false],
    ["a file that is not there", { type: "read", path: "none" }, false],
    ["nothing named", { type: "search", path: null }, false],
    ["anything else", { type: "unknown", path: "a.txt" }, false],
  ])("knows whether a read stays inside: %s", (_name, action, inside) => {
    const path = typeof action["path"] === "string" ? action["path"].replace("$TREE", tree) : action["path"];
    const ask = askIn(COMMAND, { command: "x", cwd: tree, commandActions: [{ ...action, path }] }, at());
    expect(ask?.actions.map((each) => each.inside)).toEqual([inside]);
  });

  it("takes a command that wants more than to run for unknown", () => {
    const actions = [{ type: "read", path: "a.txt" }];
    const more = { command: "x", commandActions: actions, additionalPermissions: { network: { enabled: true } } };
    expect(askIn(COMMAND, more, at())).toMatchObject({ kind: "command", actions: [] });
    const host = { command: "x", commandActions: actions, networkApprovalContext: { host: "a.b", protocol: "https" } };
    expect(askIn(COMMAND, host, at())).toMatchObject({ kind: "network", what: "https a.b: x" });
  });

  it("names the files of a patch, the choices of a question, and refuses what it does not know", () => {
    expect(askIn("item/fileChange/requestApproval", { itemId: "i1" }, at())).toMatchObject({
      kind: "patch",
      what: "/etc/x",
    });
    const options = ["a", "b", "c", "d"].map((label) => ({ label }));
    const questions = [{ id: "q", question: "Which?", options }];
    expect(askIn("item/tool/requestUserInput", { questions }, at())).toMatchObject({
      kind: "question",
      choices: ["a", "b", "c"],
    });
    const secret = { questions: [{ id: "q", question: "Key?", isSecret: true }] };
    expect(askIn("item/tool/requestUserInput", secret, at())).toMatchObject({ kind: "form" });
    expect(askIn("account/chatgptAuthTokens/refresh", {}, at())).toBe(null);
  });

  it.each<[string, Record<string, unknown>, AskReply, unknown]>([
    [COMMAND, {}, allow, { decision: "accept" }],
    [COMMAND, {}, decline, { decision: "decline" }],
    [
      "item/permissions/requestApproval",
      { permissions: { network: { enabled: true }, fileSystem: null } },
      allow,
      { permissions: { network: { enabled: true } }, scope: "turn" },
    ],
    ["item/permissions/requestApproval", { permissions: { network: {} } }, decline, { permissions: {}, scope: "turn" }],
    [
      "item/tool/requestUserInput",
      { questions: [{ id: "q" }] },
      { ...allow, choice: "b", note: "n" },
      { answers: { q: { answers: ["b", "n"] } } },
    ],
    ["mcpServer/elicitation/request", {}, allow, { action: "decline", content: null, _meta: null }],
    ["mcpServer/elicitation/request", toolCall, allow, { action: "accept", content: {}, _meta: null }],
    ["mcpServer/elicitation/request", toolCall, decline, { action: "decline", content: null, _meta: null }],
    ["mcpServer/elicitation/request", form("integer"), { ...allow, note: " 7 " }, accepted({ n: 7 })],
    ["mcpServer/elicitation/request", form("number"), { ...allow, note: "7.5" }, accepted({ n: 7.5 })],
    ["mcpServer/elicitation/request", form("string"), { ...allow, note: "seven" }, accepted({ n: "seven" })],
    ["mcpServer/elicitation/request", form("boolean"), { ...allow, choice: "no" }, accepted({ n: false })],
    ["mcpServer/elicitation/request", form("string", titled), { ...allow, choice: "Two" }, accepted({ n: 2 })],
    [
      "mcpServer/elicitation/request",
      form("integer"),
      { ...allow, note: "many" },
      { action: "decline", content: null, _meta: null },
    ],
  ])("answers %s for this once", (method, params, reply, expected) => {
    expect(resultFor(method, params, reply)).toEqual(expected);
  });
});

describe("the event stream", () => {
  it("is the one of codex exec", () => {
    const item = {
      type: "commandExecution",
      id: "c",
      command: "ls",
      aggregatedOutput: "a\n",
      exitCode: 0,
      status: "inProgress",
    };
    const [started] = eventsFor("item/started", { item });
    expect(parseEvent(started)).toMatchObject({
      type: "item.started",
      item: { type: "command_execution", status: "in_progress" },
    });
    const [plan] = eventsFor("turn/plan/updated", { plan: [{ step: "one", status: "completed" }] });
    expect(parseEvent(plan)).toMatchObject({ item: { type: "todo_list", items: [{ text: "one", completed: true }] } });
    expect(eventsFor("account/rateLimits/updated", {})).toEqual([]);
    expect(parseEvent(turnEvent({ status: "completed" }, { inputTokens: 7 }))).toMatchObject({
      usage: { input_tokens: 7 },
    });
    expect(turnEvent({ status: "interrupted" }, {})).toBe(null);
    const failed = { status: "failed", error: { message: "it broke" } };
    expect(turnEvent(failed, {})).toEqual({ type: "turn.failed", error: { message: "it broke" } });
  });

  it.each([
    ["codex app-server thread/start: unknown variant `on-request`", "CODEX_VERSION_UNSUPPORTED"],
    ['codex app-server thread/start: approvalsReviewer is "auto_review", not user', "CODEX_VERSION_UNSUPPORTED"],
    ["codex app-server initialize: Method not found", "CODEX_VERSION_UNSUPPORTED"],
  ])("names another protocol: %s", (message, code) => {
    expect(classifyTurn({ message, errorInfo: null, windows: null, request: null, endedMs: 0 }).code).toBe(code);
  });
});

describe("the conversation", () => {
  function talk() {
    const [stdin, stdout] = [new PassThrough(), new PassThrough()];
    const events: unknown[] = [];
    const ended: (string | null)[] = [];
    const wire = openWire(stdin, stdout, (message: Incoming) => conversation.take(message));
    const conversation = makeConversation(
      wire,
      { sidecar: "", askMs: 1, client: { name: "t", version: "0" } },
      {
        event: (event) => events.push(event),
        asked: () => undefined,
        resolved: () => undefined,
        ended: (final) => ended.push(final),
      },
    );
    const say = (message: unknown) => stdout.write(`${JSON.stringify(message)}\n`);
    return { stdin, stdout, say, conversation, events, ended };
  }

  const said = (text: string) => ({
    method: "item/completed",
    params: { item: { type: "agentMessage", id: "m", text } },
  });
  const counted = (totalTokens: number) => ({
    method: "thread/tokenUsage/updated",
    params: { tokenUsage: { total: { totalTokens } } },
  });

  async function opened(approvalsReviewer = "user") {
    const it = talk();
    it.stdin.on("data", (chunk: Buffer) => {
      for (const line of chunk.toString("utf8").trim().split("\n")) {
        const { id, method } = JSON.parse(line) as { id?: number; method: string };
        const thread = { thread: { id: "T" }, approvalPolicy: "on-request", approvalsReviewer };
        if (id !== undefined) it.say({ id, result: method === "turn/start" ? { turn: { id: "U" } } : thread });
      }
    });
    return { ...it, begun: await it.conversation.begin({ cwd: "/", prompt: "p" }) };
  }

  it.each<[string, unknown[], string | null]>([
    ["the words of the last answer", [said("first"), counted(1), said("last"), counted(2)], "last"],
    ["no words before a call of a tool", [said("first"), counted(1), counted(2)], null],
    ["the same count told twice changes nothing", [said("last"), counted(1), counted(1)], "last"],
  ])("takes for the final message %s", async (_name, messages, expected) => {
    const it = await opened();
    expect(it.begun).toBe(null);
    for (const message of messages) it.say(message);
    it.say({ method: "turn/completed", params: { threadId: "T", turn: { id: "U", status: "completed" } } });
    await expect.poll(() => it.ended).toEqual([expected]);
    expect(await it.conversation.steer("late")).toBe("no turn is running");
  });

  it("does not start where somebody else would answer, and says when the line is gone", async () => {
    expect((await opened("auto_review")).begun).toContain("not user");
    const other = talk();
    const gone = other.conversation.begin({ cwd: "/", prompt: "p" });
    other.stdout.destroy();
    expect(await gone).toContain(GONE);
  });
});
