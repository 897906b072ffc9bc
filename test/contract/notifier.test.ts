import { createServer, type IncomingMessage } from "node:http";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CcoEvent } from "../../src/model/event.ts";
import { desktopCommand } from "../../src/notify/desktop.ts";
import { createNotifier } from "../../src/notify/notifier.ts";
import { signatureOf } from "../../src/notify/webhook.ts";
import { verifies } from "../requirements.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cco-notify-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const EVENT: CcoEvent = {
  schema: "cco.event/1",
  id: "7-1",
  seq: 7,
  at: "2026-01-01T00:00:00.000Z",
  event: "completed",
  topic: "task.completed",
  tier: "notify",
  line: "Task a completed. Output: src/a.txt",
  task: "a",
  run: "R",
  attempt: 1,
  step: null,
  code: null,
  card: null,
  output: "src/a.txt",
};
const NONE = { command: null, webhook: null, webhookSecretEnv: null, desktop: false };
const never = new AbortController().signal;

function receiver(settings: Partial<typeof NONE> | object, env: Record<string, string> = {}, platform = "linux") {
  const host = {
    env: { PATH: process.env["PATH"], ...env },
    cwd: dir,
    job: `${dir}/notify`,
    platform,
    version: "1.2.3",
  };
  const [first] = createNotifier(host).receivers({ ...NONE, ...settings });
  if (first === undefined) throw new Error("no receiver");
  return first;
}

/** A program in the folder. */
function program(name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe("a command of the user's", () => {
  verifies("D1");
  it("gets the event as JSON on stdin, and of our variables only what a program needs", async () => {
    const path = program("tell", `cat > "${dir}/got"; env > "${dir}/env"; echo noise; echo "$1" > "${dir}/arg"`);
    const told = receiver({ command: [path, "$(touch never)"] }, { SECRET: "x", DISPLAY: ":7" });
    expect(await told.deliver(EVENT, never)).toEqual({ ok: true });
    expect(JSON.parse(readFileSync(join(dir, "got"), "utf8"))).toEqual(EVENT);
    expect(readFileSync(join(dir, "arg"), "utf8")).toBe("$(touch never)\n");
    const env = readFileSync(join(dir, "env"), "utf8");
    expect(env).toContain("DISPLAY=:7");
    expect(env).not.toContain("SECRET");
  });

  it.each([
    ["exit 3 # with words", "echo no >&2; exit 3", { again: true, why: "exit code 3: no" }],
    ["reads nothing and is green", "exit 0", null],
  ])("%s", async (_name, text, failure) => {
    const done = await receiver({ command: [program("tell", text)] }).deliver(EVENT, never);
    expect(done).toEqual(failure === null ? { ok: true } : { ok: false, ...failure });
  });

  it("that is not there is not tried again", async () => {
    const done = await receiver({ command: ["/does/not/exist"] }).deliver(EVENT, never);
    expect(done).toMatchObject({ ok: false, again: false, why: expect.stringContaining("ENOENT") });
  });
});

/** A server that answers with these statuses in turn, and what it was sent. */
async function serve(statuses: readonly number[], headers: Record<string, string> = {}) {
  const got: { request: IncomingMessage; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      got.push({ request, body });
      response.writeHead(statuses[got.length - 1] ?? 200, headers).end("x".repeat(100_000));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${port}/hook?key=abc`, got, close };
}

describe("a webhook", () => {
  verifies("D1");
  it("gets signed JSON", async () => {
    const server = await serve([204]);
    const hook = receiver({ webhook: server.url, webhookSecretEnv: "HOOK" }, { HOOK: "s3cret" });
    expect(await hook.deliver(EVENT, never)).toEqual({ ok: true });
    const [sent] = server.got;
    expect(JSON.parse(sent?.body ?? "")).toEqual(EVENT);
    expect(sent?.request.headers).toMatchObject({
      "content-type": "application/json",
      "user-agent": "cc-orchestrator/1.2.3",
      "x-cco-event": "completed",
      "x-cco-id": "7-1",
      "x-cco-signature": signatureOf(sent?.body ?? "", "s3cret"),
    });
    server.close();
  });

  it.each([
    [500, { again: true }],
    [429, { again: true }],
    [404, { again: false }],
    [302, { again: false }],
  ])("that answers %i is told apart, and its address is named nowhere", async (status, told) => {
    const server = await serve([status, 200], { location: "http://127.0.0.1:1/elsewhere" });
    const done = await receiver({ webhook: server.url }).deliver(EVENT, never);
    expect(done).toMatchObject({ ok: false, ...told, why: expect.stringContaining(String(status)) });
    expect(JSON.stringify(done)).not.toContain("key=abc");
    expect(server.got).toHaveLength(1);
    server.close();
  });

  it("that is not there may be later; a secret that is not set sends nothing unsigned", async () => {
    const server = await serve([]);
    server.close();
    expect(await receiver({ webhook: server.url }).deliver(EVENT, never)).toMatchObject({ ok: false, again: true });
    const unset = receiver({ webhook: server.url, webhookSecretEnv: "HOOK" });
    expect(await unset.deliver(EVENT, never)).toEqual({
      ok: false,
      again: false,
      why: "the variable HOOK of its secret is not set",
    });
  });
});

describe("the desktop", () => {
  it("is told through the tool that is there, and no text becomes a script", async () => {
    const hostile = { ...EVENT, line: '" & do shell script "id' };
    expect(desktopCommand("darwin", {}, hostile)?.slice(-2)).toEqual([hostile.line, "cc-orchestrator"]);
    expect(desktopCommand("linux", {}, EVENT)).toBeNull();
    const tools = join(dir, "bin");
    writeFileSync(join(dir, "x"), "");
    program("notify-send", `printf '%s\\n' "$@" > "${dir}/shown"`);
    const shown = receiver({ desktop: true }, { PATH: `${dir}:${process.env["PATH"] ?? ""}:${tools}`, DISPLAY: ":0" });
    expect(await shown.deliver({ ...EVENT, line: "--help" }, never)).toEqual({ ok: true });
    expect(readFileSync(join(dir, "shown"), "utf8").split("\n").slice(2)).toEqual([
      "--",
      "cc-orchestrator",
      "--help",
      "",
    ]);
  });
});
