import type { Envelope } from "../../model/envelope.ts";

/** Goal of every fresh template; the lint says when it was left as it is. */
export const TEMPLATE_GOAL = "Say in one sentence what is different when this is done.";

const light = (id: string) => `---
task: ${id}
goal: ${TEMPLATE_GOAL}
size: light                     # fewer than 5 tool calls; cco new envelope --size full for more
inputs: none                    # or a list: - { path: src/server.ts, note: HTTP entry point }
output: { path: docs/${id}.md, format: markdown }
stop: ["an input is missing", "the same step fails three times"]
---
`;

const fullFields = (id: string, size: "full" | "handoff") => `task: ${id}
goal: ${TEMPLATE_GOAL}
size: ${size.padEnd(26)}# light | full | handoff
risk: medium                    # low | medium | high
role: coder                     # researcher | coder | reviewer | devops
lane: worktree                  # worktree | local
after: []                       # ids of tasks that have to be accepted before
inputs: none                    # or a list: - { path: src/server.ts, note: HTTP entry point }
acceptance:                     # what has to be true; verify is run by cco itself, in the sandbox
  - text: The test suite passes, with a new test for this change
    verify: npm test            # add loopback: true when it uses a local port
write: ["src/**", "test/**"]    # nothing else may change
allow: [read, write, test]
forbid: ["new dependencies", "changes to public interfaces that the goal does not name"]
network: false                  # true opens the network for the worker and the checks
effort: auto                    # auto | low | medium | high | xhigh
budget: { toolCalls: 40, tokens: 200000, usd: 1.5, minutes: 25 }
checkpoint: after the new test fails for the right reason
stop: ["an input is missing", "the same step fails three times", "a decision is needed"]
reviewers: 1`;

const full = (id: string) => `---
${fullFields(id, "full")}
---
`;

const handoff = (id: string) => `---
${fullFields(id, "handoff")}
---
## Context
Why this is needed, what was tried before, and where the code it touches comes from. Name files, do not paste them.

## Interface contract
What others call and what they get back: names, types, errors, units. What must stay as it is.

## Anti-patterns
What looks tempting and is wrong here, and why.

## Review checklist
- Every criterion has a test that fails without the change.
- Nothing outside the goal was changed.

## Data integrity requirements
Only for work on data and algorithms, else remove this section: no look-ahead, point-in-time data, splits with purge and
embargo, realistic costs.
`;

/** Envelope templates by size. */
export const ENVELOPE_TEMPLATES: Readonly<Record<Envelope["size"], (id: string) => string>> = { light, full, handoff };
