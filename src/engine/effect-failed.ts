import { describeThrown, CcoError } from "../kernel/errors.ts";
import { makeUlid } from "../kernel/ids.ts";
import type { Effect } from "../decide/decide.ts";
import { makeFailure } from "../model/failure.ts";
import type { Fact } from "../model/record.ts";
import type { EngineDeps } from "./deps.ts";

/** An effect that threw ends its task with a named failure; the engine itself goes on. */
export function effectFailed(deps: EngineDeps, effect: Effect, error: unknown): readonly Fact[] {
  const task = effect.task.id;
  const known = error instanceof CcoError;
  const code = known ? error.code : "INTERNAL";
  const id = makeUlid(deps.clock.now(), deps.random);
  deps.log.warn(
    `${effect.kind} of ${task} failed (${id}): ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  const evidence = known ? error.why : `report ${id} in engine.log`;
  const failure = makeFailure(code, `${effect.kind}: ${describeThrown(error)}`, { evidence, task });
  return [{ type: "task.ended", task, status: "failed", failure, summary: `${code}: ${failure.message}` }];
}
