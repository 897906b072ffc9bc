import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { METER } from "../../src/codex/session/session-marks.ts";
import type { ExitRecord } from "../../src/model/outcome.ts";
import { launchSupervised } from "../../src/process/launch.ts";
import type { SupervisedCommand } from "../../src/process/supervised-command.ts";
import { watchExit } from "../../src/process/watch.ts";
import { verifies } from "../requirements.ts";
import * as support from "../support/processes.ts";

verifies("F5");

let dir: string;

beforeEach(async () => {
  dir = await support.makeFolder();
});

afterEach(async () => {
  await support.leaveNobody(dir);
});

/** A worker that keeps its own record open and notes one call and its result after the other; `N` in the output is their number. */
const WORKER = `
exec 3>>rollout-1.jsonl
n=0
while :; do
  n=$((n + 1))
  echo '{"type":"response_item","payload":{"type":"function_call","name":"exec_command","arguments":"{}","call_id":"c'$n'"}}' >&3
  echo '{"type":"response_item","payload":{"type":"function_call_output","call_id":"c'$n'","output":"OUTPUT"}}' | sed "s/N/$n/" >&3
  sleep 0.03
done`;

async function run(limits: Partial<SupervisedCommand["limits"]>, output = "same"): Promise<ExitRecord> {
  await writeFile(join(dir, "worker.sh"), WORKER.replace("OUTPUT", output));
  const command = await support.commandIn(dir, ["/bin/sh", join(dir, "worker.sh")], limits);
  await launchSupervised(dir, { ...command, meter: METER });
  return watchExit(dir, new AbortController().signal);
}

describe.runIf(process.platform === "linux")("a worker that repeats itself", () => {
  it("is ended as stuck, and the record names the call", async () => {
    const exit = await run({ stuck: { repeats: 5 } });
    expect(exit).toMatchObject({ reason: "stuck", signal: "SIGINT" });
    expect(exit.detail).toMatch(/^WORKER_STUCK: the same call \d+ times, each time with the same result \[c\d+\]$/);
  });

  it.each([
    ["what it gets differs", { stuck: { repeats: 5 }, hardMs: 1200 }, "deadline", "N"],
    ["it may make fewer calls", { stuck: { repeats: 5 }, budget: { toolCalls: { left: 3, of: 3 } } }, "budget", "same"],
    ["nothing of it is looked at", { hardMs: 800 }, "deadline", "same"],
    ["it makes too many calls", { stuck: { calls: { before: 90, plan: 50, most: 100 } } }, "stuck", "N"],
    [
      "files change beyond its plan",
      { stuck: { growing: { before: 0, plan: 5, idle: 10 } }, hardMs: 1500 },
      "deadline",
      "N",
    ],
    [
      "it takes longer than such work does",
      { stuck: { estimate: { tasks: 5, minutes: { expected: 0.01, before: 0, left: 0.01 } } } },
      "stuck",
      "N",
    ],
  ] as const)("or not, with the first reason: %s", async (_name, limits, reason, output) => {
    expect(await run(limits, output)).toMatchObject({ reason });
  });
});
