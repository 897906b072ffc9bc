import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Desk, openDesk } from "../../src/codex/attached/desk.ts";
import { liveWorker } from "../../src/codex/attached/live.ts";
import { openWire } from "../../src/codex/attached/wire.ts";
import type { AskReply } from "../../src/model/ask.ts";

const METHOD = "item/commandExecution/requestApproval";
const allow: AskReply = { verdict: "allow", choice: null, note: "", by: "user" };

let dir = "";
let desk: Desk | undefined;
let told: string[] = [];
let line = new PassThrough();
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "cco-desk-"));
  [told, line] = [[], new PassThrough()];
});
afterEach(() => {
  desk?.close();
  rmSync(dir, { recursive: true, force: true });
});

function open(askMs = 60_000): Desk {
  const wire = openWire(line, new PassThrough(), () => undefined);
  const steer = async (words: string): Promise<null> => {
    told.push(words);
    return null;
  };
  desk = openDesk({ dir, cwd: dir, askMs }, wire, { files: new Map(), steer });
  return desk;
}

/** What has gone to the app-server so far. */
function sent(): unknown[] {
  const text: unknown = line.read();
  return text instanceof Buffer
    ? text
        .toString("utf8")
        .trim()
        .split("\n")
        .map((each): unknown => JSON.parse(each))
    : [];
}

describe("the desk of a live worker", () => {
  it("keeps a question until it is answered, and counts the time", async () => {
    const at = open();
    at.asked({ id: 7, method: METHOD, params: { command: "make" } });
    expect(await liveWorker.asks(dir, 0)).toMatchObject([{ n: 1, kind: "command", what: "make" }]);
    expect(await liveWorker.asks(dir, 1)).toEqual([]);
    await expect.poll(() => at.waitedMs()).toBeGreaterThan(20);
    await liveWorker.reply(dir, 1, { ...allow, note: "once" });
    await liveWorker.reply(dir, 1, { ...allow, verdict: "decline" });
    await expect.poll(sent).toEqual([{ id: 7, result: { decision: "accept" } }]);
    expect(told).toEqual(["once"]);
    const waited = at.waitedMs();
    await expect.poll(() => readdirSync(join(dir, "answers"))).toEqual(["01.json"]);
    expect(at.waitedMs()).toBe(waited);
  });

  it.each([["not json"], ['{"verdict":"maybe"}'], ["[]"]])(
    "declines on an answer that says nothing: %s",
    async (text) => {
      open().asked({ id: 1, method: METHOD, params: {} });
      writeFileSync(join(dir, "answers/01.json"), text);
      await expect.poll(sent).toEqual([{ id: 1, result: { decision: "decline" } }]);
    },
  );

  it("declines by itself when nobody answers, and when there are too many questions", async () => {
    open(1).asked({ id: 1, method: METHOD, params: {} });
    await expect.poll(sent).toEqual([{ id: 1, result: { decision: "decline" } }]);
    desk?.close();
    const at = open();
    for (let id = 1; id <= 201; id += 1) at.asked({ id, method: METHOD, params: {} });
    await expect.poll(sent).toEqual([{ id: 201, result: { decision: "decline" } }]);
  });

  it("waits no longer for what the app-server itself has settled, and refuses what it does not know", async () => {
    const at = open();
    at.asked({ id: 1, method: METHOD, params: {} });
    at.resolved(1);
    const waited = at.waitedMs();
    at.asked({ id: 2, method: "something/else", params: {} });
    await expect.poll(sent).toMatchObject([{ id: 2, error: { code: -32601 } }]);
    expect(at.waitedMs()).toBe(waited);
  });

  it("passes words on once, in order", async () => {
    await liveWorker.steer(dir, 1, "one");
    await liveWorker.steer(dir, 2, "two");
    await liveWorker.steer(dir, 1, "again");
    open();
    await expect.poll(() => told).toEqual(["one", "two"]);
    await expect.poll(() => readdirSync(join(dir, "steered"))).toEqual(["01.json", "02.json"]);
    expect(readFileSync(join(dir, "steered/01.json"), "utf8")).toContain('"problem": null');
  });

  it("tells the engine of a question soon", async () => {
    let hints = 0;
    const deaf = liveWorker.onAsk(dir, () => (hints += 1));
    open().asked({ id: 1, method: METHOD, params: {} });
    await expect.poll(() => hints).toBeGreaterThan(0);
    deaf();
  });
});
