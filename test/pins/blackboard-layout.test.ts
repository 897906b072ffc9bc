import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { boardPaths, ensureLayout } from "../../src/blackboard/layout.ts";

// People and programs look at these places. A change here is a decision with a record in docs/decisions/.
let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cco-layout-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it("keeps the folders of the board, and the board ignores itself", () => {
  const board = join(root, ".cco");
  ensureLayout(board);
  const folders = ["journal", "inbox", "tasks", "decisions/pending", "decisions/answered", "dead-letters"];
  expect(folders.filter((folder) => !existsSync(join(board, folder)))).toEqual([]);
  expect(readFileSync(join(board, ".gitignore"), "utf8")).toBe("*\n");
});

it("keeps the places of tasks, attempts, reviews and work trees", () => {
  const paths = boardPaths(root);
  const places = [
    paths.task("add-limiter"),
    paths.attempt("add-limiter", 1),
    paths.attempt("add-limiter", 12),
    paths.review("add-limiter", 2),
    paths.worktrees,
  ];
  expect(places.map((path) => relative(root, path))).toEqual([
    "tasks/add-limiter",
    "tasks/add-limiter/attempts/01",
    "tasks/add-limiter/attempts/12",
    "tasks/add-limiter/review/02",
    "worktrees",
  ]);
});
