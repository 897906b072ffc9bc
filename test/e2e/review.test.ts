import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { type CcoStage, PROGRAM, setCcoStage } from "../support/cco.ts";
import { processesWith, until } from "../support/processes.ts";
import { verifies } from "../requirements.ts";

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const resultSchema = z.strictObject({
  schema: z.literal("cco.review/1"),
  rounds: z.array(
    z.looseObject({
      round: z.number(),
      challenges: z.array(z.looseObject({ id: z.string(), ruling: z.string(), executed: z.boolean() })),
    }),
  ),
  converged: z.boolean(),
});

const challenge = (id: string, claim: string, evidence: object): object => ({
  id,
  claim,
  violates: "What worked before the change works after it",
  severity: "major",
  path: "src/add.js",
  line: 1,
  evidence,
});

const TRUE_CLAIM = challenge("c1", "negative numbers are added wrong", {
  kind: "failing-test",
  path: "test/negative.test.js",
  content: `import test from "node:test";
import assert from "node:assert";
import { add } from "../src/add.js";
test("negative", () => assert.equal(add(-1, -2), -3));
`,
  command: "node --test test/negative.test.js",
});
const FALSE_CLAIM = challenge("c2", "zero is added wrong", {
  kind: "counterexample",
  command: `node --input-type=module -e 'import { add } from "./src/add.js"; console.log("sum", add(0, 0))'`,
  expected: "sum 0",
  observed: "sum NaN",
});

async function setRepository(challenges: readonly object[], delayMs = 0): Promise<CcoStage> {
  stage = await setCcoStage({
    script: {
      worker: [],
      claude: [
        {
          call: "review",
          steps: [...(delayMs === 0 ? [] : [{ delayMs }]), { output: { summary: "looked at add", challenges } }],
        },
      ] as never,
    },
  });
  write(stage, "package.json", '{ "type": "module" }\n');
  write(stage, "src/add.js", "export const add = (a, b) => a + b;\n");
  await stage.git("add", "-A");
  await stage.git("commit", "-qm", "add");
  return stage;
}

function write(on: CcoStage, path: string, text: string): void {
  mkdirSync(dirname(join(on.repo, path)), { recursive: true });
  writeFileSync(join(on.repo, path), text);
}

const BROKEN = "export const add = (a, b) => Math.abs(a) + Math.abs(b);\n";

describe("a review of a change that nobody dispatched", () => {
  verifies("E2", "E3", "K1");

  it("executes what the reviewer brings, and touches nothing", async () => {
    const on = await setRepository([TRUE_CLAIM, FALSE_CLAIM]);
    write(on, "src/add.js", BROKEN);
    write(on, "notes.txt", "new\n");
    const before = await on.git("status", "--porcelain");
    const run = await on.cco("review", "--json", "--quiet");
    expect({ code: run.code, stderr: run.stderr }).toEqual({ code: 1, stderr: "" });
    const result = resultSchema.parse(run.json);
    expect(result.rounds[0]?.challenges.map(({ id, ruling, executed }) => `${id} ${ruling} ${executed}`)).toEqual([
      "c1 VALID true",
      "c2 NOISE true",
    ]);
    expect(result.converged).toBe(false);
    expect(await on.git("status", "--porcelain")).toBe(before);
    expect(await on.git("worktree", "list")).not.toContain("review-");
    expect(await on.git("branch", "--list")).toBe("* main");
    const [id = ""] = readdirSync(join(on.repo, ".cco/reviews"));
    const page = readFileSync(join(on.repo, ".cco/reviews", id, "report.md"), "utf8");
    expect(page).toContain("### VALID c1: negative numbers are added wrong");
    expect(page).toContain("after the change: exit 1, 1, 1");
    expect(on.requests().some(({ prompt = "" }) => prompt.includes("Math.abs") && prompt.includes("notes.txt"))).toBe(
      true,
    );
  });

  it("of commits ends with 0 when nothing holds, and says so in words", async () => {
    const on = await setRepository([FALSE_CLAIM]);
    const base = await on.git("rev-parse", "HEAD");
    write(on, "src/sub.js", "export const sub = (a, b) => a - b;\n");
    await on.git("add", "-A");
    await on.git("commit", "-qm", "sub");
    const run = await on.cco("review", "--base", base);
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(
      /^review of what HEAD has on top of .*: 0 VALID, 0 PARTIAL, 1 NOISE in 1 round\(s\)\.\n/,
    );
    expect(run.stdout).toContain("NOISE   src/add.js:1  zero is added wrong");
  });

  it("that was killed leaves copies that gc removes, and nobody at work", async () => {
    const on = await setRepository([FALSE_CLAIM], 20_000);
    write(on, "src/add.js", BROKEN);
    const child = spawn(process.execPath, [PROGRAM, "review", "--quiet"], {
      cwd: on.repo,
      env: on.env,
      stdio: "ignore",
    });
    await until(() => on.requests().length > 0);
    expect((await on.cco("gc", "--json")).stdout).toContain("a review is under way");
    const [id = ""] = readdirSync(join(on.repo, ".cco/reviews"));
    const claude = (): Promise<number[]> => processesWith(`CCO_JOB=${join(on.repo, ".cco/reviews", id, "01")}`);
    expect(await claude()).not.toEqual([]);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect((await on.cco("gc", "--json")).json).toMatchObject({
      removed: [{ kind: "scratch", name: expect.stringContaining("worktrees/review-") }],
    });
    expect(await on.git("worktree", "list")).not.toContain("review-");
    expect(await claude()).toEqual([]);
  });

  it("refuses what is no change, with the next command", async () => {
    const on = await setRepository([]);
    for (const [args, code, words] of [
      [[], 2, "there is nothing to review: what is not committed changes no file"],
      [["--base", "nowhere"], 2, "nowhere is no commit of this repository"],
      [["--base", "HEAD", "--uncommitted"], 2, "a review is of one change"],
      [["unknown"], 2, "there is no task unknown"],
    ] as const) {
      const run = await on.cco("review", ...args);
      expect({ args, code: run.code, words: run.stderr.includes(words) }).toEqual({ args, code, words: true });
    }
    expect(existsSync(join(on.repo, ".cco/reviews"))).toBe(false);
  });
});
