import type { Lane } from "../../model/envelope.ts";
import { type EnvelopeRule, hitIf } from "../rule.ts";

/** Lanes that this version cannot run; the rule has nothing to say once the list is empty. */
const NOT_YET: readonly Lane[] = ["cloud"];

export const LANE_RULES: readonly EnvelopeRule[] = [
  {
    id: "envelope/lane-not-available",
    severity: "error",
    why: "A task in a lane that does not exist yet would never run.",
    check: ({ envelope, lineOf }) =>
      hitIf(
        NOT_YET.includes(envelope.lane),
        lineOf("lane"),
        `the lane ${envelope.lane} is not available yet`,
        "write lane: worktree or lane: local",
      ),
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
