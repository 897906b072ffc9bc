import { describe, expect, it } from "vitest";
import { DRILLS } from "../../src/app/drills/drills.ts";
import { DRILL_NAMES } from "../../src/app/drills/names.ts";
import { isErrorCode } from "../../src/kernel/error-table.ts";
import { configSchema } from "../../src/model/config.ts";
import { DRILL_SETTINGS } from "../../src/app/drills/drill.ts";
import { parseScript } from "../../src/rehearsal/script.ts";

describe("the drills", () => {
  it("are named in the help in the order of their table", () => {
    expect(Object.keys(DRILLS)).toEqual([...DRILL_NAMES]);
    expect(new Set(DRILL_NAMES).size).toBe(DRILL_NAMES.length);
  });

  it.each(Object.entries(DRILLS))("%s can be played", (_name, drill) => {
    for (const steps of [drill.steps, drill.first]) {
      if (steps === undefined) continue;
      const list = typeof steps === "function" ? steps(1_800_000_000) : steps;
      expect(() => parseScript({ worker: [{ steps: [...list] }] })).not.toThrow();
    }
    for (const name of Object.keys({ ...DRILL_SETTINGS, ...drill.settings })) {
      const [section = "", key = ""] = name.split(".");
      expect(configSchema.parse({})).toHaveProperty([section, key]);
    }
    expect(drill.expect.code === null || isErrorCode(drill.expect.code)).toBe(true);
    expect(drill.expect.status === "accepted").toBe(drill.expect.code === null);
    expect(drill.fault.startsWith("none")).toBe(drill.expect.status === "accepted" && drill.first === undefined);
  });
});
