import { describe, expect, it } from "vitest";
import { parseEnvelope } from "../../src/envelope/parse.ts";
import { verifies } from "../requirements.ts";
import { lightEnvelope } from "../support/envelopes.ts";

verifies("A1");

describe("the list form", () => {
  const criteria = (line: string) =>
    parseEnvelope(`## Task: a\n- **Goal**: b\n- **Acceptance Criteria**:\n${line}\n`, "x.md").envelope?.acceptance;

  it.each([
    ["  - It works (verify: `npm test`)", { text: "It works", verify: "npm test" }],
    ["  - It works (verify: npm test)", { text: "It works", verify: "npm test" }],
    ["  - It works — verify: `npm run verify:all`", { text: "It works", verify: "npm run verify:all" }],
    ["  - It works; Verify: node -e 'f(1)'", { text: "It works", verify: "node -e 'f(1)'" }],
    ["  - [ ] It works **verify**: `npm test`, loopback", { text: "It works", verify: "npm test", loopback: true }],
    [
      "  - It works\n    - verify: `npm test`\n    - loopback: true",
      { text: "It works", verify: "npm test", loopback: true },
    ],
    ["  * verify: `npm test`", { text: "npm test ends with exit code 0", verify: "npm test" }],
    ["  1. It works\n     and stays so", { text: "It works and stays so" }],
    ["\t- It works", { text: "It works" }],
  ])("reads the criterion %j", (line, criterion) => {
    expect(criteria(line)).toEqual([criterion]);
  });

  it.each([
    ["`src/a b.ts` — the entry", { path: "src/a b.ts", note: "the entry" }],
    ["src/a.ts - the entry", { path: "src/a.ts", note: "the entry" }],
    ["src/a.ts (the entry)", { path: "src/a.ts", note: "the entry" }],
    ["`src/a.ts`: the entry", { path: "src/a.ts", note: "the entry" }],
    ["src/a-b.ts", { path: "src/a-b.ts" }],
  ])("reads the input %j", (line, input) => {
    const text = `## Task: a\n- **Goal**: b\n- **Inputs**:\n  - ${line}\n`;
    expect(parseEnvelope(text, "x.md").envelope?.inputs).toEqual([input]);
  });

  it.each([
    ["40 tool calls, 25 min, $1.5, 200k tokens", { toolCalls: 40, minutes: 25, usd: 1.5, tokens: 200_000 }],
    ["max 10 calls; up to 1,500 tokens; 0.5 h; 2 USD", { toolCalls: 10, tokens: 1500, minutes: 30, usd: 2 }],
    [
      "tokens: 1.5m, minutes: 12.5, tool calls: 7, cost: $3",
      { tokens: 1_500_000, minutes: 12.5, toolCalls: 7, usd: 3 },
    ],
  ])("reads the budget %j", (line, budget) => {
    expect(parseEnvelope(`## Task: a\n- **Goal**: b\n- **Budget**: ${line}\n`, "x.md").envelope?.budget).toEqual(
      budget,
    );
    expect(parseEnvelope(lightEnvelope([`budget: ${JSON.stringify(line)}`]), "x.md").envelope?.budget).toEqual(budget);
  });

  it("takes labels with the colon in or outside, plain labels, none, and sections below", () => {
    const text =
      "### task: `a`\n\n* Goal: b\n* **Inputs:** none\n* __Output__: `docs/x.md`, markdown\n* **Network** : yes\n* **Reviewers**: 2\n* **Checkpoint**: none\n\n## Context\nWhy.\n";
    expect(parseEnvelope(text, "x.md").envelope).toMatchObject({
      task: "a",
      goal: "b",
      inputs: [],
      output: { path: "docs/x.md", format: "markdown" },
      network: true,
      reviewers: 2,
      checkpoint: null,
      sections: { context: "Why." },
    });
  });
});
