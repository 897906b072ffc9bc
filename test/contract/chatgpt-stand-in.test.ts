import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { startChatGptStandIn, usageRoute, writeChatGptLogin } from "../support/chatgpt-stand-in.ts";
import { CODEX_VERSIONS } from "../support/codex-stage.ts";
import { runProgram } from "../support/rehearsal-stage.ts";

const dir = await mkdtemp("/var/tmp/cco-stage-");
afterAll(() => rm(dir, { recursive: true, force: true }));

describe.each(CODEX_VERSIONS)("chatgpt.com on loopback, Codex %s", (version, binary) => {
  test("a made-up login reaches the stand-in through its proxy and nothing else", async () => {
    const site = await startChatGptStandIn(dir, [
      usageRoute(() => ({ primary: { usedPercent: 42, minutes: 300, resetsInSeconds: 600 }, secondary: null })),
      ({ path }) => (path.startsWith("/wham/environments") ? { json: [] } : undefined),
    ]);
    const home = join(dir, version);
    await writeChatGptLogin(home);
    await writeFile(
      join(home, "config.toml"),
      "[features]\nplugins = false\napps = false\n[analytics]\nenabled = false\n",
    );
    const env = { PATH: process.env["PATH"] ?? "", HOME: dir, CODEX_HOME: home, ...site.env };
    const done = await runProgram(binary, ["cloud", "exec", "--env", "none", "do it"], { cwd: dir, env });
    await site.close();
    expect(done.stderr).toContain("no cloud environments are available");
    expect(site.requests().map(({ path, account }) => `${path} ${account ?? ""}`)).toContain(
      "/wham/environments acct-lab",
    );
    expect(new Set(site.connections())).toEqual(new Set(["chatgpt.com:443"]));
  });
});
