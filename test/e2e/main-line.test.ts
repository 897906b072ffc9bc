import { afterEach, describe, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { codexNewest, codexOldest } from "../support/binaries.ts";
import { type CcoStage, CONTENT_REVIEWER, fullEnvelope, setCcoStage } from "../support/cco.ts";
import { verifies } from "../requirements.ts";

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const writeA = { write: { path: "src/a.txt", content: "hello\n" } };
const done = { final: "COMPLETED: wrote src/a.txt" };

describe("a good run", () => {
  verifies("A1", "A3", "A4", "A6", "D3", "E1", "E2", "K6");
  it.each([
    ["newest", codexNewest(), "gpt-5.5"],
    ["0.124.0", codexOldest(), "gpt-5.4"],
  ])("is verified, reviewed, merged and told (%s)", async (_name, codex, codexModel) => {
    stage = await setCcoStage({
      script: { worker: [{ steps: [writeA, done] }], claude: CONTENT_REVIEWER },
      codex,
      homes: { codexModel },
    });
    const config = readFileSync(join(stage.codexHome, "config.toml"), "utf8");
    const before = await stage.git("rev-parse", "HEAD");
    const run = await stage.dispatch([await stage.envelope("good", fullEnvelope("good"))]);
    expect({ code: run.code, tasks: run.tasks, stderr: run.stderr }).toMatchObject({
      code: 0,
      tasks: [
        {
          id: "good",
          status: "accepted",
          branch: "cco/good",
          attempts: 1,
          signals: { exit: true, turn: true, sidecar: true },
          error: null,
          review: { rounds: 1, valid: 0 },
          verification: [{ exitCode: 0 }],
        },
      ],
    });
    expect(stage.read("src/a.txt")).toBe("hello\n");
    expect(await stage.git("rev-list", "--count", `${before}..HEAD`)).toBe("1");
    expect(await stage.git("status", "--porcelain")).toBe("");
    expect(readFileSync(join(stage.codexHome, "config.toml"), "utf8")).toBe(config);
  });
});

describe("runs that must not be accepted", () => {
  verifies("A6", "E1", "G2");
  const cases: [string, { steps: object[] }, { code: string; attempts?: number; status?: string; exit?: number }][] = [
    ["a lie", { steps: [{ final: "COMPLETED: all tests pass" }] }, { code: "VERIFY_NOTHING_CHANGED", attempts: 2 }],
    [
      "a red check",
      { steps: [{ write: { path: "src/b.txt", content: "b" } }, done] },
      { code: "VERIFY_FAILED", attempts: 2 },
    ],
    [
      "a write outside the scope",
      { steps: [writeA, { write: { path: "other.txt", content: "x" } }, done] },
      { code: "SCOPE_VIOLATION", attempts: 2 },
    ],
    ["an empty last message", { steps: [writeA, { fault: { kind: "empty-message" } }] }, { code: "CODEX_NO_SIDECAR" }],
    ["no protocol line", { steps: [writeA, { final: "I think it works" }] }, { code: "REPORT_MISSING" }],
    [
      "an honest failure",
      { steps: [{ final: "FAILED: the spec contradicts itself" }] },
      { code: "REPORT_FAILED", attempts: 1 },
    ],
    [
      "a refused key",
      { steps: [{ fault: { kind: "http", status: 401 } }] },
      { code: "CODEX_AUTH", attempts: 1, status: "dead", exit: 6 },
    ],
  ];
  it.each(cases)("%s", async (_name, scene, expected) => {
    stage = await setCcoStage({ script: { worker: [scene as never], claude: CONTENT_REVIEWER } });
    const head = await stage.git("rev-parse", "HEAD");
    const run = await stage.dispatch([await stage.envelope("bad", fullEnvelope("bad"))]);
    expect({ code: run.code, tasks: run.tasks }).toMatchObject({
      code: expected.exit ?? 1,
      tasks: [
        {
          status: expected.status ?? "failed",
          error: { code: expected.code },
          ...(expected.attempts === undefined ? {} : { attempts: expected.attempts }),
        },
      ],
    });
    expect(run.tasks[0]?.error?.next).not.toBe("");
    expect(await stage.git("rev-parse", "HEAD")).toBe(head);
    expect(await stage.git("status", "--porcelain")).toBe("");
  });
});
