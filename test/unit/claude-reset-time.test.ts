import { expect, test } from "vitest";
import { resetTimeOf } from "../../src/claude/reset-time.ts";

const NOW = Date.UTC(2026, 10, 22, 10, 51, 54);

/** Sentences that Claude Code 2.1.330 printed for known reset times. */
const SENTENCES: readonly [text: string, iso: string][] = [
  ["You've hit your 5-hour limit · resets 12:51pm (UTC)", "2026-11-22T12:51:00.000Z"],
  ["You've hit your 5-hour limit · resets 1:51pm (Europe/Paris)", "2026-11-22T12:51:00.000Z"],
  ["You've hit your 5-hour limit · resets 12:21pm (Asia/Kolkata)", "2026-11-23T06:51:00.000Z"],
  ["You've hit your weekly limit · resets Nov 25, 6am (America/New_York)", "2026-11-25T11:00:00.000Z"],
  ["You've hit your weekly limit · resets Nov 23, 4:51pm (UTC)", "2026-11-23T16:51:00.000Z"],
  ["You've hit your weekly limit · resets Jan 21, 2027, 4:21pm (Asia/Kolkata)", "2027-01-21T10:51:00.000Z"],
  ["resets Jan 2, 12am (UTC)", "2027-01-02T00:00:00.000Z"],
  ["resets 12am (UTC)", "2026-11-23T00:00:00.000Z"],
  ["resets 10:51am (UTC)", "2026-11-22T10:51:00.000Z"],
];

test.each(SENTENCES)("%s", (text, iso) => {
  const time = resetTimeOf(text, NOW);
  expect(time === null ? null : new Date(time).toISOString()).toBe(iso);
});

test("follows the zone over a change of its clocks", () => {
  const before = Date.UTC(2026, 9, 24, 12);
  expect(resetTimeOf("resets Oct 26, 9am (Europe/Berlin)", before)).toBe(Date.UTC(2026, 9, 26, 8));
});

test.each(["You've hit your limit", "resets soon", "resets 9am (Mars/Olympus)", "resets Foo 3, 9am (UTC)", ""])(
  "no time in %j",
  (text) => {
    expect(resetTimeOf(text, NOW)).toBeNull();
  },
);
