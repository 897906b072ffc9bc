// Takes worker slots for tasks named on lines of input ("take TASK", "free") and says how it went.
import { createInterface } from "node:readline";
import { openSlots } from "../../../src/blackboard/slots.ts";
import { processIdentities } from "../../../src/process/process-identity.ts";

const [, , stateDir = "", limit = "3"] = process.argv;
const slots = openSlots(stateDir, processIdentities);
console.log("ready");
for await (const order of createInterface({ input: process.stdin })) {
  const [verb, task = ""] = order.split(" ");
  if (verb === "take") console.log(await slots.acquire("main", Number(limit), { project: "/p", task }));
  else console.log(await slots.free("main", Number(limit)));
}
