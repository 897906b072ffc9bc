import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { startScriptedModel, type ScriptedModel } from "../../src/rehearsal/server.ts";

let dir: string;
let child: ChildProcess | undefined;
let model: ScriptedModel | undefined;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "cco-rehearsal-"));
  await build({
    entryPoints: [new URL("../../src/rehearsal/main.ts", import.meta.url).pathname],
    outfile: join(dir, "rehearsal.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    banner: {
      js: 'import { createRequire as nodeRequire } from "node:module"; const require = nodeRequire(import.meta.url);',
    },
  });
});

afterEach(async () => {
  child?.kill("SIGKILL");
  await model?.close();
});

afterAll(async () => {
  await rm(dir, { recursive: true, force: true });
});

async function start(script: string): Promise<{ running: ChildProcess; line: string; exit: Promise<unknown[]> }> {
  const file = join(dir, "script.yaml");
  await writeFile(file, script);
  const running = spawn(process.execPath, [join(dir, "rehearsal.mjs"), file], {
    env: {},
    stdio: ["pipe", "pipe", "pipe"],
  });
  child = running;
  const exit = once(running, "exit");
  const output = script.startsWith("bad") ? running.stderr : running.stdout;
  const chunks: unknown[] = await once(output, "data");
  return { running, line: String(chunks[0]), exit };
}

const SCRIPT = "worker:\n  - task: t\n    steps:\n      - final: 'COMPLETED: yes'\n";

async function post(port: number, path: string, body: unknown): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", body: JSON.stringify(body) });
}

describe("the provider as a program", () => {
  it("prints its port, serves a YAML script, tells what was asked and ends with its stdin", async () => {
    const { running, line, exit } = await start(SCRIPT);
    const { port } = z.object({ port: z.number() }).parse(JSON.parse(line));
    const answer = await post(port, "/v1/responses", {
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "Task: t\nAttempt: 1" }] }],
    });
    expect(await answer.text()).toContain("COMPLETED: yes");
    const asked: unknown = await (await fetch(`http://127.0.0.1:${port}/rehearsal/requests`)).json();
    expect(asked).toMatchObject([{ n: 1, api: "responses", task: "t", attempt: 1, answer: "final" }]);
    running.stdin?.end();
    expect(await exit).toEqual([0, null]);
  });

  it("ends on SIGTERM with a stream still open", async () => {
    const { running, line, exit } = await start("worker:\n  - steps:\n      - fault: { kind: silent }\n");
    const { port } = z.object({ port: z.number() }).parse(JSON.parse(line));
    await post(port, "/v1/responses", { input: [] });
    running.kill("SIGTERM");
    expect(await exit).toEqual([0, null]);
  });

  it("refuses a script that is not valid", async () => {
    const { line, exit } = await start("bad: 1\n");
    expect(line).toContain("the rehearsal script is not valid");
    expect(await exit).toEqual([2, null]);
  });
});

describe("the provider on the wire", () => {
  it("refuses a WebSocket with 426", async () => {
    model = await startScriptedModel({});
    const socket = connect(model.port, "127.0.0.1");
    socket.write("GET /v1/responses HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
    const chunks: unknown[] = await once(socket, "data");
    socket.destroy();
    expect(String(chunks[0])).toMatch(/^HTTP\/1\.1 426 /);
  });

  it("is harmless where it has nothing to say", async () => {
    model = await startScriptedModel({});
    const at = (path: string, method: string) => fetch(`${model?.baseUrl}${path}`, { method });
    expect((await at("/v1/models", "GET")).status).toBe(200);
    expect((await at("/", "HEAD")).status).toBe(200);
    expect((await at("/elsewhere", "GET")).status).toBe(404);
    expect((await fetch(`${model.baseUrl}/v1/responses`, { method: "POST", body: "{not json" })).status).toBe(400);
    expect((await post(model.port, "/v1/messages", { messages: "no" })).status).toBe(400);
    expect(model.requests().map((request) => request.answer)).toEqual([
      "other",
      "other",
      "other",
      "unreadable",
      "unreadable",
    ]);
  });

  it("answers a Messages request without streaming", async () => {
    model = await startScriptedModel({ claude: [{ call: "chat", steps: [{ text: "plain" }] }] });
    const answer = await post(model.port, "/v1/messages", {
      model: "m",
      messages: [{ role: "user", content: "hi" }],
      tools: [{ name: "Read" }],
    });
    expect(await answer.json()).toMatchObject({
      type: "message",
      stop_reason: "end_turn",
      content: [{ type: "text", text: "plain" }],
    });
  });

  it("cannot be started twice on one port, and closes twice without harm", async () => {
    model = await startScriptedModel({});
    await expect(startScriptedModel({}, { port: model.port })).rejects.toThrow("EADDRINUSE");
    await model.close();
    await model.close();
  });
});
