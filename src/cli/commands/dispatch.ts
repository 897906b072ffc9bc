import { prepareEngine } from "../../app/engine/engine-process.ts";
import type { Invocation } from "../invocation.ts";

/** `cco dispatch FILE…`: lint, submit, wait, show; nothing is started when an envelope has errors. */
export async function runDispatch(invocation: Invocation): Promise<number> {
  // An engine loads on another core while this process loads the rest and reads; it begins only when everything has been found good.
  const engine = prepareEngine(invocation.project());
  const { dispatchRun } = await import("../dispatch-run.ts");
  return dispatchRun(invocation, engine);
}
