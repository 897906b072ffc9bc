import * as z from "zod";
import { CcoError } from "../../kernel/errors.ts";
import { defineTool } from "../tool.ts";

/** `review`: a challenge loop on a change, made by anybody. */
export const reviewTool = defineTool({
  name: "review",
  description:
    "Have a change challenged with evidence that is executed: a task's, everything since base, or what is uncommitted.",
  arguments: z.strictObject({
    task: z.string().optional(),
    base: z.string().optional().describe("git ref"),
    uncommitted: z.boolean().optional(),
  }),
  reads: false,
  async run({ task }) {
    throw new CcoError("USAGE", "a review on its own is not there yet: the work of a task is reviewed as part of it", {
      why: "This version reviews while it dispatches.",
      hint: `result {"task":"${task ?? "TASK"}"} tells what the review of a task came to`,
    });
  },
});
