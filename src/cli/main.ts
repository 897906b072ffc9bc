import { VERSION } from "../app/version.ts";
import { loadProgram } from "./load-program.ts";

/** Name of the command line in `dist/programs/`; the build puts it in. */
declare const CCO_CLI_PROGRAM: string;

// The version is printed without loading anything: scripts ask for it often.
const [command = "", ...others] = process.argv.slice(2);
if (command === "--version" && others.length === 0) process.stdout.write(`${VERSION}\n`);
else loadProgram(CCO_CLI_PROGRAM, /^[a-z]{1,20}$/.exec(command)?.[0] ?? "help");
