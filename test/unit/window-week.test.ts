import { expect, it } from "vitest";
import { playWeek } from "../../sim/window-week.ts";
import { verifies } from "../requirements.ts";

verifies("K5");

it("more of each window goes into accepted work than by arrival or with retries, nothing fails for limits, and no task starves", () => {
  for (const seed of [1, 2]) {
    const [arrival, retry, cco] = [
      playWeek("first come, first served", seed),
      playWeek("retry on 429", seed),
      playWeek("cco", seed),
    ];
    expect(cco).toMatchObject({ accepted: cco.submitted, failed: 0, starved: 0 });
    expect(cco.workPerWindow).toBeGreaterThan(Math.max(arrival.workPerWindow, retry.workPerWindow));
    expect(cco.accepted).toBeGreaterThan(retry.accepted);
    expect(cco.cuts).toBeLessThan(arrival.cuts);
  }
});
