import type { SpecOrder } from "../ports/reviewer.ts";
import { orderText } from "./order-text.ts";
import { advisorSystemPrompt } from "./prompt.ts";

/** System prompt of a spec challenge. */
export const SPEC_SYSTEM_PROMPT = advisorSystemPrompt(
  "You challenge a written order before anybody works on it: what is wrong in it now costs a hundred times as much later.",
);

/** The question: where would a capable worker who follows these words to the letter go wrong? */
export function specPrompt({ task, envelope }: Pick<SpecOrder, "task" | "envelope">): string {
  return [
    `Task: ${task}`,
    `Attack this order. Look for criteria that nothing can test or that two people would test differently, statements that contradict each other or the files in the working directory, cases that will happen and are not covered, terms and interfaces that are not defined. Not for style, and not for wishes of your own.`,
    `For each hole: claim = what goes wrong when a worker follows the words to the letter; quote = the exact words of the order that have the hole, copied character by character; proposal = the words that should stand there instead, ready to be pasted. A claim without an exact quote and a proposal does not count. No hole is a good answer: then return an empty list and say in the summary what you checked. ids: S1, S2, …`,
    orderText(envelope),
    `The order ends here.`,
  ].join("\n\n");
}
