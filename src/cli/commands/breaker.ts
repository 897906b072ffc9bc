import { closeBreaker, describeBreaker, shownBreakers } from "../../app/breakers.ts";
import { CcoError } from "../../kernel/errors.ts";
import { type Invocation, optionalArg } from "../invocation.ts";

/** `cco breaker [reset NAME]`: the breakers of this user, in every project the same; reset closes one. */
export async function runBreaker(invocation: Invocation): Promise<number> {
  const { out } = invocation;
  const action = optionalArg(invocation, 0);
  const name = optionalArg(invocation, 1);
  if (action !== undefined) {
    if (action !== "reset" || name === undefined) {
      throw new CcoError("USAGE", "breaker wants nothing, or reset and a name", { hint: "cco breaker reset NAME" });
    }
    await closeBreaker(name);
  }
  const breakers = await shownBreakers();
  if (out.json) out.document({ schema: "cco.breaker/1", breakers });
  else if (breakers.length === 0) out.line("no breaker has seen a failure yet");
  else for (const breaker of breakers) out.line(describeBreaker(breaker));
  return 0;
}
