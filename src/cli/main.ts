import { VERSION } from "../app/version.ts";

// The version is printed without loading anything: scripts ask for it often.
const [only, ...others] = process.argv.slice(2);
if (only === "--version" && others.length === 0) {
  process.stdout.write(`${VERSION}\n`);
} else {
  const { runCli } = await import("./run-cli.ts");
  await runCli(process.argv.slice(2));
}
