import { afterEach, describe, expect, it } from "vitest";
import { verifies } from "../requirements.ts";
import { codexOldest } from "../support/binaries.ts";
import { type CcoStage, CONTENT_REVIEWER, fullEnvelope, setCcoStage } from "../support/cco.ts";

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const writeA = { write: { path: "src/a.txt", content: "hello\n" } };
const done = { final: "COMPLETED: wrote src/a.txt" };

describe("failures as a user sees them", () => {
  verifies("C1", "B2");
  it("an error that nobody has seen opens a card at once, and a person lets it go on", async () => {
    const fault = { kind: "failed", code: "cyber_policy", message: "the flux capacitor is empty", times: 1 } as const;
    stage = await setCcoStage({
      codex: codexOldest(),
      script: { worker: [{ steps: [{ fault }, writeA, done] }], claude: CONTENT_REVIEWER },
    });
    const run = await stage.dispatch([await stage.envelope("odd", fullEnvelope("odd"))]);
    expect({ code: run.code, tasks: run.tasks }).toMatchObject({
      code: 3,
      tasks: [{ status: "blocked", attempts: 1, error: { code: "CODEX_TURN_FAILED" }, card: "D-odd-1" }],
    });
    const card = await stage.cco("decide", "D-odd-1");
    expect(card.stdout).toContain("unknown error pattern: the flux capacitor is empty");
    expect((await stage.cco("decide", "D-odd-1", "A")).code).toBe(0);
    expect(await stage.cco("wait", "odd", "--json")).toMatchObject({ code: 0, tasks: [{ status: "accepted" }] });
  });

  it("a provider that says nothing is named within seconds, and the next session gets the work done", async () => {
    stage = await setCcoStage({
      script: {
        worker: [{ steps: [{ fault: { kind: "no-headers", times: 1 } }, writeA, done] }],
        claude: CONTENT_REVIEWER,
      },
      config:
        "engine: { idleSeconds: 0 }\nworker: { killGraceSeconds: 1, silenceSeconds: 2 }\nretry: { baseSeconds: 0.05, jitterSeconds: 0 }\n",
    });
    const run = await stage.dispatch([await stage.envelope("mute", fullEnvelope("mute"))]);
    expect(run.tasks).toMatchObject([{ status: "accepted", attempts: 2 }]);
    const outcome: unknown = JSON.parse(stage.read(".cco/tasks/mute/attempts/01/outcome.json"));
    expect(outcome).toMatchObject({
      exit: { reason: "silent" },
      failure: {
        code: "CODEX_SILENT",
        class: "transient",
        message: expect.stringMatching(/^no sign of life for 2 s: .*last event: turn\.started/),
        evidence: expect.stringMatching(/events\.jsonl:2$/),
      },
    });
  });
});
