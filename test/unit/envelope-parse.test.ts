import { describe, expect, it } from "vitest";
import { parseEnvelope } from "../../src/envelope/parse.ts";
import { type Envelope, envelopeSchema } from "../../src/model/envelope.ts";
import { verifies } from "../requirements.ts";
import { CONTRACT_ENVELOPE, fullEnvelope, HANDOFF_BODY, lightEnvelope, LIST_ENVELOPE } from "../support/envelopes.ts";

verifies("A1");

const CONTRACT_MODEL: Envelope = {
  task: "add-limiter",
  goal: "Add a token-bucket rate limiter to the public API.",
  size: "full",
  risk: "medium",
  role: "coder",
  lane: "worktree",
  after: [],
  inputs: [{ path: "src/server.ts", note: "HTTP entry point" }],
  acceptance: [{ text: "The 101st request within a minute gets 429", verify: "node --test test/limiter.test.js" }],
  write: ["src/**", "test/**"],
  allow: ["read", "write", "test"],
  forbid: ["new dependencies"],
  network: false,
  effort: "auto",
  budget: { toolCalls: 40, tokens: 200_000, usd: 1.5, minutes: 25 },
  checkpoint: "after the unit tests of the limiter pass",
  stop: ["the entry point is missing", "the same step fails three times"],
  output: { path: "docs/limiter.md", format: "markdown" },
  reviewers: 1,
  sections: {},
};

describe("parseEnvelope", () => {
  it("reads the envelope of the contract", () => {
    const parsed = parseEnvelope(CONTRACT_ENVELOPE, "x.md");
    expect(parsed.findings).toEqual([]);
    expect(parsed.envelope).toEqual(CONTRACT_MODEL);
    expect(envelopeSchema.parse(parsed.envelope)).toEqual(CONTRACT_MODEL);
  });

  it("reads the list form into the same model", () => {
    const parsed = parseEnvelope(LIST_ENVELOPE, "x.md");
    expect(parsed.findings).toEqual([]);
    expect(parsed.envelope).toEqual(CONTRACT_MODEL);
  });

  it("fills in defaults", () => {
    expect(parseEnvelope(lightEnvelope(), "x.md").envelope).toEqual({
      task: "a",
      goal: "Write the notes.",
      size: "light",
      risk: "low",
      role: "coder",
      lane: "worktree",
      after: [],
      inputs: [],
      acceptance: [],
      write: [],
      allow: [],
      forbid: [],
      network: false,
      effort: "auto",
      budget: {},
      checkpoint: null,
      stop: ["nothing to write"],
      output: { path: "notes.md" },
      reviewers: 1,
      sections: {},
    });
  });

  it.each([
    ["light", lightEnvelope()],
    ["light", lightEnvelope(['acceptance: [{ text: x, verify: "npm test" }]', 'write: ["src/**"]'])],
    ["full", fullEnvelope(["size: -"])],
    ["full", fullEnvelope(["size: -"], "## Context\nWhy.\n")],
    ["handoff", fullEnvelope(["size: -"], HANDOFF_BODY)],
    ["light", fullEnvelope(["size: light"], HANDOFF_BODY)],
  ])("takes the size %s from what is there", (size, text) => {
    expect(parseEnvelope(text, "x.md").envelope?.size).toBe(size);
  });

  it("gives the line of every key path, or of what it is part of", () => {
    const { lineOf } = parseEnvelope(`\uFEFF${CONTRACT_ENVELOPE.replaceAll("\n", "\r\n")}`, "x.md");
    const lines = [
      "task",
      "inputs.0.note",
      "inputs.0.nothing",
      "acceptance.0.verify",
      "write.1",
      "budget.usd",
      "sections.context",
      "nothing",
    ];
    expect(lines.map(lineOf)).toEqual([2, 11, 10, 14, 15, 20, 26, 1]);
    const list = parseEnvelope(LIST_ENVELOPE, "x.md").lineOf;
    expect(["task", "goal", "acceptance.0", "stop.1", "output.path"].map(list)).toEqual([3, 5, 14, 24, 25]);
  });

  it("takes a byte order mark, CRLF, blank first lines and spaces after the marks", () => {
    const text = `\uFEFF\n\n${CONTRACT_ENVELOPE.replace("---\n", "---  \n").replaceAll("\n", "\r\n")}`;
    expect(parseEnvelope(text, "x.md").envelope).toEqual(CONTRACT_MODEL);
  });

  it("keeps what a field says, however it is written", () => {
    const text = lightEnvelope([
      "task: 007",
      "inputs: [./src//a.ts - the entry, { path: b.ts }]",
      "write: ./src/, test/**",
      "reviewers: 0",
      "risk: High",
    ]);
    expect(parseEnvelope(text, "x.md").envelope).toMatchObject({
      task: "007",
      inputs: [{ path: "src/a.ts", note: "the entry" }, { path: "b.ts" }],
      write: ["src/**", "test/**"],
      reviewers: 0,
      risk: "high",
    });
  });

  it("reads sections whatever the case of their titles, and not inside code fences", () => {
    const body =
      "Free text.\n\n## Objective\nFewer calls.\n## interface Contract:\n```ts\n## no title\nlimit(): void\n```\n\n## CONTEXT ##\nWhy.\n## Weather\nSunny.\n";
    const parsed = parseEnvelope(fullEnvelope([], body), "x.md");
    expect(parsed.envelope?.sections).toEqual({
      context: "Free text.\n\n### Objective\nFewer calls.\n\nWhy.\n\n### Weather\nSunny.",
      interface: "```ts\n## no title\nlimit(): void\n```",
    });
    expect(parsed.findings.map(({ rule, line, severity }) => [rule, line, severity])).toEqual([
      ["envelope/unknown-section", 24, "warning"],
    ]);
  });
});
