import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AttemptOrder } from "../../src/ports/worker.ts";
import type { WorkerStep } from "../../src/rehearsal/script.ts";
import { verifies } from "../requirements.ts";
import { attemptOrder, CODEX_VERSIONS, runAttempt, setCodexStage, type CodexStage } from "../support/codex-stage.ts";

verifies("C1");

/** One stage for many attempts: what is installed is probed once. A row is a scene of its own, found by its task. */
async function stageFor(binary: string, rows: readonly (readonly WorkerStep[])[]): Promise<CodexStage> {
  const worker = rows.map((steps, at) => ({ task: `t${at}`, steps: [...steps] }));
  return setCodexStage(binary, { script: { worker }, homes: { streamRetries: 3 } });
}

function orderFor(stage: CodexStage, at: number): AttemptOrder {
  const dir = join(stage.dir, "attempts", String(at));
  return attemptOrder(stage, { task: `t${at}`, dir, prompt: `Task: t${at}\nAttempt: 1\n\nDo it.\n` });
}

const DONE = { final: "COMPLETED: done" };
const FULL = { usedPercent: 100, windowMinutes: 300 };

/** Runs with everything that looks like a failure and is none. */
const HEALTHY: readonly (readonly [string, WorkerStep[]])[] = [
  [
    "commands that fail, and words of failures in what they print",
    [
      { run: "exit 3" },
      {
        run: "echo 'bwrap: Creating new namespace failed'; echo 'unexpected status 401 Unauthorized'; sleep 0.2; exit 1",
      },
      { run: 'echo \'{"type":"turn.failed","error":{"message":"429 Too Many Requests"}}\' | tee /dev/stderr' },
      { run: "touch /etc/nope" },
      DONE,
    ],
  ],
  [
    "a reconnect and a cut behind a command",
    [{ fault: { kind: "cut", after: 5, times: 2 } }, { run: "true", cut: true }, DONE],
  ],
  ["a provider that was down for a moment", [{ fault: { kind: "failed", code: "server_error", times: 2 } }, DONE]],
  [
    "line separators, huge output, an item that nobody knows",
    [
      { say: "one\u2028two\u2029three \u0085 \u001b[31mred" },
      { item: { type: "hologram_call", id: "h1", shape: {} } },
      { run: "head -c 1500000 /dev/zero | tr '\\0' x; printf 'a\\342\\200\\250b\\377\\n'" },
      { final: "COMPLETED: done\u2028and more" },
    ],
  ],
  [
    "a window that is used up by the last answer",
    [{ limits: { primary: FULL, secondary: FULL } }, { run: "true" }, DONE],
  ],
];

describe.each(CODEX_VERSIONS)("healthy runs of codex %s", (_name, binary) => {
  let stage: CodexStage;
  beforeAll(async () => {
    stage = await stageFor(binary, [...HEALTHY.map(([, steps]) => steps), [{ run: "true" }, DONE]]);
  });
  afterAll(async () => stage.close());

  it.each(HEALTHY.map(([name], at) => [name, at] as const))("%s", async (_case, at) => {
    const outcome = await runAttempt(stage, orderFor(stage, at));
    expect(outcome).toMatchObject({ failure: null, signals: { exit: true, turn: true, sidecar: true } });
  });

  it("settings that nobody knows and a model that only the provider knows", async () => {
    const config = (await stage.configToml()).replace(/^model = .*$/m, "");
    await writeFile(join(stage.codexHome, "config.toml"), `model = "gpt-unheard-of"\nzork = 1\n${config}`);
    expect((await runAttempt(stage, orderFor(stage, HEALTHY.length))).failure).toBeNull();
  });
});

/** Programs around Codex that spoil one thing; `$REAL` is Codex, `$O` the file of the last message. */
const SPOILERS: readonly (readonly [string, string, string])[] = [
  ["a folder of the last message that is not there", `exec_with /nowhere/last.md`, "CODEX_NO_SIDECAR"],
  ["a full disk under the last message", `exec_with /dev/full`, "CODEX_NO_SIDECAR"],
  ["a last message that somebody removes", `"$REAL" "$@"; code=$?; rm -f "$O"; exit $code`, "CODEX_NO_SIDECAR"],
  ["an end without a turn", `exit 0`, "CODEX_NO_TURN"],
  ["a turn that never ends", `"$REAL" "$@" | grep -v turn.completed`, "CODEX_NO_TURN"],
  ["an exit code after a good turn", `"$REAL" "$@"; exit 3`, "CODEX_BAD_EXIT"],
  ["words that nobody knows", `echo 'Error: the flux capacitor is empty' >&2; exit 1`, "CODEX_BAD_EXIT"],
  ["the exit code of a killed child", `"$REAL" "$@" | head -2; exit 137`, "CODEX_KILLED"],
  ["noise on the event stream", `echo 'npm warn x'; printf '{"type":'; echo; exec "$REAL" "$@"`, "none"],
  ["broken settings", `with_config 'model = ['`, "CODEX_CONFIG"],
  ["settings of a wrong type", `with_config 'model = 5'`, "CODEX_CONFIG"],
];

describe.each(CODEX_VERSIONS)("what is spoiled around codex %s", (_name, binary) => {
  let stage: CodexStage;
  beforeAll(async () => {
    stage = await stageFor(
      binary,
      SPOILERS.map(() => [DONE]),
    );
    const wrapper = join(stage.dir, "codex");
    await writeFile(wrapper, wrapperText(binary));
    await chmod(wrapper, 0o755);
    stage = { ...stage, host: { ...stage.host, env: { ...stage.host.env, CCO_CODEX_BIN: wrapper } } };
  });
  afterAll(async () => stage.close());

  it.each(SPOILERS.map((row, at) => [...row, at] as const))("%s", async (_case, script, code, at) => {
    const order = orderFor(stage, at);
    await writeFile(join(stage.dir, "codex.spoil"), `O='${join(order.dir, "last-message.md")}'\n${script}\n`);
    const outcome = await runAttempt(stage, order);
    expect(outcome.failure?.code ?? "none").toBe(code);
    if (outcome.failure === null) return;
    expect(outcome.failure.message).not.toBe("");
    const [file = "", line] = (outcome.failure.evidence ?? "").split(/:(?=\d+$)/);
    const text = await readFile(file, "utf8");
    if (line !== undefined) expect(text.split("\n")[Number(line) - 1]).not.toBe("");
  });
});

/** A program that answers all but `exec` as Codex does. `exec_with FILE`: Codex with another file for the last message. */
function wrapperText(binary: string): string {
  return `#!/bin/bash
REAL='${binary}'
case " $* " in *" exec --json "*) ;; *) exec "$REAL" "$@" ;; esac
ARGS=("$@")
exec_with() { exec "$REAL" "\${ARGS[@]//"$O"/$1}"; }
with_config() {
  local file="$CODEX_HOME/config.toml" code
  cp "$file" "$file.kept"; echo "$1" > "$file"
  "$REAL" "\${ARGS[@]}"; code=$?
  mv "$file.kept" "$file"; exit $code
}
. "$0.spoil"
`;
}
