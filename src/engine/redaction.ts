import { redact } from "../guard/secrets.ts";
import type { AttemptOutcome } from "../model/outcome.ts";

/** An outcome whose texts hold no secret; nothing unredacted reaches journal, projections or prompts. */
export function withoutSecrets(outcome: AttemptOutcome): AttemptOutcome {
  const { report, failure } = outcome;
  return {
    ...outcome,
    report: report === null ? null : { ...report, summary: redact(report.summary) },
    failure:
      failure === null
        ? null
        : {
            ...failure,
            message: redact(failure.message),
            evidence: failure.evidence === null ? null : redact(failure.evidence),
          },
    notes: outcome.notes.map((note) => redact(note)),
  };
}
