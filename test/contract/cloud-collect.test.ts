import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { collectCloud } from "../../src/codex/cloud/collect.ts";
import { cloudFiles, makeCloudFolder } from "../../src/codex/cloud/files.ts";
import type { ExitRecord } from "../../src/model/outcome.ts";
import type { AttemptOrder } from "../../src/ports/worker.ts";
import { verifies } from "../requirements.ts";

verifies("C1");

const PAGE = "https://chatgpt.com/codex/tasks/task_e_1";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cco-collect-"));
  makeCloudFolder(dir);
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** What is said of an attempt whose bridge was ended from outside while its task was open. */
function cutOff(reason: ExitRecord["reason"], detail: string, hasTask: boolean) {
  if (hasTask) writeFileSync(cloudFiles(dir).task, JSON.stringify({ v: 1, id: "task_e_1", mark: "cco-1" }));
  const order = { task: "up", attempt: 1, dir } as AttemptOrder;
  const times = { startedAt: "2026-01-01T00:00:00.000Z", endedAt: "2026-01-01T00:00:01.000Z" };
  return collectCloud(order, { v: 1, reason, code: null, signal: "SIGINT", detail, ...times }).failure;
}

describe("an attempt in the cloud that was ended here", () => {
  it("names what goes on there, and how to go on with it after the hard limit", () => {
    expect(cutOff("deadline", "still running after 6 s, the hard limit", true)).toMatchObject({
      code: "CODEX_DEADLINE",
      message: `still running after 6 s, the hard limit; the task goes on in the cloud: ${PAGE}`,
      next: "cco retry up goes on with that task; cco config --set cloud.hardMinutes=N gives it longer",
    });
  });

  it.each([
    ["is known", true, `cancelled on request; the task goes on in the cloud: ${PAGE}`],
    ["may be there", false, expect.stringContaining("its order was on the way and may be at work in the cloud")],
    ["was not begun", false, "cancelled on request"],
  ])("is cancelled in words of its own: its task %s", (known, hasTask, message: unknown) => {
    if (known === "may be there") writeFileSync(cloudFiles(dir).submitting, JSON.stringify({ v: 1, mark: "cco-1" }));
    expect(cutOff("cancelled", "a stop was requested with reason cancelled", hasTask)).toMatchObject({
      code: "TASK_CANCELLED",
      message,
    });
  });
});
