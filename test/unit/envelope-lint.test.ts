import { describe, expect, it } from "vitest";
import { envelopeError, hasErrors, lintEnvelopes } from "../../src/envelope/lint.ts";
import { findCircles } from "../../src/envelope/rules/order.ts";
import { verifies } from "../requirements.ts";
import {
  CONTRACT_ENVELOPE,
  fullEnvelope,
  HANDOFF_BODY,
  lightEnvelope,
  LIST_ENVELOPE,
  lintTexts,
  places,
} from "../support/envelopes.ts";
import { TOKEN, criterion, noFiles, task } from "../support/lint-case.ts";

verifies("A2", "G5");

describe("lintEnvelopes", () => {
  it("has nothing against the envelope of the contract but a remark, in both forms", () => {
    expect(lintTexts([CONTRACT_ENVELOPE]).findings.map(({ rule, severity, line }) => [rule, severity, line])).toEqual([
      ["envelope/output-added", "info", 23],
    ]);
    expect(hasErrors(lintTexts([LIST_ENVELOPE]).findings)).toBe(false);
  });

  it("has nothing at all against a tidy light and full envelope and a handoff", () => {
    const texts = [
      lightEnvelope(),
      fullEnvelope(["task: b"]),
      fullEnvelope(["task: c", "size: handoff"], HANDOFF_BODY),
    ];
    expect(lintTexts(texts).findings).toEqual([]);
    expect(lintTexts(texts).envelopes.map(({ file, text, envelope }) => [file, text, envelope.task])).toEqual([
      ["1.md", texts[0], "a"],
      ["2.md", texts[1], "b"],
      ["3.md", texts[2], "c"],
    ]);
  });

  it("never shows a secret, wherever it stands", () => {
    const texts = [
      lightEnvelope([`task: ${TOKEN}`, `${TOKEN}: 1`, `risk: ${TOKEN}`]),
      lightEnvelope(
        [
          `goal: ${TOKEN}`,
          `inputs: [${TOKEN}]`,
          `write: [${TOKEN}, ../${TOKEN}]`,
          `after: [${TOKEN}]`,
          criterion(`works well ${TOKEN}`, `curl ${TOKEN}`),
        ],
        `## ${TOKEN}\nx\n`,
      ),
      `## Task: ${TOKEN}\n- **${TOKEN}**: x\n- ${TOKEN}\n- **Budget**: ${TOKEN}\n`,
      `tasks:\n  - ${TOKEN}.md\n${TOKEN}: x\n`,
      `---\n"${TOKEN}": 'x\n---\n`,
    ];
    const { findings } = lintTexts(texts, noFiles);
    expect(JSON.stringify(findings)).not.toContain(TOKEN.slice(4));
    for (const file of ["1.md", "2.md", "3.md", "4.md", "5.md"]) {
      expect(findings.filter((finding) => finding.file === file).map((finding) => finding.rule)).toContain(
        "envelope/secret",
      );
    }
  });

  it("names the whole circle once", () => {
    const { findings } = lintTexts([
      task("b", "after: [c]"),
      task("c", "after: [d]"),
      task("d", "after: [b, e]"),
      task("e"),
      task("f", "after: [b]"),
    ]);
    expect(findings).toHaveLength(1);
    expect(findings[0]?.message).toContain("b → c → d → b");
    expect(envelopeError(findings)?.code).toBe("ENVELOPE_CYCLE");
  });

  it("finds circles in large sets without a deep stack", () => {
    const chain = new Map(Array.from({ length: 20_000 }, (_, i) => [`t${i}`, [`t${i + 1}`]]));
    expect(findCircles(chain)).toEqual([]);
    chain.set("t20000", ["t19998"]);
    expect(findCircles(chain).map((circle) => circle.toSorted())).toEqual([["t19998", "t19999", "t20000"]]);
    expect(
      findCircles(
        new Map([
          ["a", ["b"]],
          ["b", ["a", "c", "b"]],
          ["c", ["d"]],
          ["d", ["c"]],
        ]),
      ),
    ).toEqual([["b"], ["a", "b"], ["c", "d"]]);
  });

  it("sorts by file and line, and goes on after what cannot be read", () => {
    const { findings, envelopes } = lintTexts([
      lightEnvelope(["lane: cloud", "risk: medium"]),
      "nothing\n",
      task("c", "stop: -", "riks: low"),
    ]);
    expect(places(findings)).toEqual([
      "envelope/light-medium-risk:8",
      "envelope/no-form:1",
      "envelope/required:1",
      "envelope/unknown-key:6",
    ]);
    expect(envelopes.map(({ envelope }) => envelope.task)).toEqual(["a"]);
  });

  it("does not ask for what is there and cannot be read", () => {
    expect(places(lintTexts([fullEnvelope(["budget: 3 coffees", "stop: 1: 2", "risk: odd"])]).findings)).toEqual([
      "envelope/syntax:9",
    ]);
    expect(places(lintTexts([fullEnvelope(["budget: 3 coffees", "stop: { a: b }", "risk: odd"])]).findings)).toEqual([
      "envelope/type:8",
      "envelope/type:9",
      "envelope/type:10",
    ]);
  });

  it("reads plans: named envelopes through the reader, inline ones as markdown that can be kept", () => {
    const plan = `tasks:\n  - one.md\n  - gone.md\n  - { task: two, goal: Second., after: [one], inputs: none, output: b.md, stop: [x] }\n`;
    const readPlanned = (path: string, from: string) =>
      path === "one.md" ? { file: `${from}/one.md`, text: task("one") } : null;
    const result = lintEnvelopes([{ file: "p.yaml", text: plan }], {
      exists: () => true,
      knownTasks: new Set(),
      readPlanned,
    });
    expect(places(result.findings)).toEqual(["envelope/plan:3"]);
    expect(result.envelopes.map(({ file, envelope }) => [file, envelope.task])).toEqual([
      ["p.yaml", "two"],
      ["p.yaml/one.md", "one"],
    ]);
    const kept = result.envelopes[0]?.text ?? "";
    expect(lintTexts([kept, task("one")]).envelopes[0]?.envelope).toEqual(result.envelopes[0]?.envelope);
  });

  it.each([
    [[lightEnvelope(["after: [nobody]"])], "ENVELOPE_UNKNOWN_AFTER"],
    [[task("b"), task("b")], "ENVELOPE_DUPLICATE"],
    [[lightEnvelope(["after: [a]"])], "ENVELOPE_CYCLE"],
    [[lightEnvelope([`goal: ${TOKEN}`])], "SECRET_FOUND"],
    [[lightEnvelope(["riks: low"])], "ENVELOPE_INVALID"],
  ])("ends a dispatch with the code of the first error", (texts, code) => {
    const { findings } = lintTexts(texts);
    const error = envelopeError(findings);
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(/^\d\.md:\d+: /);
    expect(error?.data).toEqual({ findings });
    expect(envelopeError(lintTexts([lightEnvelope(["risk: medium"])]).findings)).toBeNull();
  });

  it("says exactly which line helps when a check needs the network or a port", () => {
    const hints = lintTexts([
      fullEnvelope([criterion("x", "npm ci")]),
      fullEnvelope(["task: b", criterion("y", "curl localhost:1")]),
    ]).findings.map(({ hint }) => hint);
    expect(hints).toEqual([
      "add the line network: true, or check without it",
      'add the line loopback: true to the criterion "y"',
    ]);
  });
});
