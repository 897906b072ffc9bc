import { lightEnvelope } from "./envelopes.ts";
import { TOKEN, criterion, light, full, type LintCase } from "./lint-case.ts";

/** Cases of the rules on criteria, on the text of a file and on reading it. */
export const TEXT_CASES: readonly LintCase[] = [
  { rule: "envelope/verify-required", bad: full(criterion("The 101st request gets 429")), line: 10, good: full() },
  {
    rule: "envelope/no-verify",
    bad: full("risk: low", criterion("The 101st request gets 429")),
    line: 10,
    good: full("risk: low"),
  },
  {
    rule: "envelope/criterion-vague",
    bad: full(criterion("It works well")),
    line: 10,
    good: full(criterion("It works well", "npm test")),
  },
  {
    rule: "envelope/criterion-vague",
    bad: light(criterion("The code is robust")),
    line: 7,
    good: light(criterion("The code exits with 2 on a broken file")),
  },
  {
    rule: "envelope/verify-lines",
    bad: full(criterion("x", "npm test\nnpm run lint")),
    line: 10,
    good: full(criterion("x", "npm test && npm run lint")),
  },
  {
    rule: "envelope/verify-proves-nothing",
    bad: full(criterion("x", "true")),
    line: 10,
    good: full(criterion("x", "true && npm test")),
  },
  {
    rule: "envelope/verify-proves-nothing",
    bad: full(criterion("x", "npm test || true")),
    line: 10,
    good: full(criterion("x", "npm test || exit 1")),
  },
  {
    rule: "envelope/verify-network",
    bad: full(criterion("x", "npm ci && npm test")),
    line: 10,
    good: full("network: true", criterion("x", "npm ci && npm test")),
  },
  {
    rule: "envelope/verify-network",
    bad: full(criterion("x", "curl -f https://example.com")),
    line: 10,
    good: full(criterion("x", "npm run install-check")),
  },
  {
    rule: "envelope/verify-loopback",
    bad: full(criterion("x", "curl -f localhost:3000")),
    line: 10,
    good: full(criterion("x", "curl -f localhost:3000", ", loopback: true")),
  },
  {
    rule: "envelope/verify-loopback",
    bad: full(criterion("x", "npx playwright test")),
    line: 10,
    good: full("network: true", criterion("x", "npx playwright test")),
  },
  {
    rule: "envelope/secret",
    bad: light(`goal: Use ${TOKEN} here.`),
    line: 6,
    good: light("goal: Use ${GITHUB_TOKEN} here."),
  },
  {
    rule: "envelope/secret",
    bad: [lightEnvelope([], `\n\ntoken: ${TOKEN}\n`)],
    line: 10,
    good: [lightEnvelope([], "\n\ntoken: <token>\n")],
  },
  {
    rule: "envelope/hidden-text",
    bad: light("goal: Write\u202E the notes."),
    line: 6,
    good: light("goal: Write the notes \u{1F469}\u200D\u{1F4BB}."),
  },
  {
    rule: "envelope/hidden-text",
    bad: [lightEnvelope([], "x\u{E0041}\u{E0042}\n")],
    line: 8,
    good: [lightEnvelope([], "x\n")],
  },
  { rule: "envelope/too-large", bad: ["x".repeat(300_000)], line: 1, good: light() },
  { rule: "envelope/no-form", bad: ["Do it.\n"], line: 1, good: light() },
  { rule: "envelope/syntax", bad: light("goal: a: b"), line: 6, good: light('goal: "a: b"') },
  { rule: "envelope/yaml-feature", bad: light("goal: &x y"), line: 6, good: light("goal: x & y") },
  { rule: "envelope/duplicate-key", bad: light("risk: low", "risk: low"), line: 8, good: light("risk: low") },
  { rule: "envelope/unknown-key", bad: light("riks: low"), line: 7, good: light("risk: low") },
  { rule: "envelope/type", bad: light("risk: none"), line: 7, good: light("risk: low") },
  { rule: "envelope/task-id", bad: light("task: ../a"), line: 6, good: light("task: a-b.c_d") },
  {
    rule: "envelope/unknown-section",
    bad: [lightEnvelope([], "## Contxt\nx\n")],
    line: 8,
    good: [lightEnvelope([], "## context\nx\n")],
  },
  {
    rule: "envelope/duplicate-section",
    bad: [lightEnvelope([], "## Context\nx\n## Context\ny\n")],
    line: 10,
    good: [lightEnvelope([], "## Context\nx\n")],
  },
  { rule: "envelope/plan", bad: ["tasks: []\n"], line: 1, good: light() },
];
