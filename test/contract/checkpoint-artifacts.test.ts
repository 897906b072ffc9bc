import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openBoard } from "../../src/blackboard/board.ts";
import {
  createCheckpoints,
  missingArtifacts,
  readCheckpoint,
  reportCheckpoints,
} from "../../src/engine/checkpoints.ts";
import type { Checkpoint } from "../../src/model/checkpoint.ts";
import type { Fact, Place } from "../../src/model/record.ts";
import type { World } from "../../src/model/task.ts";
import type { Blackboard } from "../../src/ports/blackboard.ts";
import { cut, left, settle } from "../support/chunks.ts";
import { type GitStage, setGitStage } from "../support/git-stage.ts";
import { pretendMachine } from "../support/pretend-machine.ts";
import { started, submitted, worldOf } from "../support/worlds.ts";
import { verifies } from "../requirements.ts";

verifies("C6");

let git: GitStage;
let board: Blackboard;
let place: Place;
let world: World;

beforeEach(async () => {
  git = await setGitStage();
  board = openBoard(join(git.root, ".cco"), { identity: pretendMachine().start() });
  const base = await git.git(["rev-parse", "HEAD"]);
  place = await git.open("a", base);
  const begun = { ...started("a"), place, base } as Fact;
  world = worldOf(submitted("a"), begun, cut(1, "soft-limit", { left: left("t1") }));
  settle(world);
  await board.writeFile("tasks/a/attempts/01/digest.md", "digest of t1\n");
  await board.writeFile("tasks/a/attempts/01/outcome.json", "{}\n");
  const checkpoints = createCheckpoints(board);
  await checkpoints.write(checkpoints.due(world));
});

afterEach(() => git.close());

async function written(): Promise<Checkpoint> {
  const checkpoint = await readCheckpoint(board, "a");
  if (checkpoint === null) throw new Error("there is no checkpoint");
  return checkpoint;
}

const missing = async (): Promise<string[]> =>
  missingArtifacts({ board, repo: git.repo }, await written(), place.branch);

it("misses nothing where everything is there", async () => {
  expect(await written()).toMatchObject({ artifacts: [{ path: "worktrees/a" }, {}, {}] });
  expect(await missing()).toEqual([]);
});

it.each<[string, () => Promise<unknown>, string]>([
  ["the work tree", () => rm(place.path, { recursive: true }), "worktrees/a"],
  ["the digest", () => board.removeFile("tasks/a/attempts/01/digest.md"), "tasks/a/attempts/01/digest.md"],
  ["the branch", () => git.git(["update-ref", "-d", "refs/heads/cco/a"]), "branch cco/a"],
])("misses %s", async (_name, remove, name) => {
  await remove();
  expect(await missing()).toEqual([name]);
});

it("is told in the log at a cold start, also when it cannot be looked at", async () => {
  const lines: string[] = [];
  const log = {
    info: (line: string) => void lines.push(line),
    warn: (line: string) => void lines.push(`warn ${line}`),
  };
  await reportCheckpoints({ board, repo: git.repo, log }, world);
  await rm(place.path, { recursive: true });
  await reportCheckpoints({ board, repo: git.repo, log }, world);
  await rm(join(git.root, ".git"), { recursive: true });
  await reportCheckpoints({ board, repo: git.reopen(), log }, world);
  expect(lines).toEqual([
    expect.stringMatching(/^checkpoint: a was before working .*everything it needs is there/),
    expect.stringMatching(/^checkpoint: a was before working .*missing: worktrees\/a/),
    expect.stringMatching(/^warn the checkpoint of a could not be read: /),
  ]);
});
