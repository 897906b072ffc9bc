import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeRulings } from "../../src/decide/review/judge-rulings.ts";
import { judgePairs, MAX_PAIRS, measuredNumber } from "../../src/decide/review/regression.ts";
import { printsWord, ruleRuns, sameSight, shown, type Sighting } from "../../src/decide/review/rulings.ts";
import { CHALLENGES_PER_ROUND, evidenceKey, refusedPath, screen } from "../../src/decide/review/screening.ts";
import type { Challenge } from "../../src/model/review.ts";
import { verifies } from "../requirements.ts";
import { reviewEnvelope } from "../support/review-envelope.ts";

verifies("E3", "K1");

const ENVELOPE = reviewEnvelope();
const QUOTE = "the 101st  request within a\nminute gets 429";

function challenge(id: string, evidence: Partial<Challenge["evidence"]>, over: Partial<Challenge> = {}): Challenge {
  const kind = evidence.kind ?? "failing-test";
  const claim = { id, claim: `claim ${id}`, violates: "x", severity: "major", path: "src/a.js", line: 1 } as const;
  return { ...claim, evidence: { kind, command: "sh t.sh", ...evidence }, ...over };
}

const exited = (exitCode: number, output = ""): Sighting => ({ kind: "exited", exitCode, output });
const test = challenge("T", {});
const counter = challenge("X", { kind: "counterexample", expected: "41", observed: "42" });

describe("runs on the candidate", () => {
  it.each([
    ["fails 3 of 3", test, [1, 1, 1], null],
    ["passes", test, [0, 0, 0], "NOISE"],
    ["fails now and then", test, [1, 1, 0], "PARTIAL"],
    ["passes first", test, [0, 1, 0], "PARTIAL"],
  ] as const)("a test that %s", (_name, subject, codes, ruling) => {
    expect(
      ruleRuns(
        subject,
        codes.map((code) => exited(code)),
      )?.ruling ?? null,
    ).toBe(ruling);
  });

  it.each([
    ["prints what it names", ["42\n", "x 42", "42"], null],
    ["prints something else", ["43", "43", "43"], "NOISE"],
    ["prints it within another number", ["142", "420", "4.42"], "NOISE"],
    ["prints the expected text too", ["41 42", "41 42", "41 42"], "NOISE"],
    ["prints it now and then", ["42", "41", "42"], "PARTIAL"],
  ] as const)("a counterexample that %s", (_name, outputs, ruling) => {
    expect(
      ruleRuns(
        counter,
        outputs.map((output) => exited(0, output)),
      )?.ruling ?? null,
    ).toBe(ruling);
  });

  it("that did not end or could not begin are left to a person", () => {
    expect(ruleRuns(test, [{ kind: "timed-out", output: "" }])?.ruling).toBe("PARTIAL");
    expect(ruleRuns(test, [{ kind: "cannot-start", output: "" }])?.ruling).toBe("PARTIAL");
    expect(shown(counter, exited(0, "41"))).toBe("opposite");
  });

  it("a text is found as a whole only", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (a, b) => {
        expect(printsWord(`value ${a}\n`, String(b))).toBe(a === b);
      }),
    );
    expect(printsWord("anything", "")).toBe(false);
    expect(printsWord("a\r\nb", "a\nb")).toBe(true);
    expect(printsWord("4.5", "4")).toBe(false);
    expect(printsWord("-4", "4")).toBe(false);
    expect(printsWord("\u001b[31mred\u001b[0m", "red")).toBe(true);
  });

  it("two runs look the same but for numbers and copies", () => {
    const a = exited(1, "/w/t~1/x.js:3 failed in 12.5ms");
    expect(sameSight(a, exited(1, "/w/t~1/x.js:9 failed in 3ms"), ["/w/t~1"])).toBe(true);
    expect(sameSight(a, exited(2, a.output), [])).toBe(false);
  });
});

describe("before anything is run", () => {
  const refusalOf = (evidence: Partial<Challenge["evidence"]>): string | null =>
    screen([challenge("C", evidence)], ENVELOPE)[0]?.refusal ?? null;

  it.each([
    ["a test without a command", { path: "t.sh", content: "x", command: " " }],
    ["a path without content", { path: "t.sh" }],
    ["a content without path", { content: "x" }],
    ["an empty test file", { path: "t.sh", content: " \n" }],
    ["a counterexample without an observation", { kind: "counterexample", expected: "1", observed: " " }],
    ["a counterexample without an expectation", { kind: "counterexample", observed: "0" }],
    ["a counterexample that expects what it sees", { kind: "counterexample", expected: "0", observed: " 0\n" }],
    ["a regression without a ratio", { kind: "regression", expected: "much" }],
    ["a regression with a ratio of nothing", { kind: "regression", expected: "0" }],
    ["a violation without a quote", { kind: "spec-violation" }],
    ["a violation of words that nobody wrote", { kind: "spec-violation", quote: "The API is documented in full" }],
    ["a violation of a word that is everywhere", { kind: "spec-violation", quote: "the" }],
  ] as const)("%s is refused", (_name, evidence) => {
    expect(refusalOf(evidence)).not.toBeNull();
  });

  it("whole evidence is not", () => {
    expect(refusalOf({ path: "test/n.test.js", content: "x" })).toBeNull();
    expect(refusalOf({ kind: "spec-violation", quote: QUOTE })).toBeNull();
    expect(refusalOf({ kind: "regression", expected: "1.2" })).toBeNull();
    expect(refusalOf({ command: "grep -q x README.md" })).toBeNull();
  });

  it.each([
    "/etc/x.sh",
    "../x.sh",
    "a/../../x.sh",
    "~/x.sh",
    "C:\\x.js",
    "a//b",
    "package.json",
    "src/package.json",
    "vitest.config.ts",
    "test/conftest.py",
    ".npmrc",
    ".github/workflows/x.yml",
    "node_modules/chai/index.js",
    "Makefile",
    "tsconfig.test.json",
    ".git/hooks/x",
    "x/.cargo/config.toml",
    "sitecustomize.py",
    "go.mod",
    "a\0b",
  ])("a test file at %j is refused", (path) => {
    expect(refusedPath(path)).not.toBeNull();
  });

  it.each(["test/x.test.js", "./t.sh", "x_test.go", "tests/test_x.py", "src/x.spec.ts", "config.test.js"])(
    "a test file at %j is not",
    (path) => {
      expect(refusedPath(path)).toBeNull();
    },
  );

  it("evidence that comes again under another id or file name counts once", () => {
    const once = challenge("A", { path: "test/a.js", content: "x", command: "node test/a.js" });
    const again = challenge(
      "B",
      { path: "test/b.js", content: "x ", command: "node  test/b.js" },
      { claim: "other words" },
    );
    expect(evidenceKey(once)).toBe(evidenceKey(again));
    expect(screen([once, again], ENVELOPE).map(({ refusal }) => refusal)).toEqual([
      null,
      "its evidence is the one of A",
    ]);
  });

  it("ids are made unique, and a flood is cut to its weightiest", () => {
    const flood = Array.from({ length: 700 }, (_, n) =>
      challenge(
        "C1",
        { command: `sh ${n}.sh` },
        { severity: n === 600 - 200 ? "blocker" : "minor", claim: "x".repeat(9999) },
      ),
    );
    const screened = screen(flood, ENVELOPE);
    expect(new Set(screened.map((each) => each.challenge.id)).size).toBe(screened.length);
    const taken = screened.filter(({ refusal }) => refusal === null);
    expect(taken).toHaveLength(CHALLENGES_PER_ROUND);
    expect(taken.some((each) => each.challenge.severity === "blocker")).toBe(true);
    expect(JSON.stringify(screened).length).toBeLessThan(800_000);
  });
});

describe("a judge", () => {
  const asked = [
    challenge("S1", { kind: "spec-violation", quote: QUOTE }),
    challenge("S2", { kind: "spec-violation" }),
  ];

  it("rules on what it was asked about, and on nothing else", () => {
    const rulings = [
      { id: "S1", ruling: "VALID", reason: "so it is" },
      { id: "C9", ruling: "NOISE", reason: "forged" },
    ] as const;
    expect(judgeRulings(asked, { rulings: [...rulings] }, "")).toMatchObject([
      { id: "S1", ruling: "VALID", executed: false, runs: [] },
      { id: "S2", ruling: "PARTIAL", reason: "the judge did not rule on it" },
    ]);
  });

  it("that contradicts itself or is not there leaves it to a person", () => {
    const both = (["VALID", "NOISE"] as const).map((ruling) => ({ id: "S1", ruling, reason: "" }));
    expect(judgeRulings(asked, { rulings: both }, "")[0]?.ruling).toBe("PARTIAL");
    expect(judgeRulings(asked, null, "529").map(({ ruling }) => ruling)).toEqual(["PARTIAL", "PARTIAL"]);
  });
});

describe("a measured regression", () => {
  const pairs = (base: readonly number[], candidate: readonly number[]) =>
    base.map((value, n) => ({ base: value, candidate: candidate[n] ?? 0 }));
  const many = (value: (n: number) => number): number[] => Array.from({ length: MAX_PAIRS }, (_, n) => value(n));

  it.each([
    ["every run is worse", [1, 2, 1, 2, 1], [9, 9, 8, 9, 9], 1.5, "VALID"],
    ["every run is as good", [5, 5, 5, 5, 5], [5, 5, 5, 5, 5], 1.1, "NOISE"],
    ["too few runs", [1, 1], [9, 9], 1.1, "more"],
    ["runs that overlap", [5, 6, 7, 5, 6], [5, 6, 7, 6, 5], 1, "more"],
    ["a base of nothing", [0, 0, 0, 0, 0], [1, 1, 1, 1, 1], 1, "PARTIAL"],
    ["nothing at all", [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], 1, "NOISE"],
  ] as const)("%s", (...[, base, candidate, allowed, ruling]) => {
    expect(judgePairs(pairs(base, candidate), allowed).ruling).toBe(ruling);
  });

  it("is told from noise by medians and spread, or not at all", () => {
    const noisy = many((n) => 100 + (n % 5) * 10);
    expect(
      judgePairs(
        pairs(
          noisy,
          many((n) => 101 + ((n + 2) % 5) * 10),
        ),
        1,
      ).ruling,
    ).toBe("PARTIAL");
    expect(
      judgePairs(
        pairs(
          noisy,
          many((n) => 90 + ((n + 2) % 5) * 10),
        ),
        1,
      ).ruling,
    ).toBe("NOISE");
    expect(
      judgePairs(
        pairs(
          noisy,
          many((n) => (n === 3 ? 100 : 200)),
        ),
        1,
      ).ruling,
    ).toBe("VALID");
  });

  it.each([
    ["12.5\n", 12.5],
    ["ran 3 times\n7", 7],
    ["1e3\n\n", 1000],
    ["0", 0],
    ["7 ms", null],
    ["-1", null],
    ["NaN", null],
    ["Infinity", null],
    ["0x10", null],
    ["", null],
  ])("the number of %j", (output, value) => {
    expect(measuredNumber(output)).toBe(value);
  });
});
