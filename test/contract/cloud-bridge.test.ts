import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { type CloudJob, cloudFiles, makeCloudFolder, readEnd, readTask } from "../../src/codex/cloud/files.ts";
import {
  type ChatGptAnswer,
  type ChatGptRequest,
  startChatGptStandIn,
  writeChatGptLogin,
} from "../support/chatgpt-stand-in.ts";
import { type CloudStandIn, type CloudStory, makeCloud, newFile } from "../support/cloud-routes.ts";
import { CODEX_VERSIONS } from "../support/codex-stage.ts";
import { type Finished, runProgram } from "../support/rehearsal-stage.ts";

const BRIDGE = fileURLToPath(new URL("../../dist/cloud-bridge.cjs", import.meta.url));
const WORK = newFile("src/a.txt", "hello\n");
const MARK = "cco-0123456789abcdef";

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

interface Stage {
  /** Runs the bridge of an attempt in a folder of its own. */
  readonly run: (n: number, more?: Partial<CloudJob>) => Promise<Finished>;
  readonly dir: (n: number) => string;
}

/** Attempt folders with a bridge in each, before a cloud. */
async function stageFor(codex: string, cloud: CloudStandIn): Promise<Stage> {
  const top = await mkdtemp("/var/tmp/cco-bridge-");
  ends.push(() => rm(top, { recursive: true, force: true }));
  const site = await startChatGptStandIn(top, [cloud.route]);
  ends.push(() => site.close());
  const codexHome = join(top, "codex");
  await writeChatGptLogin(codexHome);
  const env = { PATH: process.env["PATH"] ?? "", HOME: top, CODEX_HOME: codexHome, ...site.env };
  const dir = (n: number): string => join(top, `0${n}`);
  return {
    dir,
    run(n, more = {}) {
      const at = dir(n);
      mkdirSync(at);
      const files = makeCloudFolder(at);
      const sidecar = join(at, "last-message.md");
      const plain = { v: 1, codex, version: "0", environment: "lab", branch: "main", mark: MARK } as const;
      const job: CloudJob = { ...plain, pollMs: 20, goesOn: [], sidecar, ...more };
      writeFileSync(files.job, JSON.stringify(job));
      writeFileSync(join(at, "prompt.md"), `Task: up\nAttempt: ${n}\nMark: ${job.mark}\n\nDo it.\n`);
      return runProgram(process.execPath, [BRIDGE, at], { cwd: files.folder, env });
    },
  };
}

type Fault = (request: ChatGptRequest) => ChatGptAnswer | undefined;

/** The first `count` requests of a kind are answered with this. */
function first(count: number, kind: RegExp, answer: ChatGptAnswer): Fault {
  let left = count;
  return ({ method, path }) => (kind.test(`${method} ${path}`) && (left -= 1) >= 0 ? answer : undefined);
}

const LOOK = /^GET \/wham\/tasks\/task_e_1$/;
const ORDER = /^POST \/wham\/tasks$/;
const PAGE: unknown = expect.stringContaining("https://chatgpt.com/codex/tasks/task_e_1");
const READY: CloudStory = { diff: WORK, pending: 0 };

/** What the cloud says, and what becomes of it. */
const ANSWERS: readonly (readonly [name: string, story: CloudStory, fault: Fault, end: unknown])[] = [
  ["is busy for a while", READY, first(3, LOOK, { json: {}, status: 503 }), { kind: "ready" }],
  ["does not know it yet", READY, first(2, LOOK, { json: {}, status: 404 }), { kind: "ready" }],
  ["has no change", { pending: 0 }, () => undefined, { kind: "ready" }],
  [
    "is busy without an end",
    READY,
    first(99, LOOK, { json: {}, status: 500 }),
    { kind: "open", code: "CODEX_UNAVAILABLE" },
  ],
  [
    "forgets the task",
    READY,
    first(99, LOOK, { json: {}, status: 404 }),
    { kind: "gone", code: "CLOUD_TASK_GONE", message: PAGE },
  ],
  [
    "refuses the login",
    READY,
    first(1, LOOK, { json: {}, status: 401 }),
    { kind: "open", code: "CODEX_AUTH", message: PAGE },
  ],
  ["says error", { pending: 1, turn: "failed" }, () => undefined, { kind: "failed", code: "CLOUD_TASK_FAILED" }],
  [
    "takes no order",
    READY,
    first(1, ORDER, { json: { detail: "no" }, status: 400 }),
    { kind: "refused", code: "CODEX_BAD_REQUEST" },
  ],
  ["fails before it takes the order", READY, first(1, ORDER, "cut"), { kind: "open", code: "CODEX_NETWORK" }],
];

describe.each(CODEX_VERSIONS)("the bridge to the cloud, codex %s", (_, codex) => {
  it("hands the order in as it is, follows it, and fetches the change without the report", async () => {
    const report = newFile("CCO_REPORT.md", "COMPLETED: wrote it\nand more\n");
    const cloud = makeCloud(() => ({ diff: report + WORK, pending: 2 }));
    const stage = await stageFor(codex, cloud);
    const done = await stage.run(1);
    expect({ code: done.code, stderr: done.stderr }).toEqual({ code: 0, stderr: "" });
    expect(cloud.orders()).toMatchObject([
      { prompt: `Task: up\nAttempt: 1\nMark: ${MARK}\n\nDo it.\n`, branch: "main" },
    ]);
    const files = cloudFiles(stage.dir(1));
    expect(readFileSync(files.change, "utf8")).toBe(WORK);
    expect(readFileSync(files.report, "utf8")).toBe("COMPLETED: wrote it\nand more");
    expect(readFileSync(join(stage.dir(1), "last-message.md"), "utf8")).toBe("COMPLETED: wrote it\nand more");
    // Neither error.log nor what an answer said.
    const kept = ["change.diff", "diff.out", "end.json", "exec.out", "job.json", "report.md", "submitting.json"];
    expect(readdirSync(files.folder).toSorted()).toEqual([...kept, "task.json"]);
    expect(
      done.stdout
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { type: string }).type),
    ).toEqual(Array.from({ length: 6 }, () => "cloud"));
  });

  it("finds an order by its mark whose answer was lost", async () => {
    const cloud = makeCloud(() => ({ ...READY, answer: "cut" }));
    const stage = await stageFor(codex, cloud);
    expect(await stage.run(1)).toMatchObject({ code: 0 });
    expect(cloud.orders()).toHaveLength(1);
    expect(readTask(stage.dir(1))).toEqual({ id: "task_e_1", mark: MARK });
  });

  it("goes on with the task of an attempt that was cut off, at whatever moment", async () => {
    const cloud = makeCloud(() => READY);
    const stage = await stageFor(codex, cloud);
    await stage.run(1);
    const [cut, again] = [cloudFiles(stage.dir(1)), [stage.dir(1)]];
    await rm(cut.end);
    expect(await stage.run(2, { goesOn: again, mark: "cco-2" })).toMatchObject({ code: 0 });
    // Its id was printed and not noted, then not even printed.
    await rm(cut.task);
    expect(await stage.run(3, { goesOn: again, mark: "cco-3" })).toMatchObject({ code: 0 });
    await rm(cut.printed);
    expect(await stage.run(4, { goesOn: again, mark: "cco-4" })).toMatchObject({ code: 0 });
    expect(cloud.orders()).toHaveLength(1);
    // One that came to an end of its own is not gone on with.
    writeFileSync(
      cut.end,
      JSON.stringify({ v: 1, kind: "failed", code: "CLOUD_TASK_FAILED", message: "", retryAt: null }),
    );
    expect(await stage.run(5, { goesOn: again, mark: "cco-5" })).toMatchObject({ code: 0 });
    expect(cloud.orders()).toHaveLength(2);
  });
});

describe("the bridge to a cloud that", () => {
  it.each(ANSWERS)("%s", async (_, story, fault, end) => {
    const cloud = makeCloud(() => story, fault);
    const stage = await stageFor(CODEX_VERSIONS[1]?.[1] ?? "", cloud);
    const done = await stage.run(1);
    expect(readEnd(stage.dir(1))).toMatchObject(end as object);
    expect(done.code).toBe(readEnd(stage.dir(1))?.kind === "ready" ? 0 : 1);
    expect(cloud.orders().length).toBeLessThanOrEqual(1);
  });

  it("does not say whether an order arrived: no other is handed in meanwhile", async () => {
    const codex = CODEX_VERSIONS[1]?.[1] ?? "";
    const broken: Fault = ({ path }) => (path.startsWith("/wham/tasks/list") ? { json: {}, status: 500 } : undefined);
    const cloud = makeCloud(() => ({ ...READY, answer: "cut" }), broken);
    const stage = await stageFor(codex, cloud);
    await stage.run(1);
    await stage.run(2, { goesOn: [stage.dir(1)], mark: "cco-2" });
    expect([1, 2].map((n) => readEnd(stage.dir(n)))).toMatchObject([
      { kind: "open", code: "CODEX_NETWORK" },
      { kind: "open", code: "CODEX_UNAVAILABLE" },
    ]);
    expect(cloud.orders()).toHaveLength(1);
  });

  it("has another environment", async () => {
    const stage = await stageFor(
      CODEX_VERSIONS[1]?.[1] ?? "",
      makeCloud(() => READY),
    );
    await stage.run(1, { environment: "nope" });
    expect(readEnd(stage.dir(1))).toMatchObject({ kind: "refused", code: "CLOUD_ENVIRONMENT" });
  });
});
