import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type McpClient, startMcp } from "../support/mcp-client.ts";
import { verifies } from "../requirements.ts";

let dir: string;
let client: McpClient;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cco-mcp-"));
  await mkdir(join(dir, ".git"));
  client = startMcp(dir, { HOME: dir });
});
afterEach(async () => {
  await client.kill();
  await rm(dir, { recursive: true, force: true });
});

const hello = (protocolVersion: unknown) =>
  client.request("initialize", { protocolVersion, clientInfo: { name: "test" } });

describe("the server", () => {
  verifies("J2");
  it.each([
    ["2025-11-25", "2025-11-25"],
    ["2024-11-05", "2024-11-05"],
    ["2031-01-01", "2025-11-25"],
    [undefined, "2025-11-25"],
  ])("agrees on a version: %s", async (wanted, agreed) => {
    expect((await hello(wanted)).result).toMatchObject({ protocolVersion: agreed, capabilities: { tools: {} } });
  });

  it("shows seven tools in less than 6 KB, and instructions in less than 400 bytes", async () => {
    const instructions = String((await hello("2025-11-25")).result?.["instructions"]);
    expect(Buffer.byteLength(instructions)).toBeLessThan(400);
    const { result } = await client.request("tools/list");
    expect(Buffer.byteLength(JSON.stringify(result))).toBeLessThan(4000);
    expect(result?.["tools"]).toHaveLength(7);
  });

  it("goes on after garbage, batches, unknown methods and lines cut anywhere", async () => {
    client.raw("garbage\n\n[]\n42\n{}\n");
    client.raw(`{"jsonrpc":"2.0","id":77,"result":{}}\n{"jsonrpc":"2.0","method":"notifications/initialized"}\n`);
    client.raw(`[{"jsonrpc":"2.0","id":"x","method":"ping"},{"jsonrpc":"2.0","id":"y","method":"server/discover"}]\n`);
    expect(await client.next(({ id }) => id === "x")).toMatchObject({ result: {} });
    expect(await client.next(({ id }) => id === "y")).toMatchObject({ error: { code: -32601 } });
    const bytes = Buffer.from(`{"jsonrpc":"2.0","id":"ü\u2028","method":"ping"}\r\n`);
    for (const byte of bytes) client.raw(Buffer.from([byte]).toString("latin1"));
    expect((await client.request("tools/call", { name: "nothing" })).error?.message).toContain("dispatch, wait");
    expect((await client.request("tools/call")).error?.code).toBe(-32602);
    expect(client.messages().filter(({ error }) => error?.code === -32700)).toHaveLength(1);
  });

  it.each([
    ["status", {}, "0 open", false],
    ["wait", {}, "nothing runs", false],
    ["wait", { tasks: ["nope"] }, "TASK_UNKNOWN: ", true],
    ["wait", { task: "a" }, "USAGE: wait: there is no argument task; tasks is meant?", true],
    ["wait", { seconds: "soon" }, "USAGE: wait: seconds", true],
    ["result", {}, "USAGE: result: task", true],
    ["result", { task: "../../etc" }, "TASK_UNKNOWN: ", true],
    ["decide", {}, "no open cards", false],
    ["decide", { card: "D-x-1", letter: "A" }, "CARD_UNKNOWN: ", true],
    ["decide", { letter: "A" }, "USAGE: ", true],
    ["cancel", { task: "x" }, "TASK_UNKNOWN: ", true],
    ["dispatch", {}, "USAGE: dispatch: envelopes", true],
    ["dispatch", { envelopes: [] }, "USAGE: dispatch: envelopes", true],
    ["dispatch", { envelopes: "nope.md" }, "ENVELOPE_NOT_FOUND: ", true],
    ["dispatch", { envelopes: ["---\ntask: a\n---\n"] }, "ENVELOPE_INVALID: envelopes[0]:", true],
  ])("answers %s %j with %s", async (name, args, text, isError) => {
    const answer = await client.call(name, args);
    expect(answer.text).toContain(text);
    expect(answer.isError).toBe(isError);
    expect(answer.text.split("\n").at(-1)).toMatch(/^next: \S/);
    expect(Buffer.byteLength(answer.text)).toBeLessThan(1000);
  });

  it("says where there is no repository", async () => {
    const lost = startMcp("/", { HOME: dir });
    expect((await lost.call("status")).text).toContain("REPO_NOT_FOUND: ");
    await lost.kill();
  });

  it("ends when the client does", async () => {
    await client.call("status");
    expect(await client.finish()).toBe(0);
  });
});
