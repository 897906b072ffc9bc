import { describe, expect, it } from "vitest";
import type { Invariant } from "../../sim/invariants.ts";
import type { SimWorld, Tamper } from "../../sim/sim-world.ts";
import { folderOf, spawnSupervisor } from "../../sim/worker-yard.ts";
import type { EngineDeps } from "../../src/engine/deps.ts";
import { hunt } from "../support/sim-plans.ts";

/** What of the ports is broken, by what the simulator has to say about it. */
const SABOTAGE: readonly (readonly [what: string, invariant: Invariant, tamper: Tamper])[] = [
  [
    "a launch that is not idempotent",
    "started-twice",
    (deps, world) => ({ ...deps, worker: eagerWorker(deps, world) }),
  ],
  ["a policy and slots that ignore the cap", "over-cap", withoutCap],
  ["a fast-forward that does not compare and swap", "base-rewound", (deps, world) => blindForward(deps, world)],
  ["checks that are not run again after a rebase", "base-red", withoutRecheck],
  ["a worker that is called ended while it runs", "worker-left", withoutWaiting],
  ["a live worker that is called lost", "run-twice", withoutPatience],
  ["a merge that is done and denied", "merged-unaccepted", deniedForward],
  ["a journal that says written and has not", "journal", forgetfulBoard],
  ["projections that are not written", "projection", withoutStatusFiles],
  ["cards that are not taken off the board", "card-lost", stickyCards],
  ["usage that is counted once too often", "spent-unrecorded", withWrongUsage],
  ["a lock that anybody gets", "two-engines", withoutLock],
  ["slots that are never given back", "left-work", stickySlots],
];

function eagerWorker(deps: EngineDeps, { yard }: SimWorld): EngineDeps["worker"] {
  return {
    ...deps.worker,
    async launch(order) {
      const folder = folderOf(yard, order.dir);
      Object.assign(folder, { order, claim: "none", launched: spawnSupervisor(yard, folder) });
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
  it.each(SABOTAGE)("%s", async (_what, invariant, tamper) => {
    const findings = await hunt(invariant, tamper);
    expect(findings.map((finding) => finding.invariant)).toContain(invariant);
  });
});
