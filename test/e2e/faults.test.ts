import { chmodSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { codexNewest } from "../support/binaries.ts";
import { type CcoStage, CONTENT_REVIEWER, fullEnvelope, setCcoStage } from "../support/cco.ts";
import { verifies } from "../requirements.ts";

let stage: CcoStage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const writeA = { write: { path: "src/a.txt", content: "hello\n" } };
const done = { final: "COMPLETED: wrote src/a.txt" };

/** A program that stands in front of the real Codex and changes how `exec` ends. */
function wrapper(dir: string, after: string): string {
  const file = join(dir, "codex-wrapper");
  writeFileSync(
    file,
    `#!/bin/sh\n"${codexNewest()}" "$@"\ncode=$?\ncase " $* " in *" exec "*) ${after} ;; esac\nexit $code\n`,
  );
  chmodSync(file, 0o755);
  return file;
}

describe("signals that do not fit together", () => {
  verifies("A6");
  it("exit 1 after a perfect turn is not a success", async () => {
    const probe = await setCcoStage({ script: { worker: [{ steps: [writeA, done] }], claude: CONTENT_REVIEWER } });
    stage = probe;
    const run = await withCodex(probe, wrapper(probe.dir, "exit 1"));
    expect({ code: run.code, tasks: run.tasks }).toMatchObject({
      code: 1,
      tasks: [
        { status: "failed", error: { code: "CODEX_BAD_EXIT" }, signals: { exit: false, turn: true, sidecar: true } },
      ],
    });
  });

  it("a sidecar that is gone after a perfect turn is not a success", async () => {
    const probe = await setCcoStage({ script: { worker: [{ steps: [writeA, done] }], claude: CONTENT_REVIEWER } });
    stage = probe;
    const drop =
      'while [ $# -gt 0 ]; do [ "$1" = -o ] && rm -f "$2"; [ "$1" = --output-last-message ] && rm -f "$2"; shift; done';
    const run = await withCodex(probe, wrapper(probe.dir, drop));
    expect(run.tasks).toMatchObject([
      { status: "failed", error: { code: "CODEX_NO_SIDECAR" }, signals: { exit: true, turn: true, sidecar: false } },
    ]);
  });

  async function withCodex(on: CcoStage, codex: string) {
    Object.assign(on.env, { CCO_CODEX_BIN: codex });
    return on.dispatch([await on.envelope("odd", fullEnvelope("odd"))]);
  }
});

describe("a turn that fails after an edit", () => {
  verifies("A6");
  it("is tried again and, when the next session finishes, accepted", async () => {
    const first = { attempt: 1, steps: [writeA, { fault: { kind: "failed", code: "server_error", message: "boom" } }] };
    stage = await setCcoStage({
      script: { worker: [first as never, { steps: [writeA, done] }], claude: CONTENT_REVIEWER },
    });
    const run = await stage.dispatch([await stage.envelope("part", fullEnvelope("part"))]);
    expect(run.tasks).toMatchObject([{ status: "accepted", attempts: 2 }]);
    expect(stage.requests().filter((request) => request.prompt?.includes("cut off") === true).length).toBeGreaterThan(
      0,
    );
  });

  it("becomes a dead letter with its cause when it keeps failing, and nothing is merged", async () => {
    const steps = [writeA, { fault: { kind: "failed", code: "server_error", message: "boom" } }];
    stage = await setCcoStage({ script: { worker: [{ steps } as never], claude: CONTENT_REVIEWER } });
    const head = await stage.git("rev-parse", "HEAD");
    const run = await stage.dispatch([await stage.envelope("part", fullEnvelope("part"))]);
    expect(run.code).toBe(6);
    expect(run.tasks).toMatchObject([{ status: "dead", attempts: 4, error: { class: "transient" } }]);
    expect((await stage.cco("dead", "--json")).json).toMatchObject({ letters: [{ task: "part", attempts: 4 }] });
    expect((await stage.cco("dead", "drop", "part")).code).toBe(0);
    expect(readdirSync(join(stage.repo, ".cco/dead-letters"))).toEqual(["archive"]);
    expect(run.tasks[0]?.error?.message).toContain("boom");
    expect(await stage.git("rev-parse", "HEAD")).toBe(head);
    expect((await stage.cco("diff", "part")).stdout).toContain("+hello");
  });
});

describe("review", () => {
  verifies("E2", "E3", "E5", "K1");
  it("a challenge whose test fails gets one fix; one whose test passes changes nothing", async () => {
    const challenge = (id: string, command: string) => ({
      id,
      claim: `${id} is wrong`,
      violates: "the file is there",
      severity: "major" as const,
      path: "src/a.txt",
      line: 1,
      evidence: {
        kind: "failing-test" as const,
        path: `check-${id}.sh`,
        content: command,
        command: `sh check-${id}.sh`,
      },
    });
    const real = challenge("c1", "grep -q fixed src/a.txt\n");
    const noise = challenge("c2", "test -f src/a.txt\n");
    const fix = { attempt: 2, steps: [{ write: { path: "src/a.txt", content: "fixed\n" } }, done] };
    stage = await setCcoStage({
      script: {
        worker: [{ attempt: 1, steps: [writeA, done] }, fix],
        claude: [
          { call: "review", round: 1, steps: [{ output: { summary: "two points", challenges: [real, noise] } }] },
          { call: "review", steps: [{ output: { summary: "fine", challenges: [] } }] },
        ],
      },
    });
    const run = await stage.dispatch([await stage.envelope("rev", fullEnvelope("rev"))]);
    expect(run.tasks).toMatchObject([
      { status: "accepted", attempts: 2, review: { rounds: 2, valid: 1, noise: 1, converged: true } },
    ]);
    expect(stage.read("src/a.txt")).toBe("fixed\n");
    const second = stage.requests().find((request) => request.prompt?.includes("Attempt: 2") === true);
    expect(second?.prompt).toContain("grep -q fixed src/a.txt");
    expect(await stage.git("ls-files")).not.toContain("check-c1.sh");
  });

  it("a fix that leaves the evidence failing gets an expert, then a card; the person's word ends it", async () => {
    const content = "grep -q fixed src/a.txt\n";
    const evidence = { kind: "failing-test" as const, path: "c.sh", content, command: "sh c.sh" };
    const claim = { id: "c1", claim: "it is wrong", violates: "all", severity: "major" as const, path: "a", line: 1 };
    const diagnosis = { diagnosis: "it says hello", cause: "implementation", advice: "write the word fixed" };
    const fix = { attempt: 4, steps: [{ write: { path: "src/a.txt", content: "fixed\n" } }, done] };
    stage = await setCcoStage({
      script: {
        worker: [fix, { steps: [writeA, done] }],
        claude: [
          { call: "review", round: 1, steps: [{ output: { summary: "one", challenges: [{ ...claim, evidence }] } }] },
          { call: "review", steps: [{ output: { summary: "fine", challenges: [] } }] },
          { call: "expert", round: 2, steps: [{ output: diagnosis }] },
        ],
      },
    });
    const head = await stage.git("rev-parse", "HEAD");
    const run = await stage.dispatch([await stage.envelope("stand", fullEnvelope("stand"))]);
    expect({ code: run.code, tasks: run.tasks }).toMatchObject({
      code: 3,
      tasks: [
        { status: "blocked", attempts: 3, error: { code: "REVIEW_UNRESOLVED" }, review: { rounds: 3, valid: 3 } },
      ],
    });
    expect(run.tasks[0]?.error?.message).toContain("it is wrong");
    expect(await stage.git("rev-parse", "HEAD")).toBe(head);
    const third = stage.requests().find((request) => request.prompt?.includes("Attempt: 3") === true);
    expect(third?.prompt).toContain("write the word fixed");
    expect(
      stage
        .requests()
        .filter(({ call }) => call === "review" || call === "expert")
        .map(({ call }) => call),
    ).toEqual(["review", "expert"]);
    expect((await stage.cco("decide", "D-stand-1", "B", "--note", "just say fixed")).code).toBe(0);
    const waited = await stage.cco("wait", "stand", "--json");
    expect(waited).toMatchObject({
      code: 0,
      tasks: [{ status: "accepted", attempts: 4, review: { converged: true } }],
    });
    expect(stage.read("src/a.txt")).toBe("fixed\n");
  });

  it("a reviewer that cannot be asked is a card, never a silent skip", async () => {
    stage = await setCcoStage({
      script: { worker: [{ steps: [writeA, done] }], claude: [] },
      env: { CCO_CLAUDE_BIN: "/nowhere/claude" },
    });
    const run = await stage.dispatch([await stage.envelope("norev", fullEnvelope("norev"))]);
    expect({ code: run.code, tasks: run.tasks }).toMatchObject({
      code: 3,
      tasks: [{ status: "blocked", error: { code: "REVIEW_UNAVAILABLE" }, card: "D-norev-1" }],
    });
    const cards = await stage.cco("decide", "--json");
    expect(cards.json).toMatchObject({
      schema: "cco.cards/1",
      cards: [{ id: "D-norev-1", task: "norev", tier: "gate" }],
    });
    expect((await stage.cco("decide", "D-norev-1", "B")).code).toBe(0);
    const waited = await stage.cco("wait", "norev", "--json");
    expect(waited).toMatchObject({ code: 0, tasks: [{ status: "accepted" }] });
    expect(stage.read("src/a.txt")).toBe("hello\n");
  });
});
