import { readFile } from "node:fs/promises";
import { parse as parseYaml } from "yaml";
import { describeThrown } from "../kernel/errors.ts";
import { startScriptedModel } from "./server.ts";
import { parseScript } from "./script.ts";

/**
 * The provider as a program of its own: `rehearsal SCRIPT` (JSON or YAML). Prints one line `{"port":N}` and serves
 * until SIGTERM, SIGINT or the end of its stdin, so that it cannot outlive a parent that holds a pipe to it.
 * Exit 2: the script cannot be read or is not valid.
 */
async function main(path: string | undefined): Promise<void> {
  if (path === undefined) throw new Error("usage: rehearsal SCRIPT.json|SCRIPT.yaml");
  // YAML 1.2 holds all of JSON.
  const model = await startScriptedModel(parseScript(parseYaml(await readFile(path, "utf8"))));
  const stop = (): void => {
    void model.close().then(() => process.exit(0));
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  process.stdin.once("end", stop);
  process.stdin.once("close", stop);
  process.stdin.resume();
  process.stdout.write(`${JSON.stringify({ port: model.port })}\n`);
}

main(process.argv[2]).catch((error: unknown) => {
  process.stderr.write(`${describeThrown(error)}\n`);
  process.exit(2);
});
