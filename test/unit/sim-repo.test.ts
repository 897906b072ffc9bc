import { afterEach, describe, expect, it } from "vitest";
import { openMemoryRepo } from "../../sim/memory-repo.ts";
import { makeRandom, type Random } from "../../sim/random.ts";
import { makeRepoState, userCommits, userTree } from "../../sim/repo-state.ts";
import { CcoError } from "../../src/kernel/errors.ts";
import type { Place } from "../../src/model/record.ts";
import type { Repo } from "../../src/ports/repo.ts";
import { type GitStage, setGitStage } from "../support/git-stage.ts";

/** One repository that a story is played on: the real git, or the twin. */
interface Stage {
  readonly repo: Repo;
  readonly pathOf: (task: string) => string;
  /** Writes a file of a work tree; null: the user's own. */
  readonly write: (at: string | null, path: string, text: string) => Promise<void>;
  /** The user commits one path. */
  readonly commit: (path: string, text: string) => Promise<void>;
}

const FILES = { "src/a.txt": "a\n", "src/b.txt": "b\n", "README.md": "read me\n" };
const PATHS = ["src/a.txt", "src/b.txt", "src/new.txt", "README.md"];

function memoryStage(): Stage {
  const state = makeRepoState("/project", { ...FILES, ".gitignore": "*.log\nnode_modules/\n" });
  const filesOf = (at: string | null): Map<string, string> => {
    const tree = at === null ? userTree(state) : state.trees.get(at);
    if (tree === undefined) throw new Error(`no work tree at ${at ?? ""}`);
    return tree.files;
  };
  return {
    repo: openMemoryRepo(state),
    pathOf: (task) => `/project/.cco/worktrees/${task}`,
    async write(at, path, text) {
      filesOf(at).set(path, text);
    },
    async commit(path, text) {
      userCommits(state, path, text);
    },
  };
}

function realStage(git: GitStage): Stage {
  return {
    repo: git.repo,
    pathOf: (task) => git.treeOf(task),
    write: (at, path, text) => git.write({ [path]: text }, at ?? git.root),
    async commit(path, text) {
      await git.write({ [path]: text });
      await git.git(["add", path]);
      await git.git(["commit", "--quiet", "--no-verify", "-m", "by the user", "--", path]);
    },
  };
}

/** What is known of a task while a story is played. */
interface Work {
  readonly place: Place;
  base: string;
  commit: string;
  isOpen: boolean;
}

/** Plays a random story and notes every answer, with commits named in the order in which they come up. */
async function play(stage: Stage, random: Random, steps: number): Promise<string[]> {
  const names = new Map<string, string>();
  const notes: string[] = [];
  const works = new Map<string, Work>();
  const note = (step: string, answer: unknown): void => {
    const text = JSON.stringify(answer, (key: string, value: unknown) =>
      /^(?:in|de)(?:ser|le)tions$/.test(key) ? 0 : value,
    );
    const named = text.replaceAll(/[0-9a-f]{40}/g, (id) => {
      const name = names.get(id) ?? `c${names.size + 1}`;
      names.set(id, name);
      return name;
    });
    notes.push(`${step}: ${named.replaceAll(stage.pathOf("x").slice(0, -1), "")}`);
  };
  for (let step = 0; step < steps; step += 1) {
    const what = random.weighted(STEPS);
    try {
      note(what, (await perform(stage, random, { what, works })) ?? null);
    } catch (error) {
      if (!(error instanceof CcoError)) throw error;
      note(what, error.code);
    }
  }
  return notes;
}

const STEPS = {
  open: 3,
  work: 6,
  seal: 6,
  rebase: 4,
  forward: 5,
  restore: 2,
  close: 2,
  drop: 1,
  "user edits": 2,
  "user commits": 3,
  looks: 2,
};

async function perform(
  { repo, pathOf, write, commit }: Stage,
  random: Random,
  { what, works }: { what: keyof typeof STEPS; works: Map<string, Work> },
): Promise<unknown> {
  const task = random.pick(["t1", "t2"]);
  const path = random.pick(PATHS);
  const text = `${random.int(1, 3)}\n`;
  const work = works.get(task);
  const base = await repo.base();
  if (what === "user edits") return write(null, path, `edited ${text}`);
  if (what === "user commits") return commit(path, `committed ${random.int(1, 1000)}\n`);
  if (what === "looks") return [base, await repo.dirtyFiles(), await repo.tip(`cco/${task}`), await repo.tip("none")];
  if (what === "open") {
    const from = work?.base ?? base.commit;
    const place = await repo.openWorktree({ task, path: pathOf(task), branch: `cco/${task}`, commit: from });
    works.set(task, { base: from, commit: from, ...work, place, isOpen: true });
    return place;
  }
  if (work === undefined) return null;
  const { place } = work;
  switch (what) {
    case "work":
      return work.isOpen ? write(place.path, path, text) : null;
    case "seal": {
      // The same content with the same message in the same second would be the same commit for git.
      const candidate = await repo.seal(place, work.base, `work ${random.next()}`);
      work.commit = candidate.commit;
      return [candidate, await repo.changes(place, work.base)];
    }
    case "rebase": {
      const result = await repo.rebase(place, "main");
      if (result.kind === "rebased") Object.assign(work, { base: result.onto, commit: result.commit });
      return result;
    }
    case "forward":
      return repo.fastForward("main", work.base, work.commit);
    case "restore":
      return repo.restore(place, work.commit);
    case "close": {
      const isClosed = await repo.closeWorktree(place);
      if (isClosed) work.isOpen = false;
      return isClosed;
    }
    case "drop":
      return repo.dropMergedBranch(`cco/${task}`, "main");
  }
}

describe("the repository in memory", () => {
  let git: GitStage | undefined;
  afterEach(async () => {
    await git?.close();
    git = undefined;
  });

  it.each([1, 2, 3, 7, 12, 20])("answers as git does: story %i", async (seed) => {
    git = await setGitStage({ files: FILES });
    const real = await play(realStage(git), makeRandom(seed), 35);
    const twin = await play(memoryStage(), makeRandom(seed), 35);
    expect(twin).toEqual(real);
  });
});
