import { expect, it } from "vitest";
import type { EngineDeps } from "../../src/engine/deps.ts";
import { verifies } from "../requirements.ts";
import { hunt } from "../support/sim-plans.ts";

verifies("C7");

it.each([
  ["snapshots that leave an open task out", leakySnapshots],
  ["tasks that leave the world without a trace", withoutTaskFiles],
])("the simulator notices %s", async (_what, tamper) => {
  const findings = await hunt("snapshot", tamper);
  expect(findings.map(({ invariant }) => invariant)).toContain("snapshot");
});

function leakySnapshots(deps: EngineDeps): EngineDeps {
  const { board } = deps;
  return {
    ...deps,
    board: {
      ...board,
      saveSnapshot: (snapshot) => board.saveSnapshot({ ...snapshot, tasks: snapshot.tasks.slice(1) }),
    },
  };
}

function withoutTaskFiles(deps: EngineDeps): EngineDeps {
  const { board } = deps;
  return {
    ...deps,
    board: {
      ...board,
      writeFile: async (path, text, options) => {
        if (!path.endsWith("/task.json")) await board.writeFile(path, text, options);
      },
    },
  };
}
