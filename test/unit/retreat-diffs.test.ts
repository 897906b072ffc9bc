import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { findRetreat } from "../../src/guard/retreat/retreat.ts";
import { verifies } from "../requirements.ts";

const criterion = z.object({ text: z.string(), verify: z.string().optional() });
const order = z.object({
  goal: z.string().default("Make the parser faster."),
  acceptance: z.array(criterion).default([{ text: "the tests pass", verify: "npm test" }]),
  write: z.array(z.string()).default(["src/**", "test/**", "tests/**"]),
  allow: z.array(z.string()).default([]),
});
const changeSchema = z.object({ name: z.string(), weak: z.boolean(), diff: z.string(), order: order.prefault({}) });

/** Changes as git shows them: of the checks of many languages, weaker or only other. */
const CHANGES = readFileSync(new URL("../support/retreat-diffs.jsonl", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => changeSchema.parse(JSON.parse(line)));

function found(change: z.infer<typeof changeSchema>): string[] {
  const acceptance = change.order.acceptance.map(({ text, verify }) =>
    verify === undefined ? { text } : { text, verify },
  );
  const query = {
    diff: change.diff,
    truncated: false,
    files: [],
    order: { ...change.order, acceptance, sections: {} },
  };
  return findRetreat(query).map(({ kind, what }) => `${kind}: ${what}`);
}

describe("a change of checks", () => {
  verifies("E4");

  it.each(CHANGES.filter(({ weak }) => weak))("is stopped: $name", (change) => {
    expect(found(change)).not.toEqual([]);
  });

  it.each(CHANGES.filter(({ weak }) => !weak))("passes: $name", (change) => {
    expect(found(change)).toEqual([]);
  });
});
