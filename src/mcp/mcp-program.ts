import "../model/interpreted-schemas.ts";
import { makeJsonlFramer } from "../app/lines.ts";
import { findProject, type Project } from "../app/project.ts";
import { CcoError } from "../kernel/errors.ts";
import { recoverWork } from "../app/engine/recover.ts";
import { openConnection } from "./connection.ts";

/** Longest line that a client may send, in bytes; envelopes have at most 256 KiB each. */
const LINE_BYTES = 8 * 1024 * 1024;

/** Time for answers under way after the end of the input, in ms. */
const LAST_ANSWERS_MS = 3000;

// `cco mcp [--project DIR]`: one client on stdin and stdout. It holds nothing that is not on the blackboard: it may end at any instant.
const connection = openConnection({
  send: (message) => void process.stdout.write(`${JSON.stringify(message)}\n`),
  project: projectOfSession,
  recover: (project) => void recoverWork(project),
});
const framer = makeJsonlFramer(LINE_BYTES);
const end = (): void => {
  connection.close();
  process.exit(0);
};
/** A client that only closes its side still reads the answers of what it asked. */
const endSoon = (): void => {
  void connection.idle().then(end);
  setTimeout(end, LAST_ANSWERS_MS).unref();
};
process.stdin.on("data", (chunk: Buffer) => {
  for (const framed of framer.push(chunk)) connection.receive(framed);
});
process.stdin.on("end", endSoon);
process.stdin.on("error", end);
process.stdout.on("error", end);
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, end);

/** Claude Code starts its servers in the project; a server that was started elsewhere is told by the variable. Throws REPO_NOT_FOUND. */
function projectOfSession(): Project {
  const flag = process.argv.indexOf("--project");
  if (flag >= 0) return findProject(process.cwd(), process.argv[flag + 1]);
  try {
    return findProject(process.cwd(), undefined);
  } catch (error) {
    const told = process.env["CLAUDE_PROJECT_DIR"] ?? "";
    if (!(error instanceof CcoError) || told === "") throw error;
    return findProject(told, undefined);
  }
}
