import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { runSimulator } from "../../sim/main.ts";
import { makePlan } from "../../sim/make-plan.ts";
import { partsOf, without } from "../../sim/plan.ts";
import type { Tamper } from "../../sim/sim-world.ts";
import { folderOf, spawnSupervisor } from "../../sim/worker-yard.ts";
import { repositoryRoot } from "../support/source-scan.ts";
import { calmPlan, plannedTask, traceOf } from "../support/sim-plans.ts";

/** Enough for every fault and every story of the plans to come up many times; a world takes about 15 ms. */
const SEEDS = 200;

/** A worker that starts again whenever it is asked to, and not once for each attempt folder. */
const eager: Tamper = (deps, { yard }) => ({
  ...deps,
  worker: {
    ...deps.worker,
    async launch(order) {
      const folder = folderOf(yard, order.dir);
      Object.assign(folder, { order, claim: "none", launched: spawnSupervisor(yard, folder) });
    },
  },
});

async function simulate(args: readonly string[], tamper?: Tamper): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = [];
  const out = { line: (text: string): void => void lines.push(text), note: () => undefined };
  return { code: await runSimulator(args, out, tamper === undefined ? {} : { tamper }), lines };
}

describe("simulated worlds", () => {
  it("violate nothing, whatever goes wrong in them", { timeout: 120_000 }, async () => {
    const { code, lines } = await simulate(["--seed", "1", "--runs", String(SEEDS), "--no-shrink"]);
    expect({ code, lines }).toEqual({ code: 0, lines: [`runs ${SEEDS}, violations 0`] });
  });

  it("are the same every time", async () => {
    for (const seed of [3, 11, 28, 77]) {
      const [first, second] = [await traceOf(makePlan(seed)), await traceOf(makePlan(seed))];
      expect(first.lines.length).toBeGreaterThan(10);
      expect(second.lines).toEqual(first.lines);
    }
  });

  it("know every fault, act and story", () => {
    const plans = Array.from({ length: SEEDS }, (_, index) => makePlan(index + 1));
    expect(new Set(plans.flatMap((plan) => plan.faults.map((fault) => fault.kind))).size).toBe(10);
    expect(new Set(plans.flatMap((plan) => plan.acts.map((act) => act.kind))).size).toBe(10);
    expect(new Set(plans.flatMap((plan) => plan.tasks.flatMap((task) => task.stories))).size).toBe(24);
    const points = plans.flatMap((plan) => plan.faults.map((fault) => (fault.kind === "crash-at" ? fault.point : "")));
    expect(new Set(points.filter((point) => point !== "")).size).toBe(20);
  });

  it("in which nothing goes wrong end with everything merged in the order of the dependencies", async () => {
    const tasks = [
      plannedTask("t1"),
      plannedTask("t2", { after: ["t1"] }),
      plannedTask("t3", { project: "b", review: true }),
    ];
    const { lines, findings } = await traceOf(calmPlan(tasks));
    expect(findings).toEqual([]);
    const ended = lines
      .filter((line) => line.includes("task.ended"))
      .map((line) => /task\.ended (.+)$/.exec(line)?.[1]);
    expect(ended.toSorted((a, b) => String(a).localeCompare(String(b)))).toEqual([
      "t1 accepted",
      "t2 accepted",
      "t3 accepted",
    ]);
    expect(ended.indexOf("t1 accepted")).toBeLessThan(ended.indexOf("t2 accepted"));
  });

  it("can be cut down without changing the rest of the plan", () => {
    const plan = makePlan(9);
    const [task] = plan.tasks;
    const dropped = new Set([task?.id ?? "", "f1"]);
    const less = without(plan, dropped);
    expect(partsOf(less).filter((id) => dropped.has(id))).toEqual([]);
    expect(less.tasks.every((left) => !left.after.includes(task?.id ?? ""))).toBe(true);
    expect(less.tasks.map((left) => left.stories)).toEqual(plan.tasks.slice(1).map((left) => left.stories));
  });
});

describe("a violation", () => {
  it("is printed with its seed and a command that shows the same again, in a smaller world", async () => {
    const { code, lines } = await simulate(["--seed", "1", "--runs", "60"], eager);
    expect(code).toBe(1);
    const line = lines.find((text) => text.includes("started-twice")) ?? "";
    const [, seed = "", replay = ""] = /^seed (\d+): started-twice .* — npm run sim -- (.+) --trace$/.exec(line) ?? [];
    expect(replay).toContain(`--seed ${seed} --runs 1 --drop `);
    const again = await simulate([...replay.split(" "), "--trace"], eager);
    expect(again.lines.some((text) => text.startsWith(`seed ${seed}: started-twice`))).toBe(true);
    expect(again.lines.filter((text) => text.includes("fault {") || text.includes("is killed")).length).toBeLessThan(4);
    expect(again.lines.at(-1)).toMatch(/^runs 1, violations [1-9]/);
  });
});

describe("npm run sim", () => {
  it("prints the count last and refuses what it does not know", async () => {
    const run = promisify(execFile);
    const sim = join(repositoryRoot, "scripts/sim.mjs");
    const { stdout } = await run(process.execPath, [sim, "--seed", "42", "--runs", "3"]);
    expect(stdout).toBe("runs 3, violations 0\n");
    await expect(run(process.execPath, [sim, "--sead", "1"])).rejects.toMatchObject({ code: 2 });
  });
});
