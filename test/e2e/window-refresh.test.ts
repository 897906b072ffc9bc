import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { codexNewest, codexOldest } from "../support/binaries.ts";
import { verifies } from "../requirements.ts";
import { type CcoStage, fullEnvelope, setCcoStage } from "../support/cco.ts";
import {
  type ChatGptStandIn,
  startChatGptStandIn,
  usageRoute,
  writeChatGptLogin,
} from "../support/chatgpt-stand-in.ts";

verifies("F2", "K5");

let stage: CcoStage | undefined;
let site: ChatGptStandIn | undefined;
let dir = "";
afterEach(async () => {
  await stage?.close();
  await site?.close();
  await rm(dir, { recursive: true, force: true });
  stage = undefined;
});

it.each([
  ["newest", codexNewest(), "gpt-5.5"],
  ["0.124.0", codexOldest(), "gpt-5.4"],
])(
  "a window that is closed before anything has run is asked for, waited for and left (%s)",
  async (_n, codex, model) => {
    const resetMs = Date.now() + 8000;
    const left = (): number => Math.ceil((resetMs - Date.now()) / 1000);
    dir = await mkdtemp("/var/tmp/cco-stage-");
    site = await startChatGptStandIn(dir, [
      usageRoute(() => ({
        primary:
          left() > 0
            ? { usedPercent: 97, minutes: 300, resetsInSeconds: left() }
            : { usedPercent: 1, minutes: 300, resetsInSeconds: 3600 },
        secondary: { usedPercent: 20, minutes: 10_080, resetsInSeconds: 90_000 },
      })),
    ]);
    stage = await setCcoStage({
      script: {
        worker: [{ steps: [{ write: { path: "src/a.txt", content: "hello\n" } }, { final: "COMPLETED: wrote it" }] }],
      },
      codex,
      homes: { codexModel: model },
      env: site.env,
    });
    const toml = join(stage.codexHome, "config.toml");
    const text = await readFile(toml, "utf8");
    await writeFile(toml, text.replace(/env_key = .*/, "requires_openai_auth = true"));
    await writeChatGptLogin(stage.codexHome);
    const file = await stage.envelope("one", fullEnvelope("one"));

    const refused = await stage.dispatch([file], "--no-review", "--no-wait-window");
    expect({ code: refused.code, out: refused.stdout }).toMatchObject({
      code: 4,
      out: expect.stringContaining("WINDOW_CLOSED"),
    });
    await stage.dispatch([file], "--no-review", "--detach");
    expect((await stage.cco("status", "one", "--json")).tasks[0]).toMatchObject({
      status: "waiting",
      waitingFor: expect.stringMatching(/^window: .* 97 %, .*until \d{4}-/),
    });
    expect((await stage.cco("wait", "one", "--timeout", "40")).code).toBe(0);
    expect(Date.now()).toBeGreaterThan(resetMs);
    const usage = (): number => site?.requests().filter(({ path }) => path === "/wham/usage").length ?? 0;
    expect(usage()).toBe(1);
    const fresh = await stage.cco("window", "--refresh", "--json");
    expect(fresh.json).toMatchObject({
      refresh: { result: "read" },
      accounts: [
        {
          windows: [
            { name: "primary", usedPercent: 1 },
            { name: "secondary", usedPercent: 20 },
          ],
        },
      ],
    });
    expect(usage()).toBe(2);
  },
);
