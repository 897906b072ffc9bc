import { CcoError } from "../../kernel/errors.ts";

/** `cco mcp` and `cco hook` are programs of their own, chosen by the first word of the command line; here it was not the first. */
export async function runOwnProgram(): Promise<number> {
  throw new CcoError("USAGE", "this command has to be the first word", {
    hint: "cco mcp --project DIR, or cco hook EVENT",
  });
}
