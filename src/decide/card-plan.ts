import type { CardEffect } from "../model/card.ts";

/** One choice of a card. */
export interface Choice {
  readonly text: string;
  readonly pros: string;
  readonly cons: string;
  readonly effect: CardEffect;
}

/** What a person may choose about a kind of failure. */
export interface CardPlan {
  readonly options: readonly Choice[];
  readonly recommended: string;
  readonly reason: string;
  readonly risk: string;
  readonly fallback: string;
}

export const GIVE_UP: Choice = {
  text: "Stop here; the branch is kept",
  pros: "nothing more is spent",
  cons: "the task ends as failed",
  effect: "give-up",
};

const KEEP_PARTIAL: Choice = {
  text: "Keep what is there: check it, review it and merge it when it is good",
  pros: "nothing more is spent on a worker",
  cons: "it is accepted only when its checks are green already",
  effect: "keep-partial",
};

/** A budget is used up. */
export const BUDGET_CARD: CardPlan = {
  options: [
    {
      text: "More budget: as much again, from where it stopped",
      pros: "the work that is there is finished",
      cons: "costs up to as much again",
      effect: "go-on",
    },
    KEEP_PARTIAL,
    GIVE_UP,
  ],
  recommended: "A",
  reason:
    "what is there is kept in its work tree; look at cco diff before you decide, a task that needs twice its plan may be two tasks",
  risk: "A can run into the same limit again, and asks again then",
  fallback: "C",
};
