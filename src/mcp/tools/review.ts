import { join } from "node:path";
import * as z from "zod";
import { placeOf, verdictOf } from "../../app/review/review-page.ts";
import { reviewChange, type ReviewWhat } from "../../app/review/review.ts";
import { CcoError } from "../../kernel/errors.ts";
import { answer, line } from "../texts.ts";
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
  async run({ task, base, uncommitted }, call) {
    const { project, signal } = call;
    const asked = [task, base, uncommitted === true ? true : undefined].filter((one) => one !== undefined);
    if (asked.length > 1) {
      throw new CcoError("USAGE", "a review is of one change: task, base or uncommitted", {
        hint: 'review {"uncommitted":true}',
      });
    }
    const what = whatToReview(task, base);
    const report = await reviewChange(project, what, { rounds: 1, signal, onProgress: (text) => call.progress(text) });
    const holding = report.rounds.flatMap(({ challenges }, index) =>
      challenges
        .filter(({ ruling }) => ruling !== "NOISE")
        .map(({ id, ruling, claim }) => {
          const raised = report.raised[index]?.find((one) => one.id === id);
          return `${ruling} ${line(placeOf(raised), 80)} ${line(claim, 140)}`;
        }),
    );
    const page = join(report.dir, "report.md");
    const next =
      holding.length > 0 ? `read ${page} for the evidence, then fix what is VALID` : "nothing has to be fixed";
    return answer([verdictOf(report), ...holding], next);
  },
});

function whatToReview(task: string | undefined, base: string | undefined): ReviewWhat {
  if (task !== undefined) return { kind: "task", task };
  return base === undefined ? { kind: "uncommitted" } : { kind: "since", ref: base };
}
