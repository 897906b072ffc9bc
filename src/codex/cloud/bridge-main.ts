import { writeSync } from "node:fs";
import { isAbsolute } from "node:path";
import { runBridge } from "./bridge.ts";

// Program: node cloud-bridge.cjs ATTEMPT-FOLDER. The worker of an attempt in the cloud lane, under a supervisor like any other.
const dir = process.argv[2];
if (dir === undefined || !isAbsolute(dir)) {
  process.stderr.write("usage: cloud-bridge ATTEMPT-FOLDER (an absolute path)\n");
  process.exit(2);
}
runBridge(dir, (text) => {
  writeSync(1, `${JSON.stringify({ type: "cloud", at: new Date().toISOString(), text })}\n`);
}).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
