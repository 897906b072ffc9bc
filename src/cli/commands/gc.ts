import { sweep } from "../../app/gc.ts";
import type { Invocation } from "../invocation.ts";

/** `cco gc`: removes what finished tasks left in git, says what it removed and what it kept and why. */
export async function runGc(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const { removed, kept } = await sweep(invocation.project());
  if (out.json) {
    out.document({ schema: "cco.gc/1", removed, kept });
    return 0;
  }
  for (const { kind, name } of removed) out.line(`removed ${kind.padEnd(8)} ${name}`);
  for (const { kind, name, why } of kept) out.line(`kept    ${kind.padEnd(8)} ${name}: ${why}`);
  if (removed.length + kept.length === 0) out.line("nothing to clean up");
  return 0;
}
