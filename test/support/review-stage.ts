import { join } from "node:path";
import { createClaudeReviewer } from "../../src/claude/reviewer.ts";
import type { Reviewer, ReviewOrder } from "../../src/ports/reviewer.ts";
import { claudeBin } from "./binaries.ts";
import { setStage, type RehearsalStage, type StageOptions } from "./rehearsal-stage.ts";
import { reviewEnvelope } from "./review-envelope.ts";

/** A stage with the real Claude Code as its reviewer. */
export interface ReviewStage extends RehearsalStage {
  readonly reviewer: Reviewer;
  readonly order: (over?: Partial<ReviewOrder>) => ReviewOrder;
}

/** A key that looks like one, to be searched for in files and on the wire. */
export const REVIEW_KEY = "sk-ant-rehearsal-0123456789abcdef";

/** Sets the stage; `env` goes over the environment of the rehearsal, an empty value removes a variable. */
export async function setReviewStage(options: StageOptions, env: Record<string, string> = {}): Promise<ReviewStage> {
  const stage = await setStage(options);
  const all = {
    ...stage.env,
    ANTHROPIC_API_KEY: REVIEW_KEY,
    CLAUDE_CODE_MAX_RETRIES: "0",
    CCO_CLAUDE_BIN: claudeBin(),
    ...env,
  };
  const kept = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
  const reviewer = createClaudeReviewer({ env: kept, cwd: stage.dir, now: Date.now });
  const order = (over: Partial<ReviewOrder> = {}): ReviewOrder => ({
    task: "add-limiter",
    attempt: 1,
    round: 1,
    dir: join(stage.dir, "review", "01"),
    cwd: stage.repo,
    envelope: reviewEnvelope(),
    diff: "--- a/README.md\n+++ b/README.md\n@@ -1 +1,2 @@\n # stage\n+more\n",
    priorClaims: [],
    model: "sonnet",
    timeoutMs: 20_000,
    usd: 2,
    ...over,
  });
  return { ...stage, reviewer, order };
}
