import { holdingChallenges } from "../../decide/review/spec-challenge.ts";
import { redact } from "../../guard/secrets.ts";
import type { Fact } from "../../model/record.ts";
import type { EffectContext } from "../deps.ts";

/**
 * Has the order attacked before the first attempt. Without an answer the work goes on, and the task says that its order was not
 * challenged: a spec challenge saves work, it is no check of the result.
 */
export async function challengeSpec({ deps, config, task, signal }: EffectContext): Promise<readonly Fact[]> {
  const asked = await deps.reviewer.attack(
    {
      task: task.id,
      attempt: 1,
      round: 1,
      dir: `${deps.board.paths.task(task.id)}/spec`,
      cwd: deps.project,
      envelope: task.envelope,
      diff: "",
      model: config.review.model,
      timeoutMs: config.review.minutes * 60_000,
      usd: config.review.usd,
    },
    signal,
  );
  signal.throwIfAborted();
  const { usage, model } = asked.ok ? asked.value : asked.error;
  const call = { role: "reviewer", model, usage, outcome: asked.ok ? "ok" : asked.error.code } as const;
  const about = { type: "spec.challenged" as const, task: task.id, usage, calls: [call] };
  if (!asked.ok) {
    deps.log.warn(`the order of ${task.id} was not challenged: ${asked.error.message}`);
    return [{ ...about, spec: { challenges: [], failure: redact(asked.error.message) } }];
  }
  const held = holdingChallenges(task.envelope, asked.value.value.challenges).map((one) => ({
    ...one,
    claim: redact(one.claim),
    proposal: redact(one.proposal),
  }));
  return [{ ...about, spec: { challenges: held, failure: null } }];
}
