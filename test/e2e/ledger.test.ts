import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { ledgerResultSchema, type LedgerRow } from "../../src/model/ledger.ts";
import { verifies } from "../requirements.ts";
import { codexNewest, codexOldest } from "../support/binaries.ts";
import { type CcoStage, CONTENT_REVIEWER, fullEnvelope, setCcoStage } from "../support/cco.ts";

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const write = (path: string) => ({ write: { path, content: "hello\n" } });
const done = { final: "COMPLETED: wrote it" };
const PER_ANSWER = { inputTokens: 1000, cachedInputTokens: 400, outputTokens: 50, reasoningTokens: 20 };

const reasoningSchema = z.looseObject({ reasoning: z.looseObject({ effort: z.string().optional() }).nullish() });

/** Efforts that the model was really asked for, by task and attempt. */
function effortsOnTheWire(at: CcoStage): string[] {
  const asked = at.requests().filter(({ api }) => api === "responses");
  const shown = asked.map(({ task, attempt, body }) => {
    const effort = reasoningSchema.safeParse(body).data?.reasoning?.effort ?? "none";
    return `${task ?? "?"} ${attempt ?? "?"} ${effort}`;
  });
  return [...new Set(shown)].toSorted();
}

/** Tokens of the answers that the provider gave a task in full. */
function answered(at: CcoStage, task: string): number {
  const answers = at.requests().filter((request) => request.api === "responses" && request.task === task);
  return answers.filter(({ answer }) => !answer.startsWith("fault")).length * PER_ANSWER.inputTokens;
}

const inputOf = (rows: readonly LedgerRow[]): number => rows.reduce((sum, row) => sum + row.inputTokens, 0);

describe("what a run costs", () => {
  verifies("A9", "F3", "F4", "F6");
  it.each([
    ["newest", codexNewest(), "gpt-5.5", { price: 5, reviews: 2 }],
    // A model that this version does not know: left to itself it would send no effort.
    ["0.124.0", codexOldest(), "gpt-5.5", { price: 5, reviews: 0 }],
  ])(
    "is in the ledger to the token, and effort reaches the model (%s)",
    async (_name, codex, codexModel, { price, reviews }) => {
      stage = await setCcoStage({
        script: {
          usage: PER_ANSWER,
          worker: [
            { task: "hard", steps: [write("src/hard.txt"), done] },
            { task: "easy", attempt: 1, steps: [write("src/easy.txt"), { fault: { kind: "cut" } }] },
            { task: "easy", attempt: 2, steps: [write("src/easy.txt"), done] },
          ],
          claude: CONTENT_REVIEWER,
        },
        codex,
        homes: { codexModel },
      });
      const envelopes = [
        await stage.envelope(
          "hard",
          fullEnvelope("hard", { verify: "test -f src/hard.txt", extra: "effort: xhigh\n" }),
        ),
        await stage.envelope("easy", fullEnvelope("easy", { verify: "test -f src/easy.txt" })),
      ];
      const routes = await stage.cco("route", ...envelopes, "--json");
      expect(routes.json).toMatchObject({
        schema: "cco.route/1",
        routes: [
          { task: "hard", to: "codex", effort: "xhigh" },
          { task: "easy", to: "codex", effort: "low", kind: "small" },
        ],
      });
      expect(stage.requests()).toEqual([]);
      const run = await stage.dispatch(envelopes, ...(reviews === 0 ? ["--no-review"] : []));
      expect({ code: run.code, stderr: run.stderr }).toMatchObject({ code: 0 });
      expect(effortsOnTheWire(stage)).toEqual(["easy 1 low", "easy 2 low", "hard 1 xhigh"]);

      const { rows, perAccepted } = ledgerResultSchema.parse((await stage.cco("ledger", "--json")).json);
      const workers = rows.filter(({ role }) => role === "worker");
      const shown = workers.map((row) => [row.task, row.attempt, row.model, row.effort, row.outcome, row.retry]);
      expect(shown.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual([
        ["easy", 1, codexModel, "low", "CODEX_STREAM_CUT", false],
        ["easy", 2, codexModel, "low", "ok", true],
        ["hard", 1, codexModel, "xhigh", "ok", false],
      ]);
      for (const task of ["hard", "easy"]) {
        const own = rows.filter((row) => row.task === task);
        expect(inputOf(own.filter(({ role }) => role === "worker"))).toBe(answered(stage, task));
        const result = run.tasks.find(({ id }) => id === task);
        expect(result?.usage.inputTokens).toBe(inputOf(own));
        expect(result?.usage).toMatchObject({
          usd: expect.closeTo(
            own.reduce((sum, row) => sum + (row.usd ?? 0), 0),
            9,
          ),
        });
      }
      const [hard] = workers.filter(({ task }) => task === "hard");
      const answers = (hard?.inputTokens ?? 0) / PER_ANSWER.inputTokens;
      // Output costs six times as much as input with both models, cached input a tenth.
      expect(hard?.usd).toBeCloseTo((answers * (600 + 40 + 6 * 50) * price) / 1e6, 8);
      expect(hard?.prompt).toMatchObject({
        bytes: Buffer.byteLength(stage.read(".cco/tasks/hard/attempts/01/prompt.md")),
      });
      const reviewed = rows.filter(({ role }) => role === "reviewer");
      expect(reviewed).toHaveLength(reviews);
      expect(reviewed.every(({ model, usd }) => model?.includes("sonnet") === true && (usd ?? 0) > 0)).toBe(true);
      expect(perAccepted).toMatchObject({ tasks: 2 });
    },
  );

  it("is told in words, as comma-separated values and by what Claude had to read; unknown models have no price", async () => {
    stage = await setCcoStage({
      script: { usage: PER_ANSWER, worker: [{ steps: [write("src/a.txt"), done] }] },
      homes: { codexModel: "some-model" },
    });
    const file = await stage.envelope("one", fullEnvelope("one"));
    const prices = join(stage.repo, ".cco", "prices.yaml");
    writeFileSync(prices, "prices:\n  - { model: some-model, date: yesterday, input: 1, output: 2, source: me }\n");
    expect(await stage.cco("dispatch", file)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(".cco/prices.yaml"),
    });
    writeFileSync(prices, "prices: []\n");
    expect(await stage.cco("dispatch", file, "--no-review", "--quiet")).toMatchObject({ code: 0 });
    const { rows, sharesOf } = ledgerResultSchema.parse((await stage.cco("ledger", "--json")).json);
    expect(rows).toMatchObject([{ model: "some-model", usd: null, price: null, inputTokens: answered(stage, "one") }]);
    expect(sharesOf).toBe("tokens");
    const words = (await stage.cco("ledger", "--by", "role")).stdout;
    expect(words).toContain("execution 100 % (40)");
    expect(words).toContain("1 call(s) have no price");
    const elsewhere = join(stage.dir, "other");
    mkdirSync(join(elsewhere, ".git"), { recursive: true });
    const all = ledgerResultSchema.parse(
      (await stage.cco("ledger", "--by", "project", "--json", "--project", elsewhere)).json,
    );
    expect(all.groups.map(({ key, calls }) => [key, calls])).toEqual([[stage.repo, 1]]);
    const csv = (await stage.cco("ledger", "--csv")).stdout.trimEnd().split("\n");
    expect(csv[0]).toMatch(/^at,run,task,attempt,role,model,effort,/);
    expect(csv).toHaveLength(2);
    expect(await stage.cco("wait", "one", "--quiet")).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(join(stage.repo, ".cco/outcomes.jsonl"), "utf8"))).toMatchObject({
      task: "one",
      status: "accepted",
      kind: "small",
      efforts: ["low"],
    });
  });
});
