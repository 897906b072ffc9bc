import { redact } from "../guard/secrets.ts";
import type { AttemptOutcome } from "../model/outcome.ts";
import type { Blackboard } from "../ports/blackboard.ts";

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

/** Rewrites a log on the blackboard without the secrets that a command printed. `log`: absolute, inside the board. */
export async function redactLog(board: Blackboard, log: string): Promise<void> {
  const path = log.slice(board.paths.root.length + 1);
  const text = await board.readFile(path);
  if (text === null) return;
  const clean = redact(text);
  if (clean !== text) await board.writeFile(path, clean);
}
