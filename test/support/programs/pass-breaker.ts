// Asks a breaker to let tasks pass named on lines of input ("pass TASK", "fail TASK", "good TASK", "look") and says how it went.
import { createInterface } from "node:readline";
import { openBreakers } from "../../../src/blackboard/breakers.ts";
import { lookAtBreaker, passBreaker, reportStep } from "../../../src/engine/breakers.ts";
import { DEFAULT_CONFIG } from "../../../src/model/config.ts";
import { processIdentities } from "../../../src/process/process-identity.ts";

const [, , stateDir = "", cooldown = "0"] = process.argv;
const settings = { ...DEFAULT_CONFIG.breaker, cooldownSeconds: Number(cooldown) };
const clock = { now: () => Date.now(), sleep: async () => undefined };
const deps = { breakers: openBreakers(stateDir, processIdentities), clock, random: () => 0, settings };
let said = 0;
console.log("ready");
for await (const order of createInterface({ input: process.stdin })) {
  const [verb, task = ""] = order.split(" ");
  const holder = { project: "/p", task, step: "attempt 1" };
  const bad = { kind: "bad", code: "CODEX_UNAVAILABLE", signature: `s${(said += 1)}`, trips: true } as const;
  const outcome = verb === "good" ? ({ kind: "good" } as const) : bad;
  if (verb === "pass") console.log(await passBreaker(deps, "main", holder));
  else if (verb === "look") console.log((await lookAtBreaker(deps, "main")).kind);
  else {
    await reportStep(deps, "main", holder, { key: `${process.pid} ${said}`, outcome, atMs: Date.now() });
    console.log("reported");
  }
}
