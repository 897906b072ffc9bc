import { tmpdir } from "node:os";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { loadConfig } from "../../blackboard/config-file.ts";
import { createClaudeReviewer } from "../../claude/reviewer.ts";
import { normalised } from "../../decide/review/order-text.ts";
import { holdingChallenges } from "../../decide/review/spec-challenge.ts";
import type { LintedEnvelope } from "../../envelope/lint.ts";
import { redact } from "../../guard/secrets.ts";
import { isErrorCode } from "../../kernel/error-table.ts";
import { CcoError } from "../../kernel/errors.ts";
import type { LintFinding } from "../../model/envelope.ts";
import { ownEnvironment } from "../../process/own-programs.ts";
import { noteCall } from "../economy/note-call.ts";
import type { Project } from "../project.ts";
import { systemClock } from "../system.ts";

/** Name of these findings among those of the lint. */
const RULE = "spec-challenge";

/**
 * Has Claude attack envelopes before anybody works on them; what holds comes back as findings whose hint is the edit. Throws what kept
 * Claude from answering.
 */
export async function challengeEnvelopes(
  project: Project,
  envelopes: readonly LintedEnvelope[],
  signal: AbortSignal,
): Promise<LintFinding[]> {
  const { config } = await loadConfig(project.root);
  const reviewer = createClaudeReviewer({
    env: ownEnvironment(),
    cwd: project.root,
    now: () => systemClock().now(),
  });
  const findings: LintFinding[] = [];
  for (const { file, text, envelope } of envelopes) {
    const dir = await mkdtemp(join(tmpdir(), "cco-spec-"));
    try {
      const { model, minutes, usd } = config.review;
      const about = { task: envelope.task, attempt: 1, round: 1, dir, cwd: project.root, envelope, diff: "" };
      const asked = await reviewer.attack({ ...about, model, timeoutMs: minutes * 60_000, usd }, signal);
      const { usage, model: used } = asked.ok ? asked.value : asked.error;
      await noteCall(project, null, {
        role: "reviewer",
        model: used,
        usage,
        outcome: asked.ok ? "ok" : asked.error.code,
      });
      if (!asked.ok) {
        const { code, message } = asked.error;
        throw new CcoError(isErrorCode(code) ? code : "REVIEW_UNAVAILABLE", message, {
          hint: "cco doctor, or cco lint without --challenge",
        });
      }
      for (const { claim, quote, proposal } of holdingChallenges(envelope, asked.value.value.challenges)) {
        const hint = `instead of "${redact(quote)}" write: ${redact(proposal)}`;
        findings.push({
          file,
          line: lineOf(text, quote),
          rule: RULE,
          severity: "warning",
          message: redact(claim),
          hint,
        });
      }
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }
  return findings;
}

/** The line that holds the quote, or the one on which it begins when it goes over several; 1 when it cannot be found. */
function lineOf(text: string, quote: string): number {
  const words = normalised(quote);
  const lines = text.split("\n");
  const whole = lines.findIndex((line) => normalised(line).includes(words));
  if (whole >= 0) return whole + 1;
  const first = normalised(quote.split("\n")[0] ?? "").slice(0, 30);
  return Math.max(1, lines.findIndex((line) => first !== "" && normalised(line).includes(first)) + 1);
}
