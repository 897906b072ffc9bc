import { type EnvelopeRule, hitIf } from "../rule.ts";

/** Parts of a budget that nobody can watch in the cloud. */
const UNSEEN = ["toolCalls", "tokens", "usd"] as const;

export const LANE_RULES: readonly EnvelopeRule[] = [
  {
    id: "envelope/cloud-budget",
    severity: "warning",
    why: "Codex cloud tells nothing of tokens, tool calls and money while it works or later, so only minutes hold there.",
    check: ({ envelope, lineOf }) => {
      if (envelope.lane !== "cloud") return [];
      return UNSEEN.filter((part) => envelope.budget[part] !== undefined).map((part) => ({
        line: lineOf(`budget.${part}`),
        message: `budget.${part} cannot be kept in the cloud: nobody is told what is used there`,
        hint: "write budget: { minutes: N }, or lane: worktree",
      }));
    },
  },
  {
    id: "envelope/devops-gate",
    severity: "warning",
    why: "Work on infrastructure reaches outside the repository, so a person decides before it starts.",
    check: ({ envelope, lineOf }) =>
      hitIf(
        envelope.role === "devops",
        lineOf("role"),
        "a devops task needs somebody who decides about it",
        "look at its result before it is merged (--no-merge), or write role: coder",
      ),
  },
];
