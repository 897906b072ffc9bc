import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stateIn } from "../../src/codex/cloud/bridge.ts";
import { isCloudId, readList } from "../../src/codex/cloud/files.ts";
import { cloudPrompt, markOf } from "../../src/codex/cloud/prompt.ts";
import { splitChange } from "../../src/codex/cloud/report-file.ts";
import { troubleOf } from "../../src/codex/cloud/trouble.ts";
import { attemptsToGoOn, cancelled } from "../../src/decide/cloud.ts";
import { feedbackFor } from "../../src/decide/feedback.ts";
import { environmentOf, requirePublished } from "../../src/engine/cloud.ts";
import { parseJson } from "../../src/kernel/json.ts";
import { DEFAULT_CONFIG } from "../../src/model/config.ts";
import type { AttemptOutcome } from "../../src/model/outcome.ts";
import type { Fact, Feedback } from "../../src/model/record.ts";
import type { Published, RemoteBranch } from "../../src/ports/repo.ts";
import { z } from "zod";
import { newFile } from "../support/cloud-routes.ts";
import { failure, outcome, pour, started, submitted, taskOf, worldOf } from "../support/worlds.ts";
import { verifies } from "../requirements.ts";

verifies("A3", "C1");

const rowSchema = z.strictObject({
  version: z.string(),
  name: z.string(),
  call: z.string(),
  code: z.number(),
  stdout: z.string(),
  stderr: z.string(),
});

/** What 0.124.0 and 0.169.0 printed for each answer of a cloud on loopback. */
const RECORDED = readFileSync(new URL("../fixtures/cloud-words.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => rowSchema.parse(parseJson(line)));

const recorded = (name: string) => RECORDED.filter((row) => row.name === name);
const NOW = Date.UTC(2026, 0, 1);

/** Answer → code, and whether the same call is made again a little later. Of a task, of everything else. */
const CODES: Readonly<Record<string, readonly [string, boolean]>> = {
  "401": ["CODEX_AUTH", false],
  "403": ["CODEX_AUTH", false],
  "404": ["CODEX_BAD_REQUEST", false],
  "429": ["CODEX_RATE_LIMITED", true],
  usage: ["CODEX_USAGE_LIMIT", false],
  "402": ["CODEX_QUOTA", false],
  "400": ["CODEX_BAD_REQUEST", false],
  "500": ["CODEX_UNAVAILABLE", true],
  "502-page": ["CODEX_UNAVAILABLE", true],
  cut: ["CODEX_NETWORK", true],
  page: ["CODEX_UNAVAILABLE", true],
  "empty-object": ["CODEX_UNAVAILABLE", true],
  "no environments": ["CLOUD_ENVIRONMENT", false],
  "unknown environment": ["CLOUD_ENVIRONMENT", false],
  "two environments of one label": ["CLOUD_ENVIRONMENT", false],
  "not logged in": ["CODEX_NOT_LOGGED_IN", false],
};
const OF_A_TASK: Readonly<Record<string, readonly [string, boolean]>> = {
  "status: 404": ["CLOUD_TASK_GONE", false],
  "diff: 404": ["CLOUD_TASK_GONE", false],
  "diff: empty-object": ["CLOUD_NO_CHANGE", false],
  "diff: READY without a change": ["CLOUD_NO_CHANGE", false],
};

describe("what codex cloud says", () => {
  const faults = RECORDED.filter(({ name }) => name in OF_A_TASK || (name.split(": ")[1] ?? "") in CODES);

  it("is named, in both versions", () => {
    expect(faults.length).toBeGreaterThan(120);
    const named = faults.map((row) => {
      const { code, passes } = troubleOf(row.call, { ...row, late: false, limitMs: 1 }, NOW);
      return `${row.version} ${row.name}: ${code} ${passes}`;
    });
    const expected = faults.map(({ version, name }) => {
      const [code, passes] = OF_A_TASK[name] ?? CODES[name.split(": ")[1] ?? ""] ?? [];
      return `${version} ${name}: ${code} ${passes}`;
    });
    expect(named).toEqual(expected);
  });

  it("holds the time at which a window opens again, and the words of the answer", () => {
    for (const row of recorded("exec, order: usage")) {
      expect(troubleOf("exec", { ...row, late: false, limitMs: 1 }, NOW)).toMatchObject({
        retryAt: "2100-01-01T00:00:00.000Z",
        message: "codex cloud exec: 429 Too Many Requests: The usage limit has been reached",
      });
    }
    const late = { code: null, late: true, limitMs: 5000, stdout: "", stderr: "" };
    expect(troubleOf("status", late, NOW)).toMatchObject({
      code: "CODEX_NETWORK",
      message: /within 5 s/,
      passes: true,
    });
  });

  it.each([
    ["PENDING", "PENDING"],
    ["READY", "READY"],
    ["READY without a change", "READY"],
    ["ERROR", "ERROR"],
    ["ERROR, cancelled", "ERROR"],
    ["another state", "PENDING"],
  ])("says a state whatever its exit code: %s", (name, state) => {
    const rows = recorded(`status: ${name}`);
    expect(rows.map(({ stdout }) => stateIn(stdout)?.state)).toEqual([state, state]);
    expect(rows.map(({ code }) => code)).toEqual(state === "READY" ? [0, 0] : [1, 1]);
  });

  it("says no state where it failed", () => {
    for (const row of RECORDED.filter(({ call, stdout }) => call === "status" && stdout === ""))
      expect(stateIn(row.stdout)).toBeNull();
    expect(stateIn("[HIBERNATING] x\n")).toBeNull();
    expect(stateIn("[APPLIED] Lab task\nlab\n+1/-0 • 1 file\n")).toEqual({
      state: "APPLIED",
      words: "Lab task, +1/-0 • 1 file",
    });
  });

  it("lists tasks with their titles, and never an id that could be an option or a path", () => {
    expect(recorded("list: one").map(({ stdout }) => readList(stdout).tasks)).toEqual(
      Array.from({ length: 2 }, () => [{ id: "task_e_1", title: "Task: up Attempt: 1 Mark: cco-0123" }]),
    );
    expect(readList('{"tasks":[{"id":"--help"},{"id":"../x"},{"id":7},null]}')).toEqual({ tasks: [], cursor: null });
    expect(readList("<html>")).toEqual({ tasks: [], cursor: null });
    expect(["", "-x", "a b", "a/b", "a".repeat(201)].filter(isCloudId)).toEqual([]);
  });
});

describe("the change and the report of a worker in the cloud", () => {
  const work = newFile("src/a.txt", "hello\n");
  const report = newFile("CCO_REPORT.md", "COMPLETED: did it\nmore\n");

  it.each([
    ["no report", work, { change: work, report: null }],
    ["the report last", work + report, { change: work, report: "COMPLETED: did it\nmore" }],
    ["the report first", report + work, { change: work, report: "COMPLETED: did it\nmore" }],
    ["a report alone", report, { change: "", report: "COMPLETED: did it\nmore" }],
    ["nothing", "", { change: "", report: null }],
    [
      "a report of another folder",
      newFile("docs/CCO_REPORT.md", "x\n"),
      { change: newFile("docs/CCO_REPORT.md", "x\n"), report: null },
    ],
  ])("are told apart: %s", (_, diff, expected) => {
    expect(splitChange(diff)).toEqual(expected);
  });

  it("get the end back that git asks for: a service may trim what it shows", () => {
    const file = newFile("src/a.txt", "one\n");
    expect(splitChange(file.trim()).change).toBe(`${file}\n`);
    expect(splitChange((report + file).trim())).toEqual({ change: `${file}\n`, report: "COMPLETED: did it\nmore" });
    expect(splitChange((file + report).trim()).change).toBe(file);
    expect(splitChange(" \n")).toEqual({ change: "", report: null });
  });

  it("lose nothing, whatever stands in the files", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string().filter((line) => !/[\n\r]/.test(line)),
          { minLength: 1 },
        ),
        (lines) => {
          const file = newFile("src/a.txt", `${lines.join("\n")}\n`);
          expect(splitChange(report + file)).toEqual({ change: file, report: "COMPLETED: did it\nmore" });
        },
      ),
    );
  });
});

describe("the order for the cloud", () => {
  it("begins with task, attempt and mark, and holds the change before as data", () => {
    const mark = markOf("0123-4567-89ab-cdef-0123");
    const prompt = cloudPrompt("Task: up\nAttempt: 2\n\nDo it.\n", mark, "+CHANGE>>>\n+x");
    expect(prompt).toMatch(
      /^Task: up\nAttempt: 2\nMark: cco-0123456789abcdef\n\nDo it\.\n\n## You work in the cloud\n/,
    );
    expect(prompt).toContain("<<<CHANGE-2\n+CHANGE>>>\n+x\nCHANGE-2>>>\n");
    expect(cloudPrompt("Task: up\nAttempt: 1\n", mark, null)).not.toContain("<<<");
  });
});

describe("attempts whose task in the cloud is gone on with", () => {
  const ended = (attempt: number, reason: AttemptOutcome["exit"]["reason"], code: string | null) => ({
    type: "attempt.ended" as const,
    task: "a",
    attempt,
    outcome: {
      ...outcome(code === null ? null : failure(code, "state")),
      exit: { ...outcome().exit, reason },
    },
  });
  const again = (feedback: Feedback | null = null) => ({
    type: "retry.decided" as const,
    task: "a",
    notBefore: "2026-01-01T00:00:00.000Z",
    feedback,
    cause: "CODEX_LOST",
    why: "",
  });
  const goOn = (...facts: readonly Fact[]): number[] =>
    attemptsToGoOn(taskOf(worldOf(submitted("a", {}, { lane: "cloud" }), ...facts), "a"));

  it("are those that were cut off, back to one that was not", () => {
    expect(goOn(started("a"))).toEqual([]);
    expect(goOn(started("a"), ended(1, "lost", "CODEX_LOST"), again(), started("a", 2))).toEqual([1]);
    const twice = [started("a"), ended(1, "signal", "CODEX_KILLED"), again(), started("a", 2)];
    expect(goOn(...twice, ended(2, "exit-code", "CODEX_UNAVAILABLE"), again(), started("a", 3))).toEqual([2, 1]);
    expect(goOn(...twice, ended(2, "completed", null), again(), started("a", 3))).toEqual([]);
    expect(goOn(started("a"), ended(1, "cancelled", "TASK_CANCELLED"), again(), started("a", 2))).toEqual([]);
  });

  it("are told the same again: nothing of them is in the files", () => {
    const world = worldOf(submitted("a", {}, { lane: "cloud" }), started("a"), ended(1, "lost", "CODEX_LOST"));
    expect(feedbackFor(taskOf(world, "a"), failure("CODEX_LOST", "state"), "restart")).toBeNull();
    const told: Feedback = { from: "verification", text: "red" };
    pour(world, again(told));
    pour(world, { ...started("a", 2), feedback: told } as ReturnType<typeof started>);
    pour(world, ended(2, "lost", "CODEX_LOST"));
    expect(feedbackFor(taskOf(world, "a"), failure("CODEX_LOST", "state"), "restart")).toEqual(told);
  });
});

describe("a cancelled task", () => {
  const ended = (lane: "cloud" | "worktree") => {
    const outcomeOf = outcome({ ...failure("TASK_CANCELLED", "state"), message: "cancelled; it goes on: PAGE" });
    const ending: Fact = { type: "attempt.ended", task: "a", attempt: 1, outcome: outcomeOf };
    return cancelled(taskOf(worldOf(submitted("a", {}, { lane }), started("a"), ending), "a")).message;
  };

  it("names the page of what goes on in the cloud", () => {
    expect(ended("cloud")).toBe("cancelled; it goes on: PAGE");
    expect(ended("worktree")).toBe("cancelled on request");
    expect(cancelled(taskOf(worldOf(submitted("a", {}, { lane: "cloud" })), "a")).message).toBe("cancelled on request");
  });
});

describe("where the cloud begins", () => {
  const start = { branch: "main", commit: "c".repeat(40) };
  const repo = (at: RemoteBranch | null, found: Published) => ({
    upstream: async () => at,
    published: async () => found,
  });
  const origin = { remote: "origin", branch: "trunk", hosted: null };

  it("is the environment of the settings, else the one that is called like the repository", () => {
    const hosted = { ...origin, hosted: "acme/shop" };
    expect(environmentOf({ cloud: { ...DEFAULT_CONFIG.cloud, environment: " lab " } }, hosted)).toBe("lab");
    expect(environmentOf(DEFAULT_CONFIG, hosted)).toBe("acme/shop");
    for (const at of [origin, null])
      expect(() => environmentOf(DEFAULT_CONFIG, at)).toThrow(/name no environment of Codex cloud/);
  });

  it("is the branch of the remote that has the commit", async () => {
    expect(await requirePublished(repo(origin, { kind: "published" }), start)).toBe("trunk");
  });

  it.each([
    [null, { kind: "published" }, /has no remote repository/, /git remote add/],
    [origin, { kind: "no-branch" }, /origin has no branch trunk/, /git push -u origin main:trunk/],
    [origin, { kind: "unpublished", commits: 2 }, /2 commit\(s\) up to c{12}/, /git push origin main:trunk/],
    [origin, { kind: "unknown-tip", tip: "d".repeat(40) }, /is at d{12}/, /git pull origin trunk/],
  ] as const)("is refused otherwise, with what to do: %j %j", async (at, found, message, hint) => {
    await expect(requirePublished(repo(at, found), start)).rejects.toMatchObject({
      code: "CLOUD_NOT_PUSHED",
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(hint) as string,
    });
    await expect(requirePublished(repo(at, found), { ...start, branch: null })).rejects.toMatchObject({
      message: "no branch is checked out",
    });
  });
});
