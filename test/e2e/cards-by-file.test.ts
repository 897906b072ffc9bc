import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { type CcoStage, fullEnvelope, setCcoStage } from "../support/cco.ts";
import { verifies } from "../requirements.ts";

verifies("B3", "B4");

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

async function until(what: string, isTrue: () => boolean): Promise<void> {
  for (let left = 600; left > 0; left -= 1) {
    if (isTrue()) return;
    await sleep(50);
  }
  throw new Error(`not in time: ${what}`);
}

/** The text of a card with these words behind its keys, as an editor leaves it. */
function filled(text: string, answer: string, note = ""): string {
  return text.replace(/^answer:$/m, `answer: ${answer}`).replace(/^note:$/m, `note: ${note}`);
}

it("several cards are answered by their files at once, however an editor saves them", async () => {
  const names = ["one", "two", "three", "four", "five", "six"];
  const worker = names.map((task) => ({ task, steps: [{ final: "BLOCKED: which name?" }] }));
  const config = "engine: { idleSeconds: 0 }\nworker: { parallel: 6, killGraceSeconds: 1 }\n";
  stage = await setCcoStage({ script: { worker, claude: [] }, config });
  const at = stage;
  const files = await Promise.all(names.map((name) => at.envelope(name, fullEnvelope(name))));
  expect((await at.dispatch(files, "--no-review")).code).toBe(3);
  const [pending, answered] = [join(at.repo, ".cco/decisions/pending"), join(at.repo, ".cco/decisions/answered")];
  const path = (name: string): string => join(pending, `D-${name}-1.md`);
  const read = (name: string): string => readFileSync(path(name), "utf8");
  // In its place; in lower case with Windows line ends and a comment; by a temporary file and a rename; with quotes; garbage twice.
  writeFileSync(path("one"), filled(read("one"), "B"));
  writeFileSync(path("two"), filled(read("two"), "b   # stop it").replaceAll("\n", "\r\n"));
  writeFileSync(`${path("three")}.swp`, filled(read("three"), "B", "by rename"));
  renameSync(`${path("three")}.swp`, path("three"));
  writeFileSync(path("four"), filled(read("four"), '"B"'));
  writeFileSync(path("five"), filled(read("five"), "maybe"));
  writeFileSync(path("six"), "\u0000 no card at all \uFFFD");
  // No engine may be left to see it; whatever command comes next brings one.
  await at.cco("status");
  await until("four answers", () => ["one", "two", "three", "four"].every((name) => !existsSync(path(name))));
  await until("a reply", () => read("five").includes("reply:"));
  expect(read("five")).toContain("there is no option MAYBE; choose one of A, B");
  const answer = (name: string): string => readFileSync(join(answered, `D-${name}-1.md`), "utf8");
  for (const name of ["one", "two", "three", "four"]) expect(answer(name)).toContain('answer: B\nby: "file edit"');
  expect(answer("three")).toContain('note: "by rename"');
  // What is no card any more is still open, and is answered by another face.
  expect((await at.cco("decide")).stdout).toMatch(/D-five-1[^]*D-six-1|D-six-1[^]*D-five-1/);
  expect(await at.cco("decide", "D-six-1", "b")).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("D-six-1: B"),
  });
  writeFileSync(path("five"), filled(read("five"), "B"));
  const ended = await at.cco("wait", "--json", "--timeout", "30");
  expect(ended.tasks.every(({ status }) => status === "failed")).toBe(true);
  // First answer wins: every other face says so, and so does a file that an editor brings back.
  expect(await at.cco("decide", "D-one-1", "A")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/D-one-1 was answered already: B .*by file edit/),
  });
  await until("all files away", () => readdirSync(pending).length === 0);
  const audit = readFileSync(join(at.repo, ".cco/audit.jsonl"), "utf8").trim().split("\n");
  expect(audit).toHaveLength(6);
  const status = await at.cco("status");
  expect(status.stdout).toMatch(/escalation: 6 of 6 tasks in .* needed a decision \(100 %\).*above 25 %/);
});
