import { lintEnvelopes, type LintOptions } from "../../src/envelope/lint.ts";
import type { Envelope, LintFinding } from "../../src/model/envelope.ts";

/** The envelope of contract.md, to the letter. */
export const CONTRACT_ENVELOPE = `---
task: add-limiter
goal: Add a token-bucket rate limiter to the public API.
size: full                      # light | full | handoff; default from what is there
risk: medium                    # low | medium | high
role: coder                     # researcher | coder | reviewer | devops
lane: worktree
after: []                       # task ids
inputs:
  - path: src/server.ts
    note: HTTP entry point
acceptance:
  - text: The 101st request within a minute gets 429
    verify: node --test test/limiter.test.js
write: ["src/**", "test/**"]    # scope of what may change
allow: [read, write, test]
forbid: ["new dependencies"]
network: false
effort: auto                    # auto | low | medium | high | xhigh
budget: { toolCalls: 40, tokens: 200000, usd: 1.5, minutes: 25 }
checkpoint: after the unit tests of the limiter pass
stop: ["the entry point is missing", "the same step fails three times"]
output: { path: docs/limiter.md, format: markdown }
reviewers: 1
---
## Context
## Interface contract
## Anti-patterns
## Review checklist
## Data integrity requirements
`;

/** The same order in the list form. */
export const LIST_ENVELOPE = `# Rate limiting

## Task: add-limiter

- **Goal**: Add a token-bucket rate limiter
  to the public API.
- **Size**: full
* **Risk:** Medium (public API)
- **Role**: coder
- **Depends on**: none
- **Inputs**:
  - \`src/server.ts\` — HTTP entry point
- **Acceptance Criteria**:
  - The 101st request within a minute gets 429 (verify: \`node --test test/limiter.test.js\`)
- **write scope**: \`src/**\`, \`test/**\`
- **Allowed Tools**: read, write, test
- **Forbidden**:
  - new dependencies
- **Network**: off
- **Budget**: 40 tool calls, 25 min, $1.5, 200k tokens
- **Checkpoint**: after the unit tests of the limiter pass
- **Stop If**:
  1. the entry point is missing
  2. the same step fails three times
- **Output**: \`docs/limiter.md\` (markdown)
- **Output Protocol**: COMPLETED / FAILED / BLOCKED
`;

/** A light envelope that lints without any finding; `fields` are lines that are added or take the place of its own. */
export function lightEnvelope(fields: readonly string[] = [], body = ""): string {
  return envelopeText(
    ["task: a", "goal: Write the notes.", "inputs: none", "output: notes.md", "stop: [nothing to write]"],
    fields,
    body,
  );
}

/** A full envelope that lints without any finding. */
export function fullEnvelope(fields: readonly string[] = [], body = ""): string {
  const own = [
    "task: a",
    "goal: Add the limiter.",
    "size: full",
    "risk: medium",
    "inputs: none",
    'acceptance: [{ text: The 101st request gets 429, verify: "npm test" }]',
    'write: ["src/**"]',
    "budget: { toolCalls: 40, minutes: 25 }",
    "stop: [the entry point is missing]",
  ];
  return envelopeText(own, fields, body);
}

function envelopeText(own: readonly string[], fields: readonly string[], body: string): string {
  const keys = new Set(fields.map((line) => line.split(":", 1)[0]));
  const kept = own.filter((line) => !keys.has(line.split(":", 1)[0]));
  const added = fields.filter((line) => !line.endsWith(": -"));
  return `---\n${[...kept, ...added].join("\n")}\n---\n${body}`;
}

/** The four sections of a structured handoff. */
export const HANDOFF_BODY =
  "## Context\nWhy.\n## Interface contract\nlimit(): boolean\n## Anti-patterns\nNo globals.\n## Review checklist\n- Is the clock injected?\n";

/** Lints texts as files `1.md`, `2.md` …; every path exists and no task is known unless `options` say otherwise. */
export function lintTexts(
  texts: readonly string[],
  options: Partial<LintOptions> = {},
): ReturnType<typeof lintEnvelopes> {
  const files = texts.map((text, index) => ({ file: `${index + 1}.md`, text }));
  return lintEnvelopes(files, { exists: () => true, knownTasks: new Set(), ...options });
}

/** The one envelope of a text; fails when it cannot be read. */
export function readOne(text: string): Envelope {
  const { envelopes, findings } = lintTexts([text]);
  const [first] = envelopes;
  if (first === undefined) throw new Error(JSON.stringify(findings));
  return first.envelope;
}

/** Findings as `rule:line`. */
export function places(findings: readonly LintFinding[]): string[] {
  return findings.map((finding) => `${finding.rule}:${finding.line}`);
}
