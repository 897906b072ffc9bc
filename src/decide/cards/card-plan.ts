import type { CardEffect } from "../../model/card.ts";

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

/** The plan of work that was stopped on its way: go on with it, keep it as it is, or give it up, which is what silence means. */
function stoppedCard(goOn: Omit<Choice, "effect">, { reason, risk }: Pick<CardPlan, "reason" | "risk">): CardPlan {
  const options = [{ ...goOn, effect: "go-on" as const }, KEEP_PARTIAL, GIVE_UP];
  return { options, recommended: "A", reason, risk, fallback: "C" };
}

/** A budget is used up. */
export const BUDGET_CARD: CardPlan = stoppedCard(
  {
    text: "More budget: as much again, from where it stopped",
    pros: "the work that is there is finished",
    cons: "costs up to as much again",
  },
  {
    reason:
      "what is there is kept in its work tree; look at cco diff before you decide, a task that needs twice its plan may be two tasks",
    risk: "A can run into the same limit again, and asks again then",
  },
);

/** The worker went in circles, or took far more calls than were planned. */
export const STUCK_CARD: CardPlan = stoppedCard(
  {
    text: "Go on in a fresh session that is told what was repeated, with your note if you have one (--note TEXT)",
    pros: "the work that is there stays, and the next worker does not begin with the same mistake",
    cons: "one more session, with as much room as the first",
  },
  {
    reason:
      "a fresh session that knows what did not work often finds another way; a note on the cause makes that likely",
    risk: "A can get stuck again, and asks again then",
  },
);

/** The task has taken far more than others like it. */
export const ESTIMATE_CARD: CardPlan = stoppedCard(
  {
    text: "Go on from where it stopped, with as much again",
    pros: "the work that is there is finished",
    cons: "costs up to as much again",
  },
  {
    reason: "the estimate comes from other tasks, and this one may be larger; look at cco diff before you decide",
    risk: "A can take as much again, and asks again then",
  },
);
