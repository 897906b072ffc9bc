import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { readAccount } from "../../src/codex/account/account-read.ts";
import type { CodexHost } from "../../src/codex/installed/host.ts";
import { readStartContext } from "../../src/codex/installed/readiness.ts";
import type { AskedWindows } from "../../src/ports/worker.ts";
import { verifies } from "../requirements.ts";
import { type ChatGptRoute, startChatGptStandIn, usageRoute, writeChatGptLogin } from "../support/chatgpt-stand-in.ts";
import { CODEX_VERSIONS } from "../support/codex-stage.ts";

verifies("F2");

const dir = await mkdtemp("/var/tmp/cco-stage-");
afterAll(() => rm(dir, { recursive: true, force: true }));

const seen = usageRoute(() => ({
  primary: { usedPercent: 42, minutes: 300, resetsInSeconds: 600 },
  secondary: { usedPercent: 7, minutes: 10_080, resetsInSeconds: 90_000 },
}));

describe.each(CODEX_VERSIONS)("the account as Codex %s reads it", (version, binary) => {
  /** Asks with a login in a Codex folder of its own. */
  async function ask(
    routes: readonly ChatGptRoute[],
    login: "chatgpt" | "key",
    limitMs = 10_000,
  ): Promise<{ asked: AskedWindows; paths: readonly string[]; files: string }> {
    const site = await startChatGptStandIn(dir, routes);
    const codexHome = await mkdtemp(join(dir, `codex-${version}-`));
    if (login === "chatgpt") await writeChatGptLogin(codexHome);
    else await writeFile(join(codexHome, "auth.json"), JSON.stringify({ OPENAI_API_KEY: "made-up" }));
    const stateDir = join(dir, "state", version);
    const host: CodexHost = {
      env: { PATH: process.env["PATH"] ?? "", HOME: dir, CODEX_HOME: codexHome, CCO_CODEX_BIN: binary, ...site.env },
      home: dir,
      stateDir,
      packageFile: fileURLToPath(new URL("../../package.json", import.meta.url)),
      tmp: dir,
    };
    const context = await readStartContext(host);
    if (!context.ok) throw context.error;
    const asked = await readAccount(context.value, limitMs);
    const paths = site.requests().map(({ path }) => path);
    await site.close();
    return { asked, paths, files: await textOf(stateDir) };
  }

  it("has both windows with a ChatGPT login, and nothing of the login stays in our files", async () => {
    const { asked, paths, files } = await ask([seen], "chatgpt");
    expect(asked).toMatchObject({
      kind: "read",
      account: expect.stringMatching(/^openai-/),
      report: {
        primary: { usedPercent: 42, windowMinutes: 300, resetsAt: expect.stringMatching(/Z$/) },
        secondary: { usedPercent: 7, windowMinutes: 10_080 },
      },
    });
    expect(paths).toContain("/wham/usage");
    expect(files).not.toMatch(/eyJ|made-up|acct-lab/);
  });

  it("is not asked for with an API key: nothing is started and nothing is sent", async () => {
    const { asked, paths } = await ask([seen], "key");
    expect(asked).toMatchObject({ kind: "none", why: expect.stringContaining("API key") });
    expect(paths).toEqual([]);
  });

  it.each<[string, ChatGptRoute]>([
    ["an error", usageRoute(() => null)],
    ["no answer at all", ({ path }) => (path === "/wham/usage" ? "silence" : undefined)],
    ["an answer without windows", ({ path }) => (path === "/wham/usage" ? { json: { plan_type: "plus" } } : undefined)],
    ["something else", ({ path }) => (path === "/wham/usage" ? { json: ["no"] } : undefined)],
  ])("is a failure within the time given when the provider has %s", async (_what, route) => {
    const begun = performance.now();
    const { asked } = await ask([route], "chatgpt", 1500);
    expect(performance.now() - begun).toBeLessThan(6000);
    if (asked.kind === "read") expect(asked.report).toMatchObject({ primary: null, secondary: null });
    else expect(asked).toEqual({ kind: "failed", why: expect.stringMatching(/\w/) });
  });
});

async function textOf(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return (await Promise.all(files.map((file) => readFile(file, "latin1")))).join("\n");
}
