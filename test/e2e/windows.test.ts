import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { codexNewest, codexOldest } from "../support/binaries.ts";
import { windowResultSchema } from "../../src/model/window.ts";
import { verifies } from "../requirements.ts";
import { type CcoStage, fullEnvelope, setCcoStage } from "../support/cco.ts";

verifies("F2", "K5");

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const write = (path: string) => ({ write: { path, content: "hello\n" } });
const done = { final: "COMPLETED: wrote it" };
const limits = (usedPercent: number, resetInSeconds: number) => ({
  primary: { usedPercent, windowMinutes: 300, resetInSeconds },
  secondary: { usedPercent: 20, windowMinutes: 10_080, resetInSeconds: 500_000 },
});

it.each([
  ["newest", codexNewest(), "gpt-5.5"],
  ["0.124.0", codexOldest(), "gpt-5.4"],
])(
  "work waits for the reset of a window that a worker has seen, and goes on by itself (%s)",
  async (_name, codex, codexModel) => {
    stage = await setCcoStage({
      script: {
        worker: [
          { task: "one", limits: limits(95, 10), steps: [write("src/one.txt"), done] },
          { task: "two", limits: limits(1, 3600), steps: [write("src/two.txt"), done] },
        ],
      },
      codex,
      homes: { codexModel },
    });
    const envelopes = await Promise.all(
      ["one", "two"].map(
        async (id) => stage?.envelope(id, fullEnvelope(id, { verify: `test -f src/${id}.txt` })) ?? "",
      ),
    );
    const [one = "", two = ""] = envelopes;
    expect((await stage.cco("window")).stdout).toContain("no credit window has been reported");
    expect((await stage.dispatch([one], "--no-review")).code).toBe(0);
    const seen = windowResultSchema.parse((await stage.cco("window", "--json")).json);
    expect(seen.accounts).toMatchObject([
      {
        windows: [
          { name: "primary", windowMinutes: 300, usedPercent: 95 },
          { name: "secondary", windowMinutes: 10_080, usedPercent: 20 },
        ],
      },
    ]);
    const refused = await stage.dispatch([two], "--no-review", "--no-wait-window");
    expect({ code: refused.code, out: refused.stdout }).toMatchObject({
      code: 4,
      out: expect.stringContaining("WINDOW_CLOSED"),
    });
    expect((await stage.cco("status", "--json")).tasks.map(({ id }) => id)).toEqual(["one"]);

    const begun = Date.now();
    await stage.dispatch([two], "--no-review", "--detach");
    const waiting = (await stage.cco("status", "two", "--json")).tasks[0];
    expect(waiting).toMatchObject({
      status: "waiting",
      waitingFor: expect.stringMatching(/^window: .* 95 %, .*until \d{4}-/),
    });
    expect((await stage.cco("wait", "two", "--timeout", "40")).code).toBe(0);
    const resetMs = Date.parse(seen.accounts[0]?.windows[0]?.resetsAt ?? "");
    const asked = stage.requests().filter(({ task }) => task === "two");
    expect(asked.length).toBeGreaterThan(0);
    expect(Date.now()).toBeGreaterThan(Math.max(begun, resetMs));
    expect((await stage.cco("status", "--json")).json).toMatchObject({
      windows: [{ name: "primary", usedPercent: 1 }, { name: "secondary" }],
    });
  },
);

it.each([
  ["newest", codexNewest(), "gpt-5.5"],
  ["0.124.0", codexOldest(), "gpt-5.4"],
])("what a worker hears of its windows counts while it still works (%s)", async (_name, codex, codexModel) => {
  stage = await setCcoStage({
    script: {
      worker: [
        {
          task: "long",
          limits: limits(95, 3600),
          steps: [
            { run: "true" },
            { run: "until [ -e ../go ]; do sleep 0.1; done", timeoutMs: 30_000 },
            write("src/long.txt"),
            done,
          ],
        },
      ],
    },
    codex,
    homes: { codexModel },
  });
  const { repo } = stage;
  const long = await stage.envelope("long", fullEnvelope("long", { verify: "test -f src/long.txt" }));
  const next = await stage.envelope("next", fullEnvelope("next"));
  await stage.dispatch([long], "--no-review", "--detach");
  await until(async () => {
    const seen = windowResultSchema.parse((await stage?.cco("window", "--json"))?.json);
    return seen.accounts[0]?.windows[0]?.usedPercent === 95;
  });
  expect((await stage.cco("status", "long", "--json")).tasks[0]).toMatchObject({ status: "running" });
  await stage.dispatch([next], "--no-review", "--detach");
  expect((await stage.cco("status", "next", "--json")).tasks[0]).toMatchObject({
    status: "waiting",
    waitingFor: expect.stringMatching(/^window: .* 95 %, .*until \d{4}-/),
  });
  await stage.cco("cancel", "next");
  await writeFile(join(repo, ".cco", "worktrees", "go"), "");
  expect((await stage.cco("wait", "long", "--timeout", "40")).code).toBe(0);
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const endMs = Date.now() + 20_000; !(await holds());) if (Date.now() > endMs) throw new Error("not in time");
}
