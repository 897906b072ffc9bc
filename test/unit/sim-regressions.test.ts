import { describe, expect, it } from "vitest";
import * as z from "zod";
import { userCommits } from "../../sim/repo-state.ts";
import type { SimProject, Tamper } from "../../sim/sim-world.ts";
import type { EngineDeps } from "../../src/engine/deps.ts";
import { CcoError } from "../../src/kernel/errors.ts";
import type { Fact } from "../../src/model/record.ts";
import { verifies } from "../requirements.ts";
import { calmPlan, plannedTask, traceOf } from "../support/sim-plans.ts";

/** Faults that the simulator has found in the engine, each as the smallest world that shows it. */

/** A port of the engine with one call of it replaced. */
const withBoard = (deps: EngineDeps, parts: Partial<EngineDeps["board"]>): EngineDeps => ({
  ...deps,
  board: { ...deps.board, ...parts },
});

const full = (): CcoError => new CcoError("BOARD_WRITE", "no space left");

/** The first line that tells of such facts cannot be written. */
function failingOnce(type: Fact["type"]): Tamper {
  let left = 1;
  return (deps) =>
    withBoard(deps, {
      append: async (facts, nowMs) => {
        if (facts.some((fact) => fact.type === type) && left-- > 0) throw full();
        return deps.board.append(facts, nowMs);
      },
    });
}

const endings = (lines: readonly string[]): string[] =>
  lines.flatMap((line) => /task\.ended (.+)$/.exec(line)?.[1] ?? []).toSorted();

describe("worker slots", () => {
  verifies("A8");

  it("are given back by a start that is no longer wanted", async () => {
    // t1 is cancelled while its work tree is opened: it holds the only slot.
    const plan = calmPlan([plannedTask("t1"), plannedTask("t2")], { parallel: 1 });
    const acts = [...plan.acts, { id: "c", atMs: 5000, kind: "cancel", task: "t1" } as const];
    const { lines, findings } = await traceOf({ ...plan, acts }, (deps) => ({
      ...deps,
      repo: {
        ...deps.repo,
        async openWorktree(order) {
          if (order.task === "t1") await deps.clock.sleep(10_000);
          return deps.repo.openWorktree(order);
        },
      },
    }));
    expect({ findings, endings: endings(lines) }).toEqual({
      findings: [],
      endings: ["t1 cancelled (TASK_CANCELLED)", "t2 accepted"],
    });
  });

  it("are not lost when a task begins to run while it is being cancelled", async () => {
    // The start is on its way to the journal, behind the cancel, when the engine decides what the cancel means.
    const plan = calmPlan([plannedTask("t1"), plannedTask("t2")], { parallel: 1 });
    const acts = [...plan.acts, { id: "c", atMs: 5000, kind: "cancel", task: "t1" } as const];
    const { lines, findings } = await traceOf({ ...plan, acts }, (deps) => ({
      ...withBoard(deps, {
        append: async (facts, nowMs) => {
          if (facts.some((fact) => fact.type === "cancel.requested")) await deps.clock.sleep(5000);
          return deps.board.append(facts, nowMs);
        },
      }),
      repo: {
        ...deps.repo,
        async openWorktree(order) {
          if (order.task === "t1") await deps.clock.sleep(7000);
          return deps.repo.openWorktree(order);
        },
      },
    }));
    expect({ findings, endings: endings(lines) }).toEqual({
      findings: [],
      endings: ["t1 cancelled (TASK_CANCELLED)", "t2 accepted"],
    });
  });

  it("are waited for after a crash in which another project got them", async () => {
    const tasks = [plannedTask("t1"), plannedTask("t2", { project: "b" })];
    const crash = { id: "f", kind: "crash-at", project: "a", point: "attempt.after-intent", nth: 1 } as const;
    for (let seed = 1; seed <= 10; seed += 1) {
      const { lines, findings } = await traceOf(calmPlan(tasks, { seed, parallel: 1, faults: [crash] }));
      expect({ findings, endings: endings(lines) }).toEqual({ findings: [], endings: ["t1 accepted", "t2 accepted"] });
    }
  });

  it("are not done without when a supervisor died before it began, and another project got the slot", async () => {
    const tasks = [plannedTask("t1"), plannedTask("t2", { project: "b" })];
    for (let seed = 1; seed <= 20; seed += 1) {
      const plan = calmPlan(tasks, { seed, parallel: 1, faults: [{ id: "f", kind: "reboot", atMs: 60 }] });
      const { lines, findings } = await traceOf(plan);
      expect({ findings, endings: endings(lines) }).toEqual({ findings: [], endings: ["t1 accepted", "t2 accepted"] });
    }
  });

  it("that cannot be written down for a moment fail no task", async () => {
    let left = 1;
    const { lines, findings } = await traceOf(calmPlan([plannedTask("t1")]), (deps) => ({
      ...deps,
      slots: {
        ...deps.slots,
        async acquire(account, limit, holder) {
          if (left-- > 0) throw full();
          return deps.slots.acquire(account, limit, holder);
        },
      },
    }));
    expect({ findings, endings: endings(lines) }).toEqual({ findings: [], endings: ["t1 accepted"] });
  });
});

describe("a merge", () => {
  verifies("K6", "C7");

  it("that cannot be journaled is done again and not failed", async () => {
    const { lines, findings } = await traceOf(calmPlan([plannedTask("t1")]), failingOnce("merge.ended"));
    expect({ findings, endings: endings(lines) }).toEqual({ findings: [], endings: ["t1 accepted"] });
  });

  it("that a crash has cut off after the base moved is accepted, whatever the checks say now", async () => {
    const plan = calmPlan([plannedTask("t1")]);
    const acts = [...plan.acts, { id: "u", atMs: 100, kind: "commit", project: "a", path: "notes.txt" } as const];
    const crash = { id: "f", kind: "crash-at", project: "a", point: "merge.after-forward", nth: 1 } as const;
    let engines = 0;
    const { lines, findings } = await traceOf({ ...plan, acts, faults: [crash] }, (deps) => {
      engines += 1;
      return engines === 1 ? deps : { ...deps, sandbox: { run: async () => ({ kind: "timed-out", ms: 1, tail: "" }) } };
    });
    expect(lines.some((line) => line.includes("is killed: merge.after-forward"))).toBe(true);
    expect({ findings, endings: endings(lines) }).toEqual({ findings: [], endings: ["t1 accepted"] });
  });
});

describe("checks after a rebase", () => {
  it("that a crash has cut off are no obstacle when the base has moved again", async () => {
    const plan = calmPlan([plannedTask("t1")]);
    const acts = [...plan.acts, { id: "u", atMs: 100, kind: "commit", project: "a", path: "notes.txt" } as const];
    const crash = { id: "f", kind: "crash-at", project: "a", point: "merge.after-rebase", nth: 1 } as const;
    let engines = 0;
    let cutOff = false;
    const { lines, findings } = await traceOf({ ...plan, acts, faults: [crash] }, (deps, world) => {
      engines += 1;
      const repo = world.projects.get("a")?.repo;
      if (engines > 1) {
        if (engines === 2 && repo !== undefined) userCommits(repo, "more.txt", "while it was dead");
        return deps;
      }
      const sandbox: EngineDeps["sandbox"] = {
        async run(job, signal) {
          const run = await deps.sandbox.run(job, signal);
          cutOff = job.log.includes("verify-after-rebase");
          if (cutOff) repo?.trees.get(job.cwd)?.files.set("left-by-a-check.txt", "x");
          return run;
        },
      };
      const restore: EngineDeps["repo"]["restore"] = async (place, commit) => {
        if (!cutOff) await deps.repo.restore(place, commit);
      };
      return { ...deps, sandbox, repo: { ...deps.repo, restore } };
    });
    expect(lines.some((line) => line.includes("is killed: merge.after-rebase"))).toBe(true);
    expect({ findings, endings: endings(lines) }).toEqual({ findings: [], endings: ["t1 accepted"] });
  });
});

describe("a merge whose record was lost", () => {
  it("names the task's own commit, also when the user has committed on top", async () => {
    let project: SimProject | undefined;
    const { findings } = await traceOf(calmPlan([plannedTask("t1")]), (deps, world) => {
      project = world.projects.get("a");
      return withBoard(deps, {
        append: async (facts, nowMs) => {
          const isMerge = facts.some((fact) => fact.type === "merge.ended");
          if (!isMerge || project === undefined || project.record.userPaths.size > 0)
            return deps.board.append(facts, nowMs);
          project.record.userPaths.add("notes.txt");
          userCommits(project.repo, "notes.txt", "on top");
          throw full();
        },
      });
    });
    const shown = z
      .object({ commit: z.string() })
      .parse(JSON.parse(project?.disk.files.get("tasks/t1/status.json") ?? ""));
    expect(findings).toEqual([]);
    expect(project?.repo.commits.get(shown.commit).message).toContain("Task: t1");
  });
});

describe("an engine", () => {
  verifies("C7");

  it("does not call it idle when its effects end while it writes the board", async () => {
    const { lines, findings } = await traceOf(calmPlan([plannedTask("t1")]), (deps) =>
      withBoard(deps, {
        writeFile: async (path, content, options) => {
          if (path === "status.md") await deps.clock.sleep(20_000);
          await deps.board.writeFile(path, content, options);
        },
      }),
    );
    expect(lines.filter((line) => line.includes("starts as process")).length).toBe(1);
    expect({ findings, endings: endings(lines) }).toEqual({ findings: [], endings: ["t1 accepted"] });
  });

  it("takes a card off the board whose answer an engine before it did not live to show", async () => {
    const plan = calmPlan([plannedTask("t1", { stories: ["says-blocked"] })]);
    const crash = { id: "f", kind: "crash-at", project: "a", point: "inbox.after-journal", nth: 2 } as const;
    let crashed = 0;
    for (let seed = 1; seed <= 12; seed += 1) {
      const { lines, findings } = await traceOf({ ...plan, seed, faults: [crash] });
      if (lines.some((line) => line.includes("is killed"))) crashed += 1;
      expect(findings).toEqual([]);
    }
    expect(crashed).toBeGreaterThan(3);
  });

  it("takes a card off the board that it had no room to write down whole", async () => {
    let isAnswered = false;
    const { lines, findings } = await traceOf(calmPlan([plannedTask("t1", { stories: ["says-blocked"] })]), (deps) =>
      withBoard(deps, {
        append: async (facts, nowMs) => {
          isAnswered ||= facts.some((fact) => fact.type === "card.answered");
          return deps.board.append(facts, nowMs);
        },
        writeFile: async (path, content, options) => {
          if (!isAnswered && /^decisions\/pending\/.*\.json$/.test(path)) throw full();
          await deps.board.writeFile(path, content, options);
        },
      }),
    );
    expect(lines.some((line) => line.includes("card.answered"))).toBe(true);
    expect(findings).toEqual([]);
  });

  it("finds its own branch on an older commit when a start was lost", async () => {
    // The base moves between the crash and the second start; t2 starts from the tip because it waits for t1.
    const plan = calmPlan([plannedTask("t1"), plannedTask("t2", { after: ["t1"] })]);
    let started = 0;
    let engines = 0;
    const { lines, findings } = await traceOf(plan, (deps, world) => {
      engines += 1;
      const project = world.projects.get("a");
      return {
        ...deps,
        repo: {
          ...deps.repo,
          async openWorktree(order) {
            const place = await deps.repo.openWorktree(order);
            if (order.task === "t2") started += 1;
            if (order.task === "t2" && started === 1) for (const session of project?.live ?? []) session.crash("test");
            return place;
          },
          async tip(branch) {
            const tip = await deps.repo.tip(branch);
            if (engines < 2 || tip === null || project === undefined || project.record.userPaths.has("notes.txt"))
              return tip;
            project.record.userPaths.add("notes.txt");
            project.repo.branches.set(
              "main",
              project.repo.commits.add(tip, project.repo.commits.get(tip).files, "empty"),
            );
            return deps.repo.tip(branch);
          },
        },
      };
    });
    expect(started).toBe(2);
    expect({ findings, endings: endings(lines) }).toEqual({ findings: [], endings: ["t1 accepted", "t2 accepted"] });
  });
});

describe("a credit window", () => {
  it("that stays shut after its reset does not become a start per second", async () => {
    // The provider's clock is behind: the reset that it names has passed, the limit stays for ten minutes.
    const faults = [
      { id: "f1", kind: "usage-limit", atMs: 0, forMs: 600_000 },
      { id: "f2", kind: "clock-jump", atMs: 1000, ms: 700_000 },
    ] as const;
    const { lines, findings } = await traceOf(calmPlan([plannedTask("t1")], { faults }));
    expect({ findings, endings: endings(lines) }).toEqual({ findings: [], endings: ["t1 accepted"] });
    expect(lines.filter((line) => line.includes("worker started")).length).toBeLessThan(15);
  });
});
