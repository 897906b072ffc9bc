import "../model/interpreted-schemas.ts";
import { runCli } from "./run-cli.ts";

// The command line behind main.ts.
void runCli(process.argv.slice(2));
