import { describe, expect, it } from "vitest";
import type { Invariant } from "../../sim/invariants.ts";
import type { Plan, PlannedAct, PlannedTask } from "../../sim/plan.ts";
import type { SimWorld, Tamper } from "../../sim/sim-world.ts";
import { folderOf, spawnSupervisor } from "../../sim/worker-yard.ts";
import type { EngineDeps } from "../../src/engine/deps.ts";
import type { CrashPoint } from "../../src/ports/blackboard.ts";
import { calmPlan, hunt, plannedTask } from "../support/sim-plans.ts";

/** What is broken in the ports, what the simulator has to say about it, and in which worlds; default: those of the seeds. */
interface Sabotage {
  readonly what: string;
  readonly invariant: Invariant;
  readonly tamper: Tamper;
  readonly plan?: (seed: number) => Plan;
}

const one = (parts: Partial<PlannedTask> = {}): PlannedTask[] => [plannedTask("t1", parts)];

/** A world in which this happens to the tasks. */
const when =
  (tasks: readonly PlannedTask[], act: PlannedAct) =>
  (seed: number): Plan => {
    const plan = calmPlan(tasks, { seed });
    return { ...plan, acts: [...plan.acts, act] };
  };

/** The user commits all the time: the base moves while the checks run again after a rebase. */
function busyUser(seed: number): Plan {
  const plan = calmPlan(one(), { seed });
  const commits = Array.from({ length: 100 }, (_, n): PlannedAct => {
    return { id: `u${n}`, atMs: 500 * n, kind: "commit", project: "a", path: "notes.txt" };
  });
  return { ...plan, acts: [...plan.acts, ...commits] };
}

const crashing =
  (point: CrashPoint) =>
  (seed: number): Plan =>
    calmPlan(one(), { seed, faults: [{ id: "f", kind: "crash-at", project: "a", point, nth: 1 }] });

/** A provider that is away for three attempts of each. */
const DOWN = ["rate-limited", "rate-limited", "rate-limited", "good"] as const;

const SABOTAGE: readonly Sabotage[] = [
  { what: "a launch that is not idempotent", invariant: "started-twice", tamper: eagerWorker },
  { what: "a policy and slots that ignore the cap", invariant: "over-cap", tamper: withoutCap },
  {
    what: "a breaker that forgets its probe",
    invariant: "one-probe",
    tamper: forgetfulBreaker,
    plan: (seed) =>
      calmPlan(
        ["t1", "t2", "t3"].map((id) => plannedTask(id, { stories: DOWN })),
        { seed },
      ),
  },
  {
    what: "a fast-forward that does not compare and swap",
    invariant: "base-rewound",
    tamper: blindForward,
    plan: busyUser,
  },
  {
    what: "checks that are not run again after a rebase",
    invariant: "base-red",
    tamper: withoutRecheck,
    plan: (seed) => calmPlan([...one(), plannedTask("t2", { clash: "t1" })], { seed }),
  },
  {
    what: "a worker that is called ended while it runs",
    invariant: "worker-left",
    tamper: withoutWaiting,
    plan: when(one({ stories: ["endless"] }), { id: "u", atMs: 9000, kind: "cancel", task: "t1" }),
  },
  { what: "a live worker that is called lost", invariant: "run-twice", tamper: withoutPatience },
  { what: "a merge that is done and denied", invariant: "merged-unaccepted", tamper: deniedForward },
  { what: "a journal that says written and has not", invariant: "journal", tamper: forgetfulBoard },
  {
    what: "commands that are deleted before they are done",
    invariant: "command-lost",
    tamper: hastyInbox,
    plan: crashing("journal.before-append"),
  },
  { what: "projections that are not written", invariant: "projection", tamper: withoutStatusFiles },
  { what: "cards that are not taken off the board", invariant: "card-lost", tamper: stickyCards },
  { what: "usage that is counted once too often", invariant: "spent-unrecorded", tamper: withWrongUsage },
  {
    what: "a lock that anybody gets",
    invariant: "two-engines",
    tamper: withoutLock,
    plan: when(one(), { id: "u", atMs: 300, kind: "second-engine", project: "a" }),
  },
  { what: "slots that are never given back", invariant: "left-work", tamper: stickySlots },
];

function forgetfulBreaker(deps: EngineDeps): EngineDeps {
  const { breakers } = deps;
  return {
    ...deps,
    breakers: {
      ...breakers,
      update: (name, change) =>
        breakers.update(name, (breaker) => {
          const next = change(breaker);
          return next?.state.at === "half-open" ? { ...next, state: { ...next.state, probe: null } } : next;
        }),
    },
  };
}

function eagerWorker(deps: EngineDeps, { yard }: SimWorld): EngineDeps {
  return {
    ...deps,
    worker: {
      ...deps.worker,
      async launch(order) {
        const folder = folderOf(yard, order.dir);
        Object.assign(folder, { order, claim: "none", launched: spawnSupervisor(yard, folder) });
      },
    },
  };
}

function withoutCap(deps: EngineDeps): EngineDeps {
  const { slots } = deps;
  return {
    ...deps,
    slots: { ...slots, acquire: (account, _limit, holder) => slots.acquire(account, 99, holder) },
    loadConfig: async () => {
      const config = await deps.loadConfig();
      return { ...config, worker: { ...config.worker, parallel: 99 } };
    },
  };
}

function blindForward(deps: EngineDeps, world: SimWorld): EngineDeps {
  return {
    ...deps,
    repo: {
      ...deps.repo,
      async fastForward(branch, _from, to) {
        world.projects.get(deps.project.slice(1))?.repo.branches.set(branch, to);
        return { kind: "forwarded" };
      },
    },
  };
}

function withoutRecheck(deps: EngineDeps): EngineDeps {
  const { sandbox } = deps;
  return {
    ...deps,
    sandbox: {
      run: async (job, signal) =>
        job.log.includes("verify-after-rebase")
          ? { kind: "exited", exitCode: 0, ms: 0, tail: "" }
          : sandbox.run(job, signal),
    },
  };
}

function withoutWaiting(deps: EngineDeps): EngineDeps {
  const stopped = new Set<string>();
  return {
    ...deps,
    worker: {
      ...deps.worker,
      stop: async (dir) => void stopped.add(dir),
      watch: async (dir, signal) => {
        if (!stopped.has(dir)) return deps.worker.watch(dir, signal);
        const times = { startedAt: "", endedAt: "" };
        return { v: 1, reason: "cancelled", code: null, signal: null, detail: "", ...times };
      },
    },
  };
}

function withoutPatience(deps: EngineDeps): EngineDeps {
  return {
    ...deps,
    worker: {
      ...deps.worker,
      watch: async (_dir, signal) => {
        await deps.clock.sleep(1000, signal);
        signal.throwIfAborted();
        return { v: 1, reason: "lost", code: null, signal: null, detail: "", startedAt: "", endedAt: "" };
      },
    },
  };
}

function deniedForward(deps: EngineDeps): EngineDeps {
  const { repo } = deps;
  return {
    ...deps,
    repo: {
      ...repo,
      async fastForward(branch, from, to) {
        await repo.fastForward(branch, from, to);
        return { kind: "dirty", files: ["README.md"] };
      },
    },
  };
}

function forgetfulBoard(deps: EngineDeps, world: SimWorld): EngineDeps {
  const disk = world.projects.get(deps.project.slice(1))?.disk;
  const journal = "journal/000001.jsonl";
  return {
    ...deps,
    board: {
      ...deps.board,
      async readJournal() {
        const lines = disk?.files.get(journal)?.trimEnd().split("\n") ?? [];
        if (lines.length > 20) disk?.files.set(journal, `${lines.slice(0, 15).join("\n")}\n`);
        return deps.board.readJournal();
      },
    },
  };
}

function hastyInbox(deps: EngineDeps): EngineDeps {
  return {
    ...deps,
    board: {
      ...deps.board,
      async readInbox() {
        const content = await deps.board.readInbox();
        for (const item of content.items) await deps.board.deleteInboxItem(item.id);
        return content;
      },
    },
  };
}

function withoutStatusFiles(deps: EngineDeps): EngineDeps {
  return {
    ...deps,
    board: {
      ...deps.board,
      writeFile: async (path, content, options) => {
        if (!path.endsWith("status.json") || content.includes('"waiting"'))
          await deps.board.writeFile(path, content, options);
      },
    },
  };
}

function stickyCards(deps: EngineDeps): EngineDeps {
  return { ...deps, board: { ...deps.board, removeFile: async () => undefined } };
}

function withWrongUsage(deps: EngineDeps): EngineDeps {
  return {
    ...deps,
    worker: {
      ...deps.worker,
      async collect(order, exit) {
        const outcome = await deps.worker.collect(order, exit);
        return { ...outcome, usage: { ...outcome.usage, inputTokens: 2 * outcome.usage.inputTokens } };
      },
    },
  };
}

function withoutLock(deps: EngineDeps, world: SimWorld): EngineDeps {
  const disk = world.projects.get(deps.project.slice(1))?.disk;
  return {
    ...deps,
    board: {
      ...deps.board,
      async lock() {
        disk?.files.delete("engine.lock");
        await deps.board.lock();
      },
    },
  };
}

function stickySlots(deps: EngineDeps): EngineDeps {
  const { slots } = deps;
  return {
    ...deps,
    slots: {
      ...slots,
      acquire: async (account, _limit, holder) => slots.acquire(account, 99, holder),
      release: async () => undefined,
    },
  };
}

describe("the simulator finds out about", () => {
  it.each(SABOTAGE)("$what", async ({ invariant, tamper, plan }) => {
    const findings = await hunt(invariant, tamper, plan);
    expect(findings.map((finding) => finding.invariant)).toContain(invariant);
  });
});
