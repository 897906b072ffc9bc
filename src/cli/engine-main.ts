import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { isBegin } from "../app/engine-process.ts";
import { runProjectEngine } from "../app/run-engine.ts";
import { findProject } from "../app/project.ts";
import { CcoError, exitCodeOf } from "../kernel/errors.ts";
import { printError } from "./output.ts";
import { reportBug } from "./report-bug.ts";

// The engine as a program of its own, for background starts: it loads no command line. `node engine.js --project DIR [--wait]`.
// With --wait it touches nothing until its starter says so on stdin; a starter that ends without a word ends it.
const appendTo = (file: string) => (line: string) => appendFileSync(file, line);
z.config({ jitless: true });
const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stop.abort());
try {
  const project = findProject(process.cwd(), process.argv[3]);
  if (process.argv[4] === "--wait") {
    if (!isBegin(readFileSync(0, "utf8"))) process.exit(0);
  }
  await runProjectEngine(project, stop.signal, appendTo(join(project.board, "engine.log")));
} catch (error) {
  const known = error instanceof CcoError ? error : reportBug(error);
  // Of two that start at once the second finds the lock taken: there is nothing to do for it.
  if (known.code !== "BOARD_LOCKED") {
    printError(known, false);
    process.exitCode = exitCodeOf(known.code);
  }
}
