import { expect, it } from "vitest";
import { judgeReach } from "../../src/codex/installed/catalogue.ts";
import { verifies } from "../requirements.ts";

verifies("F3");

const levels = ["low", "medium", "high", "xhigh"];
// As the two ends of the supported range list them.
const old = [{ slug: "gpt-5.4", sends: true, levels }];
const late = [{ slug: "gpt-5.5", sends: null, levels }];
const small = [{ slug: "gpt-mini", sends: true, levels: ["low", "medium"] }];
const at = (model: string | null, always: boolean, says: boolean | null = null) => ({
  version: always ? "0.169.0" : "0.124.0",
  always,
  model,
  reasons: says,
});

it.each([
  ["a model of the catalogue", judgeReach(old, at("gpt-5.4", false)), "reaches gpt-5.4", false],
  [
    "one with a day behind its name",
    judgeReach(old, at("gpt-5.4-2026-01-01", false)),
    "reaches gpt-5.4-2026-01-01",
    false,
  ],
  ["the default of Codex", judgeReach(late, at(null, true)), "reaches the default model", false],
  [
    "one that an old Codex does not know",
    judgeReach(old, at("gpt-5.5", false)),
    "because cco says that it takes one",
    false,
  ],
  ["the same where the user vouches", judgeReach(old, at("gpt-5.5", false, true)), "because config.toml says", false],
  [
    "the same where the user denies it",
    judgeReach(old, at("gpt-5.5", false, false)),
    "sends no effort with gpt-5.5",
    true,
  ],
  ["a denial of what the catalogue knows", judgeReach(old, at("gpt-5.4", false, false)), "reaches gpt-5.4", false],
  ["one that a later Codex does not know", judgeReach(late, at("own-model", true)), "is sent all the same", false],
  ["a denial with a later Codex", judgeReach(late, at("own-model", true, false)), "is sent all the same", false],
  ["one that takes less", judgeReach(small, at("gpt-mini", false)), "does not take effort high, xhigh", true],
  ["no catalogue", judgeReach(null, at("gpt-5.5", false)), "does not say", false],
])("says whether the effort reaches %s", (_what, { detail, fix }, words, warns) => {
  expect(detail).toContain(words);
  expect(fix !== null).toBe(warns);
});
