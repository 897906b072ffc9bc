import { redact } from "../guard/secrets.ts";
import { tailOf } from "../kernel/text.ts";
import type { AttemptOutcome } from "../model/outcome.ts";
import type { Repeated } from "../model/stuck.ts";
import type { Blackboard } from "../ports/blackboard.ts";

/** An outcome whose texts hold no secret; nothing unredacted reaches journal, projections or prompts. */
export function withoutSecrets(outcome: AttemptOutcome): AttemptOutcome {
  const { report, failure, repeated } = outcome;
  return {
    ...outcome,
    ...(repeated === undefined ? {} : { repeated: cleanRepeated(repeated) }),
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

/** Most characters of what was repeated that are kept, cut when the secrets are out: half of one is not recognised any more. */
const REPEATED = { what: 1500, result: 1000 };

function cleanRepeated({ times, calls }: Repeated): Repeated {
  return {
    times,
    calls: calls.map(({ kind, what, result }) => ({
      kind,
      what: redact(what).slice(0, REPEATED.what),
      result: tailOf(redact(result), REPEATED.result),
    })),
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
