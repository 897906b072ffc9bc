import { describe, expect, it } from "vitest";
import { REQUIREMENTS, type Requirement } from "../requirements.ts";
import { blankComments, readSources, type SourceFile } from "../support/source-scan.ts";

/** The ids of the feature table, frozen: adding or dropping one is a decision. */
const IDS = [
  ["A", 10],
  ["B", 4],
  ["C", 7],
  ["D", 3],
  ["E", 8],
  ["F", 6],
  ["G", 7],
  ["H", 4],
  ["J", 4],
  ["K", 6],
] as const;

const requirements = new Map<string, Requirement>(Object.entries(REQUIREMENTS));

/** Ids in the `verifies(…)` calls of a file; comments and strings around them do not count. */
function citedIn(file: SourceFile): string[] {
  return [...file.code.matchAll(/\bverifies\(([^)]*)\)/g)].flatMap((call) => {
    const start = call.index + call[0].length - 1 - (call[1]?.length ?? 0);
    const list = file.text.slice(start, call.index + call[0].length - 1);
    return [...list.matchAll(/["'`]([A-Z]\d+)["'`]/g)].map((id) => id[1] ?? "");
  });
}

const tests = readSources("test", ".test.ts");
const cited = new Set(tests.flatMap(citedIn));
const inState = (...states: readonly Requirement["state"][]): string[] =>
  [...requirements].filter(([, { state }]) => states.includes(state)).map(([id]) => id);

describe("requirements", () => {
  it("are exactly the ids of the feature table", () => {
    const expected = IDS.flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
    );
    expect([...requirements.keys()]).toEqual(expected);
  });

  it("are one sentence each", () => {
    expect([...requirements].filter(([, { says }]) => !/^[A-Z].*\.$/.test(says)).map(([id]) => id)).toEqual([]);
  });

  it("are cited by a test when they are built, even partly", () => {
    expect(inState("built", "partly").filter((id) => !cited.has(id))).toEqual([]);
  });

  it("are not called planned when a test cites them already", () => {
    expect(inState("planned").filter((id) => cited.has(id))).toEqual([]);
  });

  it("are read from calls only, over several lines, and the scan saw the tests", () => {
    const text =
      '// verifies("A1")\nconst x = \'verifies("A2")\';\nverifies("A3");\nverifies(\n  "A4",\n  \'A5\',\n);\n';
    expect(citedIn({ path: "x.test.ts", text, code: blankComments(text) })).toEqual(["A3", "A4", "A5"]);
    expect(tests.length).toBeGreaterThan(25);
  });
});
