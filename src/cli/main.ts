import { VERSION } from "../app/version.ts";
import { loadProgram } from "./load-program.ts";

/** Names of programs in `dist/programs/`; the build puts them in. */
declare const CCO_CLI_PROGRAM: string;
declare const CCO_MCP_PROGRAM: string;
declare const CCO_HOOK_PROGRAM: string;

// The version is printed without loading anything: scripts ask for it often. What Claude Code starts by itself are programs of their own:
// a hook runs at every command of a session.
const [command = "", ...others] = process.argv.slice(2);
const asksForHelp = others.includes("--help");
if (command === "--version" && others.length === 0) process.stdout.write(`${VERSION}\n`);
else if (command === "mcp" && !asksForHelp) loadProgram(CCO_MCP_PROGRAM, "mcp");
else if (command === "hook" && !asksForHelp) loadProgram(CCO_HOOK_PROGRAM, `hook${plainName(others[0])}`);
else loadProgram(CCO_CLI_PROGRAM, plainName(command) === "" ? "help" : command);

/** A name that may become part of a file name; empty for all others. */
function plainName(name: string | undefined): string {
  return /^[a-zA-Z]{1,20}$/.exec(name ?? "")?.[0] ?? "";
}
