import { expect, it } from "vitest";
import { EFFORTS, envelopeSchema, LANES, RISKS, ROLES, SECTION_TITLES, SIZES } from "../../src/model/envelope.ts";

// Envelopes of users hold these words. A change here is a decision with a record in docs/decisions/.
it("keeps the keys of an envelope", () => {
  expect(Object.keys(envelopeSchema.shape).toSorted()).toEqual([
    "acceptance",
    "after",
    "allow",
    "budget",
    "checkpoint",
    "effort",
    "forbid",
    "goal",
    "inputs",
    "lane",
    "network",
    "output",
    "reviewers",
    "risk",
    "role",
    "sections",
    "size",
    "stop",
    "task",
    "write",
  ]);
  expect(Object.keys(envelopeSchema.shape.budget.shape)).toEqual(["toolCalls", "tokens", "usd", "minutes"]);
});

it("keeps the words of its choices", () => {
  expect([...SIZES]).toEqual(["light", "full", "handoff"]);
  expect([...RISKS]).toEqual(["low", "medium", "high"]);
  expect([...ROLES]).toEqual(["researcher", "coder", "reviewer", "devops"]);
  expect([...LANES].toSorted()).toEqual(["attached", "cloud", "local", "worktree"]);
  expect([...EFFORTS]).toEqual(["auto", "low", "medium", "high", "xhigh"]);
});

it("keeps the titles of the body sections", () => {
  expect(Object.values(SECTION_TITLES)).toEqual([
    "Context",
    "Interface contract",
    "Anti-patterns",
    "Review checklist",
    "Data integrity requirements",
  ]);
});
