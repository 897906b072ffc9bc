import { writeScopeOf, type Envelope } from "./envelope.ts";

/**
 * Tool calls a task will need at least: one to read each input, two per criterion (the work and its check), one per
 * pattern or file of the write scope. What a worker looks up in between is not in it.
 */
export function estimateToolCalls(envelope: Envelope): number {
  return envelope.inputs.length + 2 * envelope.acceptance.length + writeScopeOf(envelope).length;
}
