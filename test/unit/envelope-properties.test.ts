import {
  type Arbitrary,
  array,
  assert,
  boolean,
  constantFrom,
  integer,
  oneof,
  option,
  property,
  record,
  string,
} from "fast-check";
import { describe, expect, it } from "vitest";
import { formatEnvelope } from "../../src/envelope/format-envelope.ts";
import { parseEnvelope } from "../../src/envelope/parse.ts";
import { parsePlan } from "../../src/envelope/plan.ts";
import { EFFORTS, type Envelope, envelopeSchema, LANES, RISKS, ROLES, SIZES } from "../../src/model/envelope.ts";
import { verifies } from "../requirements.ts";
import { lintTexts } from "../support/envelopes.ts";

verifies("A1");

const name = string({ minLength: 1, maxLength: 30 }).map((text) => text.trim() || "x");
const word = constantFrom(
  "a",
  "b c",
  "none",
  "true",
  "1",
  "x: y",
  "#z",
  "- q",
  "`w`",
  "src/**",
  "it's",
  'say "hi"',
  "{",
  "&a",
  "*b",
  "verify: npm test",
  "ä — ö",
  "null",
);
const words = array(oneof(word, name), { maxLength: 4 });
const model: Arbitrary<Envelope> = record({
  task: constantFrom("a", "add-limiter", "007", "1.5", "true", "null", "0x1f"),
  goal: oneof(word, name),
  size: constantFrom(...SIZES),
  risk: constantFrom(...RISKS),
  role: constantFrom(...ROLES),
  lane: constantFrom(...LANES),
  after: constantFrom([], ["b"], ["b", "007"]),
  inputs: array(record({ path: constantFrom("a.ts", "src/x y.ts", "x - y.ts", "none"), note: word }), { maxLength: 3 }),
  acceptance: array(record({ text: oneof(word, name), verify: word, loopback: boolean() }), { maxLength: 3 }),
  write: constantFrom([], ["src/**"], ["a,b.ts", "{x,y}/**"], ["none"]),
  allow: constantFrom([], ["read", "write"]),
  forbid: words,
  network: boolean(),
  effort: constantFrom(...EFFORTS),
  budget: constantFrom({}, { usd: 0.25 }, { toolCalls: 3, tokens: 10, usd: 1, minutes: 0.05 }),
  checkpoint: option(constantFrom("after x", "a: b"), { nil: null }),
  stop: words,
  output: constantFrom(null, { path: "a.md" }, { path: "none yet.md", format: "x: y" }),
  reviewers: integer({ min: 0, max: 2 }),
  sections: constantFrom(
    {},
    { context: "Why." },
    { context: "a\n\nb", checklist: "- x\n- y", interface: "```\n## x\n```" },
  ),
});

describe("properties", () => {
  it("writes an envelope so that reading it gives the same one", () => {
    assert(
      property(model, (envelope) => {
        const parsed = parseEnvelope(formatEnvelope(envelope), "x.md");
        expect(parsed.findings).toEqual([]);
        expect(parsed.envelope).toEqual(envelope);
      }),
      { numRuns: 300 },
    );
  });

  it("never throws, whatever the text, and a null envelope has an error", () => {
    const part = oneof(
      string({ unit: "binary", maxLength: 40 }),
      constantFrom(
        "---\n",
        "\n",
        "\r\n",
        "\t",
        "## Task: a\n",
        "- **Goal**: x\n",
        "  - y\n",
        "tasks:\n",
        "  - ",
        "{",
        "[",
        ": ",
        "&a ",
        "*a ",
        "```\n",
        "## Context\n",
        "verify: `",
        "<<: ",
        "? ",
        "!x ",
        "|\n",
        "\u2028",
        "\uFEFF",
      ),
    );
    assert(
      property(array(part, { maxLength: 30 }), (parts) => {
        for (const text of [parts.join(""), `---\n${parts.join("")}\n---\n`, `## Task: a\n${parts.join("")}`]) {
          const parsed = parseEnvelope(text, "x.md");
          if (parsed.envelope === null)
            expect(parsed.findings.some((finding) => finding.severity === "error")).toBe(true);
          else expect(envelopeSchema.safeParse(parsed.envelope).error).toBeUndefined();
          parsePlan(text, "x.yaml");
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("lints whatever can be read without throwing, in one-line messages that are sorted", () => {
    const texts = array(oneof(model.map(formatEnvelope), string({ unit: "binary" })), { minLength: 1, maxLength: 4 });
    assert(
      property(texts, boolean(), (all, exists) => {
        const { findings } = lintTexts(all, { exists: () => exists });
        for (const { message, hint } of findings) expect(`${message} ${hint}`).not.toContain("\n");
        const keys = findings.map(({ file, line }) => [file, line] as const);
        expect(keys).toEqual(keys.toSorted((a, b) => (a[0] === b[0] ? a[1] - b[1] : Number(a[0] > b[0]) * 2 - 1)));
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    "[",
    "{a: ",
    "- ",
    "? ",
    "&a ",
    "!a ",
    "  - x\n",
    "- **A**: ",
    "(verify: ",
    " verify:",
    "`",
    "~~~\n",
    "## x\n",
    " ",
    "a, ",
    "\t",
    "<<: {}\n",
    "{a,",
    "-----",
    "1. ",
  ])("stays fast on 100 kB of %j", (piece) => {
    const filler = piece.repeat(Math.floor(100_000 / piece.length));
    const before = performance.now();
    for (const text of [
      `---\ntask: a\ngoal: ${filler}x\n---\n`,
      `---\n${filler}\n---\n${filler.slice(0, 1000)}`,
      `## Task: a\n- **Acceptance**:\n  - ${filler}x`,
      `## Task: a\n${filler}`,
    ]) {
      parseEnvelope(text, "x.md");
    }
    // A quadratic reading takes minutes; the limit leaves room for a busy machine.
    expect(performance.now() - before).toBeLessThan(20_000);
  });
});
