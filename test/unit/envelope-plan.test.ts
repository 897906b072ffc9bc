import { describe, expect, it } from "vitest";
import { isPlan, parsePlan } from "../../src/envelope/plan.ts";
import { CONTRACT_ENVELOPE, LIST_ENVELOPE, places } from "../support/envelopes.ts";

describe("plans", () => {
  const PLAN =
    "# a plan\ntasks:\n  - tasks/one.md\n  - task: two\n    goal: Second.\n    after: [one]\n    inputs: none\n    output: b.md\n    stop: [x]\n    body: |\n      ## Context\n      Why.\n      ## Weather\n      Sunny.\n";

  it("are told from envelopes", () => {
    expect([
      isPlan(PLAN, "x.md"),
      isPlan("", "x.yaml"),
      isPlan("", "x.YML"),
      isPlan(CONTRACT_ENVELOPE, "x.md"),
      isPlan(LIST_ENVELOPE, "x.md"),
    ]).toEqual([true, true, true, false, false]);
  });

  it("hold paths and inline envelopes", () => {
    const plan = parsePlan(PLAN, "x.yaml");
    expect(plan.tasks[0]).toEqual({ kind: "path", path: "tasks/one.md", line: 3 });
    const [, second] = plan.tasks;
    const parsed = second?.kind === "inline" ? second.parsed : undefined;
    expect(parsed?.envelope).toMatchObject({
      task: "two",
      after: ["one"],
      sections: { context: "Why.\n\n### Weather\nSunny." },
    });
    expect(places(plan.findings)).toEqual(["envelope/unknown-section:13"]);
    expect(parsed?.lineOf("goal")).toBe(5);
  });

  it.each([
    ["tasks: []\n", "envelope/plan:1"],
    ["tasks: x.md\n", "envelope/plan:1"],
    ["", "envelope/plan:1"],
    ["task: [x.md]\n", "envelope/unknown-key:1"],
    ["tasks:\n  - [a]\n", "envelope/plan:2"],
    ["tasks:\n  - task: a\n    gaol: b\n", "envelope/unknown-key:3"],
    ["tasks: [\n", "envelope/syntax:1"],
  ])("are refused: %j", (text, place) => {
    expect(places(parsePlan(text, "x.yaml").findings)).toContain(place);
  });
});
