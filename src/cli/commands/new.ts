import { renderTemplate, TEMPLATE_KINDS } from "../../app/templates.ts";
import { CcoError } from "../../kernel/errors.ts";
import { isTaskId } from "../../kernel/ids.ts";
import { SIZES } from "../../model/envelope.ts";
import { type Invocation, optionalArg, textArg, textOption } from "../invocation.ts";

/** `cco new KIND [ID]`: prints a template that is valid as it stands. */
export async function runNew(invocation: Invocation): Promise<number> {
  const kind = TEMPLATE_KINDS.find((known) => known === textArg(invocation, 0));
  if (kind === undefined) {
    throw new CcoError("USAGE", `there is no template "${textArg(invocation, 0)}"`, {
      hint: `one of: ${TEMPLATE_KINDS.join(", ")}`,
    });
  }
  const id = optionalArg(invocation, 1) ?? "my-task";
  if (!isTaskId(id)) {
    throw new CcoError("USAGE", `"${id}" cannot be a task id`, {
      hint: "lower-case letters, digits, . _ - ; at most 64; for example add-limiter",
    });
  }
  const size = SIZES.find((known) => known === textOption(invocation, "size")) ?? "full";
  const text = renderTemplate(kind, { id, size });
  if (invocation.out.json) invocation.out.document({ schema: "cco.template/1", kind, text });
  else process.stdout.write(text);
  return 0;
}
