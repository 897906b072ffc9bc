import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseDiff } from "../../src/guard/retreat/diff-text.ts";
import { findRetreat, findRetreatInFix, type RetreatOrder } from "../../src/guard/retreat/retreat.ts";
import { verifies } from "../requirements.ts";
import { FINE, inJs, JS, one, type Tree, WEAKENED } from "../support/retreat-cases.ts";

/** The diff that git makes of two sets of files. */
function diffOf(before: Tree, after: Tree): string {
  const root = mkdtempSync(join(tmpdir(), "cco-retreat-"));
  try {
    for (const [side, tree] of [
      ["a", before],
      ["b", after],
    ] as const) {
      mkdirSync(join(root, side));
      for (const [path, text] of Object.entries(tree)) {
        mkdirSync(dirname(join(root, side, path)), { recursive: true });
        writeFileSync(join(root, side, path), text);
      }
    }
    const args = ["diff", "--no-index", "--no-color", "-M", "--src-prefix=", "--dst-prefix=", "a", "b"];
    const env = { PATH: process.env["PATH"], HOME: root, GIT_CONFIG_NOSYSTEM: "1" };
    return spawnSync("git", args, { cwd: root, env, encoding: "utf8" }).stdout.replaceAll(
      /^(rename (?:from|to)) [ab]\//gm,
      "$1 ",
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

const ORDER: RetreatOrder = {
  goal: "Make it faster.",
  acceptance: [{ text: "the tests pass", verify: "npm test" }],
  write: ["src/**", "test/**"],
  allow: [],
  sections: {},
};

function retreats(before: Tree, after: Tree, order: Partial<RetreatOrder> = {}): string[] {
  const diff = diffOf(before, after);
  const found = findRetreat({ diff, truncated: false, files: [], order: { ...ORDER, ...order } });
  return found.map(({ kind, path }) => `${kind} ${path}`);
}

describe("a change that makes its own checks easier", () => {
  verifies("E4");

  it.each(Object.entries(WEAKENED))("%s", (_name, [[before, after], kinds]) => {
    const path = Object.keys(before)[0] ?? "";
    expect(retreats(before, after).toSorted()).toEqual(kinds.map((kind) => `${kind} ${path}`).toSorted());
  });
});

describe("a change that does not", () => {
  it.each(Object.entries(FINE))("%s", (_name, [before, after]) => {
    expect(retreats(before, after)).toEqual([]);
  });
});

describe("what the order allows", () => {
  const [before, after] = inJs(["assert.equal(add(1, 2), 3)", "assert.equal(add(1, 2), 429)"]);
  const gone: [Tree, Tree] = [{ "test/old.test.js": JS, "test/add.test.js": JS }, { "test/add.test.js": JS }];

  it("is a new value that the order speaks of", () => {
    expect(retreats(before, after, { goal: "The sum of 1 and 2 is 429." })).toEqual([]);
    expect(retreats(before, after, { goal: "The sum is 4290." })).toEqual(["expectation-changed test/add.test.js"]);
  });

  it("is other content in a file that write names, not less of it", () => {
    expect(retreats(before, after, { write: ["test/add.test.js"] })).toEqual([]);
    expect(retreats(...gone, { write: ["test/old.test.js"] })).toEqual(["test-deleted test/old.test.js"]);
  });

  it("is a retreat that it names, everywhere or in some files", () => {
    expect(retreats(...gone, { allow: ["retreat"] })).toEqual([]);
    expect(retreats(...gone, { allow: ["read", "retreat test/old*"] })).toEqual([]);
    expect(retreats(...gone, { allow: ["retreat test/add*"] })).toEqual(["test-deleted test/old.test.js"]);
  });

  it("is nothing in a file that a verify command runs", () => {
    const verify = { acceptance: [{ text: "works", verify: "sh ./check.sh && node --test test/add.test.js" }] };
    expect(retreats(...one("check.sh", "grep -q yes out.txt\n", "exit 0\n"), verify)).not.toEqual([]);
    expect(retreats(...one("check.sh", "node run.js > out\n", "echo yes > out\n"), verify)).toEqual([
      "verify-target-changed check.sh",
    ]);
    expect(retreats(...(FINE["an import"] ?? [{}, {}]), verify)).toEqual([]);
    // What else a command names is the work itself.
    const reads = { acceptance: [{ text: "works", verify: "grep -q new src/a.txt && node src/validate.js" }] };
    const work: [Tree, Tree] = [
      { "src/a.txt": "old\n", "src/validate.js": "a(1);\n" },
      { "src/a.txt": "new\n", "src/validate.js": "b(2);\n" },
    ];
    expect(retreats(...work, reads)).toEqual([]);
  });
});

describe("a fix", () => {
  const findings = (before: string, after: string): string[] =>
    findRetreatInFix({
      diff: diffOf({ "test/add.test.js": before }, { "test/add.test.js": after }),
      truncated: false,
      files: [],
      order: ORDER,
    }).map(({ kind }) => kind);

  it("may rewrite the tests of the attempt before it, and may not leave fewer", () => {
    expect(findings(JS, JS.replace("-3", "-4").replace("adds negatives", "negatives"))).toEqual([]);
    expect(findings(JS, JS.slice(0, JS.indexOf('test("adds negatives"')))).toEqual(["test-deleted"]);
    expect(findings(JS, JS.replace('test("adds"', 'test.skip("adds"'))).toEqual(["test-skipped"]);
  });
});

describe("a diff", () => {
  it("that is too long to read names the tests that nobody has seen", () => {
    const diff = diffOf({ "src/a.js": "a\n" }, { "src/a.js": "b\n" });
    const files = [
      { path: "src/a.js", status: "modified" },
      { path: "test/b.test.js", status: "modified" },
      { path: "test/new.test.js", status: "added" },
    ] as const;
    const found = findRetreat({ diff, truncated: true, files, order: ORDER });
    expect(found.map(({ kind, path }) => `${kind} ${path}`)).toEqual(["not-readable test/b.test.js"]);
  });

  it("is read whatever its lines and names look like", () => {
    const before = { "a b.txt": "--- a/x\n+++ b/x\n@@ -1 +1 @@\ndiff --git a/q b/q\n", "ü\t.txt": "1\n" };
    const after = { "a b.txt": "-- gone\n", "ü\t.txt": "2\n" };
    const files = parseDiff(diffOf(before, after));
    expect(files.map(({ path }) => path.replace(/^[ab]\//, "")).toSorted()).toEqual(["a b.txt", "ü\t.txt"]);
    const texts = files.flatMap(({ blocks }) => blocks.flatMap(({ removed }) => removed.map(({ text }) => text)));
    expect(texts).toEqual([...before["a b.txt"].trim().split("\n"), "1"]);
  });

  it("of garbage is no change", () => {
    for (const text of ["", "@@", "@@ -1,5 +1,5 @@\n-a", "diff --git ", "--- a\n+++ b\n", "\0\0"]) {
      expect(findRetreat({ diff: text, truncated: false, files: [], order: ORDER })).toEqual([]);
    }
  });
});
