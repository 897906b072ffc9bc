import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { foldActivity } from "../../src/codex/session/activity.ts";
import type { ActivityFile } from "../../src/codex/attempt-files.ts";
import { readProgress } from "../../src/codex/session/progress.ts";

let dir = "";
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "cco-progress-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const call = (command: string, exitCode: number | null, output = "") => ({
  tool: "exec_command",
  commands: [command],
  exitCode,
  output,
});

async function progressOf(parts: Partial<ActivityFile>) {
  const nothing: ActivityFile = {
    v: 1,
    calls: [],
    denials: [],
    fileChanges: {},
    todo: [],
    messages: [],
    windows: null,
  };
  await writeFile(join(dir, "activity.json"), JSON.stringify({ ...nothing, ...parts }));
  return readProgress(dir);
}

describe("progress of a worker", () => {
  it("is nothing where there is no trace of it, or none that can be read", async () => {
    const nothing = { messages: [], plan: [], failed: [], underWay: null };
    expect(await readProgress(dir)).toEqual(nothing);
    await writeFile(join(dir, "activity.json"), "{");
    expect(await readProgress(dir)).toEqual(nothing);
  });

  it("names red commands that stayed red, in the order in which they were last run", async () => {
    const output = "Chunk ID: 1\nWall time: 0.1 seconds\nProcess exited with code 1\nOutput:\nnot ok 1\n";
    const { failed } = await progressOf({
      calls: [call("a", 1), call("b", 2), call("a", 0), call("c", 1, output), call("b", 3)],
    });
    expect(failed).toEqual([
      { command: "c", exitCode: 1, output: "not ok 1\n" },
      { command: "b", exitCode: 3, output: "" },
    ]);
  });

  it("names the command that was under way, only when it was the last", async () => {
    expect((await progressOf({ calls: [call("a", 0), call("npm test", null)] })).underWay).toBe("npm test");
    expect((await progressOf({ calls: [call("npm test", null), call("a", 0)] })).underWay).toBeNull();
  });

  it("passes the plan and the last messages on", async () => {
    const todo = [{ text: "one", completed: true }];
    expect(await progressOf({ todo, messages: ["hello"] })).toMatchObject({ plan: todo, messages: ["hello"] });
  });
});

it("an event stream keeps its last three messages", () => {
  const fold = foldActivity();
  for (const text of ["1", "2", "3", "4"])
    fold.add({
      kind: "record",
      bytes: 1,
      value: { type: "item.completed", item: { type: "agent_message", id: text, text } },
    });
  expect(fold.state()).toMatchObject({ lastMessage: "4", messages: ["2", "3", "4"] });
});
