// Opens a board and obeys lines of input: "take" tries to lock and says how it went, "release" unlocks, "append" journals a fact.
import { createInterface } from "node:readline";
import { openBoard } from "../../../src/blackboard/board.ts";
import { CcoError } from "../../../src/kernel/errors.ts";
import { processIdentities } from "../../../src/process/process-identity.ts";

const board = openBoard(process.argv[2] ?? "", { identity: processIdentities });
const orders: Readonly<Record<string, () => Promise<string>>> = {
  take: () => board.lock().then(() => "locked"),
  release: () => board.unlock().then(() => "released"),
  append: async () => {
    const [record] = await board.append([{ type: "engine.started", pid: process.pid, version: "1" }], Date.now());
    return `appended ${record?.seq}`;
  },
};
console.log("ready");
for await (const order of createInterface({ input: process.stdin })) {
  try {
    console.log((await orders[order]?.()) ?? "what?");
  } catch (error) {
    console.log(error instanceof CcoError ? error.code : String(error));
  }
}
await board.unlock();
