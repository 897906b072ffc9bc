import { describe, expect, it } from "vitest";
import { openMemoryWindows } from "../../src/blackboard/windows.ts";
import { boardPaths } from "../../src/blackboard/layout.ts";
import { windowsAt } from "../../src/decide/windows/window.ts";
import { isOld } from "../../src/decide/windows/window-age.ts";
import { createWindowAsking } from "../../src/engine/window-asking.ts";
import { createWindowEars } from "../../src/engine/windows.ts";
import { succeed } from "../../src/kernel/result.ts";
import type { AskedWindows, Heard, Worker } from "../../src/ports/worker.ts";
import { verifies } from "../requirements.ts";
import { started, submitted, T0, worldOf } from "../support/worlds.ts";

verifies("F2", "K5");

const MINUTE = 60_000;
const at = (minutes: number): string => new Date(T0 + minutes * MINUTE).toISOString();
const report = (minutes: number, usedPercent: number) => ({
  at: at(minutes),
  primary: { usedPercent, windowMinutes: 300, resetsAt: at(200) },
  secondary: null,
});

/** A machine with two accounts: `now` is the one that is logged in. */
function machine(worker: Partial<Worker>) {
  let nowMs = T0;
  const texts = new Map<string, string>();
  const warnings: string[] = [];
  const windows = openMemoryWindows(texts);
  const ready = { path: "", version: "", account: "now", confinement: "", login: null };
  const never = (): never => {
    throw new Error("not asked for here");
  };
  const deps = {
    project: "/p",
    windows,
    clock: { now: () => nowMs, sleep: async () => undefined },
    log: { info: never, warn: (message: string) => void warnings.push(message) },
    board: { paths: boardPaths("/p/.cco") } as Parameters<typeof createWindowEars>[0]["board"],
    worker: { readiness: async () => succeed(ready), ...worker } as Worker,
  };
  return {
    deps,
    warnings,
    texts,
    pass: (minutes: number) => void (nowMs += minutes * MINUTE),
    used: async (account: string) => windowsAt(await windows.read(account), nowMs)[0]?.usedPercent ?? null,
    spent: async (account: string) => (await windows.read(account))?.spentTokens ?? null,
  };
}

describe("what workers hear while they work", () => {
  const world = worldOf(submitted("a"), started("a"));

  it("belongs to the account that they were started with, and a change of the login moves nothing", async () => {
    const heard: Heard = { account: "before", tokens: 500, report: report(0, 40) };
    const stage = machine({ heard: async () => heard });
    await createWindowEars(stage.deps).listen(world);
    expect([await stage.used("before"), await stage.spent("before"), await stage.used("now")]).toEqual([40, 500, null]);
    const old = machine({ heard: async () => ({ ...heard, account: null }) });
    await createWindowEars(old.deps).listen(world);
    expect(await old.used("now")).toBe(40);
  });

  it("is written when numbers change, and at most every quarter of a minute while they stay", async () => {
    let heard: Heard = { account: "now", tokens: 1, report: report(0, 40) };
    const stage = machine({ heard: async () => heard });
    const ears = createWindowEars(stage.deps);
    await ears.listen(world);
    const first = stage.texts.get("now");
    heard = { ...heard, tokens: 2 };
    stage.pass(0.05);
    await ears.listen(world);
    expect(stage.texts.get("now")).toBe(first);
    stage.pass(0.05);
    heard = { account: "now", tokens: 3, report: report(0.1, 41) };
    await ears.listen(world);
    expect([await stage.used("now"), await stage.spent("now")]).toEqual([41, 3]);
    stage.pass(1);
    heard = { account: "now", tokens: 9, report: report(0.05, 12) };
    await ears.listen(world);
    expect([await stage.used("now"), await stage.spent("now")]).toEqual([41, 9]);
  });

  it("leaves no file where no windows are reported", async () => {
    const stage = machine({ heard: async () => ({ account: "now", tokens: 5, report: null }) });
    await createWindowEars(stage.deps).listen(world);
    expect(stage.texts.size).toBe(0);
  });
});

describe("asking before work starts", () => {
  const queued = worldOf(submitted("a"));

  /** How often was asked, over looks at these minutes. */
  async function asked(answer: AskedWindows, minutes: readonly number[], world = queued) {
    let times = 0;
    const askWindows = async (): Promise<AskedWindows> => {
      times += 1;
      return answer;
    };
    const stage = machine({ askWindows });
    const asking = createWindowAsking(stage.deps);
    let before = 0;
    for (const minute of minutes) {
      stage.pass(minute - before);
      before = minute;
      await asking.beforeStart(world);
    }
    return { times, stage };
  }

  it("happens when nothing is known, and again only when that is old", async () => {
    const answer = { kind: "read", account: "now", report: report(0, 70) } as const;
    const { times, stage } = await asked(answer, [0, 1, 14, 16, 17]);
    expect(times).toBe(2);
    expect(await stage.used("now")).toBe(70);
  });

  it("does not happen while nothing could start", async () => {
    expect((await asked({ kind: "none", why: "" }, [0], worldOf(submitted("a"), started("a")))).times).toBe(0);
  });

  it("that fails is said once and holds nothing up, and a login without windows says nothing", async () => {
    const failed = await asked(
      { kind: "failed", why: "no answer, key sk-proj-abcdefghijklmnopqrstuvwxyz0123456789" },
      [0, 1, 2],
    );
    expect(failed.times).toBe(1);
    expect(failed.stage.warnings).toHaveLength(1);
    expect(failed.stage.warnings[0]).not.toContain("abcdefghijkl");
    const none = await asked({ kind: "none", why: "API key" }, [0]);
    expect([none.stage.warnings, none.stage.texts.size]).toEqual([[], 0]);
  });

  it.each([
    [null, 0, true],
    [0, 14, false],
    [0, 16, true],
    [16, 0, true],
  ])("windows seen at minute %s are old at minute %s: %s", (seen, now, old) => {
    const window = { ...report(seen ?? 0, 1).primary, observedAt: at(seen ?? 0), points: [] };
    const known = { v: 1 as const, primary: window, secondary: null, spentTokens: 0, reported: [], token: "" };
    expect(isOld(seen === null ? null : known, T0 + now * MINUTE)).toBe(old);
  });
});
