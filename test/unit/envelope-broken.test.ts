import { describe, expect, it } from "vitest";
import { parseEnvelope } from "../../src/envelope/parse.ts";
import { verifies } from "../requirements.ts";
import { lightEnvelope, places } from "../support/envelopes.ts";

verifies("A1");

/** Broken files: the rule and line of the first finding, and a word of its message or hint. */
const BROKEN: readonly (readonly [name: string, text: string, place: string, word: string])[] = [
  ["empty file", "", "envelope/no-form:1", "empty"],
  ["prose", "Please add a limiter.\n", "envelope/no-form:1", "cco new envelope"],
  ["too large", "x".repeat(300_000), "envelope/too-large:1", "256 kB"],
  ["front matter without an end", "---\ntask: a\ngoal: b\n", "envelope/syntax:1", "never closes"],
  ["empty front matter", "---\n---\n", "envelope/type:1", "task is missing"],
  ["a list as front matter", "---\n- a\n---\n", "envelope/type:2", "key: value"],
  ["tab", "---\ntask: a\nbudget:\n\tusd: 1\n---\n", "envelope/syntax:4", "spaces"],
  ["colon", "---\ntask: a\ngoal: Fix: the header\n---\n", "envelope/syntax:3", "quotes"],
  ["open bracket", "---\ntask: a\nwrite: [a, b\ngoal: b\n---\n", "envelope/syntax:4", ""],
  ["unquoted star", "---\ntask: a\ngoal: b\nwrite: **/*.ts\n---\n", "envelope/yaml-feature:4", "quotes"],
  ["anchor", "---\ntask: &x a\ngoal: b\n---\n", "envelope/yaml-feature:2", "anchor"],
  ["alias", "---\ntask: a\ngoal: *x\n---\n", "envelope/yaml-feature:3", "alias"],
  ["merge key", "---\ntask: a\ngoal: b\n<<: { risk: low }\n---\n", "envelope/yaml-feature:4", "<<"],
  ["tag", "---\ntask: a\ngoal: !!binary aGk=\n---\n", "envelope/yaml-feature:3", "tag"],
  ["duplicate key", "---\ntask: a\ngoal: b\ngoal: c\n---\n", "envelope/duplicate-key:4", "line 3"],
  ["map as key", "---\ntask: a\ngoal: b\n? [x]\n: 1\n---\n", "envelope/syntax:2", "plain word"],
  ["__proto__", "---\ntask: a\ngoal: b\n__proto__: { size: full }\n---\n", "envelope/unknown-key:4", "__proto__"],
  ["misspelled key", lightEnvelope(["acceptence: []"]), "envelope/unknown-key:7", "acceptance"],
  ["other spelling", lightEnvelope(["depends_on: [b]"]), "envelope/unknown-key:7", "did you mean after"],
  ["key of a map", lightEnvelope(["budget: { tool_calls: 4 }"]), "envelope/unknown-key:7", "toolCalls"],
  ["unknown key", lightEnvelope(["zebra: 1"]), "envelope/unknown-key:7", "keys are"],
  ["wrong enum", lightEnvelope(["risk: midium"]), "envelope/type:7", "risk: medium"],
  ["wrong flag", lightEnvelope(["network: yes"]), "envelope/type:7", "true or false"],
  ["wrong number", lightEnvelope(["reviewers: 3"]), "envelope/type:7", "0 to 2"],
  ["fraction of a call", lightEnvelope(["budget: { toolCalls: 1.5 }"]), "envelope/type:7", "whole number"],
  ["no number", lightEnvelope(["budget: { usd: .inf }"]), "envelope/type:7", "1.5"],
  ["empty list field", lightEnvelope(["stop:"]), "envelope/type:6", "stop has to be a list"],
  ["map for a list", lightEnvelope(["stop: { a: b }"]), "envelope/type:6", "a map of keys"],
  ["criterion without text", lightEnvelope(["acceptance: [{ loopback: true }]"]), "envelope/type:7", "criterion"],
  ["input without path", lightEnvelope(["inputs: [{ note: x }]"]), "envelope/type:6", "path"],
  ["task twice in a list form", "## Task: a\n- **Goal**: b\n## Task: c\n", "envelope/syntax:3", "second task"],
  ["unknown label", "## Task: a\n- **Goal**: b\n- **Riskk**: low\n", "envelope/unknown-key:3", "Risk"],
  [
    "label that every object has",
    "## Task: a\n- **Goal**: b\n- **Constructor**: x\n",
    "envelope/unknown-key:3",
    "Constructor",
  ],
  ["label twice", "## Task: a\n- **Goal**: b\n- **Objective**: c\n", "envelope/duplicate-key:3", "line 2"],
  ["bullet without label", "## Task: a\n- **Goal**: b\n- do it now\n", "envelope/syntax:3", "Label"],
  ["budget in other words", "## Task: a\n- **Goal**: b\n- **Budget**: 3 coffees\n", "envelope/type:3", "25 min"],
];

describe("what cannot be read", () => {
  it.each(BROKEN)("%s", (_name, text, place, word) => {
    const parsed = parseEnvelope(text, "x.md");
    expect(parsed.envelope).toBeNull();
    expect(places(parsed.findings)).toContain(place);
    expect(parsed.findings.map(({ message, hint }) => `${message} ${hint}`).join("\n")).toContain(word);
  });

  it.each([
    "../x",
    "a/b",
    "..",
    ".",
    "a..b",
    "A",
    "a.lock",
    "a.",
    "-a",
    " ",
    "a b",
    "ä",
    "a\u0000b",
    "x".repeat(65),
    "a\nb",
    "/etc",
    "C:\\x",
    "~",
    "$HOME",
    "a%2fb",
  ])("refuses the id %j", (id) => {
    const parsed = parseEnvelope(`---\ntask: ${JSON.stringify(id)}\ngoal: b\n---\n`, "x.md");
    expect(parsed.envelope).toBeNull();
  });

  it("shows all mistakes at once", () => {
    const text = "---\ntask: A B\ngaol: x\nrisk: none\nreviewers: many\n---\n";
    expect(places(parseEnvelope(text, "x.md").findings).toSorted()).toEqual([
      "envelope/task-id:2",
      "envelope/type:1",
      "envelope/type:4",
      "envelope/type:5",
      "envelope/unknown-key:3",
    ]);
  });
});
