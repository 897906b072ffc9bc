import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { findingsSchema, type Findings } from "../../src/model/review.ts";
import { DEMO_ENVELOPE, DEMO_FILES, DEMO_TASK } from "../../src/rehearsal/demo-repository.ts";
import { DEMO_SCRIPT } from "../../src/rehearsal/demo-script.ts";
import { parseScript } from "../../src/rehearsal/script.ts";
import { codexNewest, codexOldest } from "../support/binaries.ts";
import { runCodex, runProgram, setStage, type RehearsalStage } from "../support/rehearsal-stage.ts";

let stage: RehearsalStage | undefined;

afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

/** The verify commands of the envelope, in its order. */
function verifyCommands(): string[] {
  const front: unknown = parse(DEMO_ENVELOPE.split("---\n")[1] ?? "");
  const { acceptance } = front as { acceptance: { verify: string }[] };
  return acceptance.map((criterion) => criterion.verify);
}

/** The findings of the first review round, checked against the form that reviewers have to keep. */
function firstFindings(): Findings {
  const scene = parseScript(DEMO_SCRIPT).claude.find((each) => each.call === "review" && each.round === 1);
  const output = scene?.steps.flatMap((step) => ("output" in step ? [step.output] : []))[0];
  return findingsSchema.parse(output);
}

async function run(here: RehearsalStage, command: string) {
  const [file = "", ...args] = command.split(" ");
  return runProgram(file === "node" ? process.execPath : file, args, { cwd: here.repo, env: here.env });
}

async function placeEvidence(here: RehearsalStage): Promise<void> {
  for (const { evidence } of firstFindings().challenges) {
    const path = join(here.repo, evidence.path ?? "");
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, evidence.content ?? "");
  }
}

describe.each([
  ["oldest", codexOldest, "gpt-5.4"],
  ["newest", codexNewest, "gpt-5.5"],
  ["newest in code mode", codexNewest, "gpt-6-astra"],
])("the demonstration with the %s Codex", (_name, binary, codexModel) => {
  it("goes from a green base over a right and a wrong challenge to the fix", async () => {
    stage = await setStage({ script: DEMO_SCRIPT, files: DEMO_FILES, homes: { codexModel } });
    const [limiterTest = "", serverTest = ""] = verifyCommands();
    const [right, wrong] = firstFindings().challenges.map((challenge) => challenge.evidence.command ?? "");
    expect(await run(stage, serverTest)).toMatchObject({ code: 0 });

    const first = await runCodex(stage, binary(), `Task: ${DEMO_TASK}\nAttempt: 1\n`);
    expect(first.code).toBe(0);
    expect(first.last).toMatch(/^COMPLETED: /);
    for (const command of [limiterTest, serverTest]) {
      const done = await run(stage, command);
      expect(done.code, done.stdout).toBe(0);
      expect(done.ms).toBeLessThan(5000);
    }
    await placeEvidence(stage);
    const convicted = await run(stage, right ?? "");
    expect(convicted.code).toBe(1);
    expect(convicted.stdout).toContain("0 requests served in 10 seconds, 10 are due");
    expect(convicted.stdout).toContain("ERR_ASSERTION");
    expect(await run(stage, wrong ?? "")).toMatchObject({ code: 0 });

    const second = await runCodex(stage, binary(), `Task: ${DEMO_TASK}\nAttempt: 2\n`);
    expect(second.last).toMatch(/^COMPLETED: /);
    for (const command of [limiterTest, serverTest, right ?? "", wrong ?? ""]) {
      const done = await run(stage, command);
      expect(done.code, done.stdout).toBe(0);
    }
    expect(await readFile(join(stage.repo, "src/limiter.js"), "utf8")).not.toContain("Math.floor");
  });
});
