import "../model/interpreted-schemas.ts";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { noteEngineFailure } from "../app/engine/engine-failure.ts";
import { isBegin } from "../app/engine/engine-process.ts";
import { runProjectEngine } from "../app/engine/run-engine.ts";
import { findProject } from "../app/project.ts";
import { CcoError, describeThrown, exitCodeOf } from "../kernel/errors.ts";
import { printError } from "./output.ts";
import { reportBug } from "./report-bug.ts";

// The engine behind engine-main.ts; it loads no command line. With --wait it touches nothing until its starter says so on stdin;
// a starter that ends without a word ends it.
void main();

async function main(): Promise<void> {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stop.abort());
  try {
    const project = findProject(process.cwd(), process.argv[3]);
    if (process.argv[4] === "--wait" && !isBegin(readFileSync(0, "utf8"))) process.exit(0);
    const log = join(project.board, "engine.log");
    await runProjectEngine(project, stop.signal, (line) => appendFileSync(log, line));
  } catch (error) {
    const known = error instanceof CcoError ? error : reportBug(error);
    // Of two that start at once the second finds the lock taken: there is nothing to do for it.
    if (known.code === "BOARD_LOCKED") return;
    printError(known, false);
    process.exitCode = exitCodeOf(known.code);
    leaveWord(known);
  }
}

/** A board that cannot be written takes no word either; its starter finds that out by itself. */
function leaveWord(error: CcoError): void {
  try {
    const project = findProject(process.cwd(), process.argv[3]);
    if (existsSync(project.board)) noteEngineFailure(project, error);
  } catch (thrown) {
    process.stderr.write(`${describeThrown(thrown)}\n`);
  }
}
