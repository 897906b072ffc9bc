import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { denialOf } from "../../src/codex/triage/denial.ts";
import { emptyLog, type LogCall, type SandboxLog } from "../../src/codex/triage/sandbox-log.ts";
import { readSandboxLog, triageLog } from "../../src/codex/triage/triage.ts";
import { judgeSandbox } from "../../src/codex/triage/verdict.ts";
import { triageResultSchema } from "../../src/model/triage.ts";
import { OUTPUTS } from "../support/denied-commands.ts";
import { verifies } from "../requirements.ts";

verifies("A10");

/** Logs of one session of denied commands, recorded from the real programs. */
const recorded = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../fixtures/triage/${name}`, import.meta.url)), "utf8");

const NETWORK_OFF = { form: "rollout", cwd: "/home/dev/app", sandbox: "workspace-write", network: false } as const;
const call = (command: string, output: string, exitCode: number | null = 1): LogCall => ({
  command,
  exitCode,
  output,
  line: 1,
});

describe("a command that failed", () => {
  it.each(OUTPUTS)("%s: %s is %s", (command, output, kind, exitCode = 1) => {
    expect(denialOf(call(command, output, exitCode), 0, NETWORK_OFF)?.kind ?? null).toBe(kind);
  });

  it("is no denial where there is no sandbox, or where the network is open and only a name was not found", () => {
    const dns = call("curl x.com", "curl: (6) Could not resolve host: x.com", 6);
    const write = call("touch /etc/x", "touch: cannot touch '/etc/x': Read-only file system");
    expect(denialOf(dns, 0, { ...NETWORK_OFF, network: true })).toBeNull();
    expect(denialOf(write, 0, { ...NETWORK_OFF, sandbox: "danger-full-access" })).toBeNull();
  });
});

const WRITE = call("touch /etc/nope", "touch: cannot touch '/etc/nope': Read-only file system");
const FETCH = call("npm install", "npm error reason: getaddrinfo EAI_AGAIN registry.npmjs.org");
const GREEN = call("npm test", "ok", 0);
const RED = call("npm test", "1 failing: expected 3 got 4");
const BWRAP = call("ls", "bwrap: Creating new namespace failed");

function log(last: string | null, calls: readonly LogCall[], more: Partial<SandboxLog> = {}): SandboxLog {
  return { ...emptyLog("rollout"), known: true, end: last === null ? "none" : "completed", last, calls, ...more };
}

/** The worker's last message, what it did, and the kind of the cause. */
const STORIES: readonly (readonly [string, SandboxLog, string | null])[] = [
  ["done in spite of it", log("COMPLETED: done", [WRITE, GREEN]), null],
  ["gave up on it", log("FAILED: the registry cannot be reached", [WRITE, FETCH]), "network"],
  ["gave up on the other one", log("FAILED: /etc is read-only", [WRITE, FETCH]), "path"],
  ["asks for it", log("BLOCKED: need network for npm", [FETCH]), "network"],
  ["failed at something else", log("FAILED: the tests are red", [WRITE, RED]), null],
  ["vague, and nothing else failed", log("FAILED: could not finish", [GREEN, WRITE]), "path"],
  [
    "a module is missing because nothing could be fetched",
    log("FAILED: see above", [FETCH, call("npm test", "Error: Cannot find module 'x'")]),
    "network",
  ],
  ["worked later", log("FAILED: no idea", [FETCH, call("npm install", "added 1 package", 0)]), null],
  ["free words of success", log("All done, tests are green.", [WRITE, GREEN]), null],
  [
    "free words of failure",
    log("I could not install the package because there is no network access.", [FETCH]),
    "network",
  ],
  ["free words of success about failures", log("The tests that failed before are green now.", [WRITE, GREEN]), null],
  [
    "a failure that a pipe hides",
    log("FAILED: no network", [{ ...FETCH, command: "npm ci 2>&1 | tail", exitCode: 0 }]),
    "network",
  ],
  [
    "the turn failed at the provider",
    log("Let me see", [WRITE], { end: "failed", failure: "unexpected status 500" }),
    null,
  ],
  ["cut off right there", log(null, [GREEN, WRITE]), "path"],
  ["cut off later", log(null, [WRITE, GREEN]), null],
  ["nothing ran at all", log("COMPLETED: all good", [BWRAP, BWRAP]), "broken"],
  ["the sandbox came back", log("COMPLETED: all good", [BWRAP, GREEN]), null],
  ["the sandbox went away", log("FAILED: nothing runs", [GREEN, BWRAP]), "broken"],
  ["nothing denied", log("FAILED: the tests are red", [RED]), null],
];

describe("a session", () => {
  it.each(STORIES)("%s", (_name, session, kind) => {
    const verdict = judgeSandbox(session);
    expect(verdict.cause?.kind ?? null).toBe(kind);
    expect(verdict.why).not.toBe("");
    expect(verdict.fix === null).toBe(kind === null);
    expect(JSON.stringify(verdict.fix)).not.toMatch(/danger|yolo|bypass/);
  });

  it("keeps what did not matter as notes with a reason", () => {
    const { notes } = judgeSandbox(log("COMPLETED: done", [FETCH, WRITE, call("npm install --offline", "", 0)]));
    expect(notes.map((note) => [note.denial.kind, note.why])).toEqual([
      ["network", "worked later"],
      ["path", "the worker completed its task"],
    ]);
  });
});

describe("the fix", () => {
  const fixOf = (last: string, denied: LogCall, more: Partial<SandboxLog> = {}) =>
    judgeSandbox(log(last, [denied], { cwd: "/home/dev/app", sandbox: "workspace-write", ...more })).fix;

  it.each<[LogCall, string, string]>([
    [FETCH, "network: true", "network_access=true"],
    [call("npm test", "Error: listen EPERM: operation not permitted 127.0.0.1"), "loopback: true", "network_access"],
    [
      call("git commit -m x", "fatal: Unable to create '/r/.git/index.lock': Read-only file system"),
      "git commit",
      "--add-dir",
    ],
    [
      call("cp a /opt/lib/a", "cp: cannot create regular file '/opt/lib/a': Read-only file system"),
      'write: ["a"]',
      "--add-dir /opt/lib",
    ],
    [call("cat .env", "cat: .env: Permission denied"), "inputs:", "deny"],
    [
      call("npm ci", "npm error ENOENT: no such file or directory, mkdir '/home/dev/.npm'"),
      "npm_config_cache",
      "npm_config_cache",
    ],
    [call("rm -rf b", "Rejected(\"`/bin/bash -lc 'rm -rf b'` rejected: blocked by policy\")"), "rm -r", "rm -r"],
    [
      call("git push", "Rejected(\"`/bin/bash -lc 'git push'` rejected: no remote git from workers\")"),
      "no remote git",
      "rules",
    ],
    [BWRAP, "cco doctor", "namespaces"],
  ])("of %j", (denied, envelope, codex) => {
    const fix = fixOf("FAILED: it was denied, rejected, no network", denied);
    expect(fix?.envelope).toContain(envelope);
    expect(fix?.codex).toContain(codex);
  });

  it("of a read-only session is the write line for that file", () => {
    const denied = call("echo x > docs/a.md", "/bin/bash: line 1: docs/a.md: Read-only file system");
    expect(fixOf("FAILED: cannot write", denied, { sandbox: "read-only" })).toEqual({
      envelope: 'write: ["docs/a.md"]',
      codex: "-s workspace-write",
    });
  });
});

describe.each(["0.124.0", "0.169.0"])("a recorded session of codex %s", (version) => {
  it.each(["rollout.jsonl", "events.jsonl", "screen.txt"])("is understood from its %s", (form) => {
    const result = triageLog(recorded(`${version}.${form}`), form);
    expect(triageResultSchema.parse(result)).toMatchObject({
      kind: "network",
      code: "SANDBOX_NETWORK",
      evidence: { file: form, command: "npm view left-pad version --fetch-retries=0" },
      fix: { envelope: "network: true" },
    });
    const text = recorded(`${version}.${form}`).split("\n");
    expect(text[(result.evidence?.line ?? 0) - 1]).toContain("EAI_AGAIN");
    expect(result.source.codex).toBe(form === "events.jsonl" ? null : version);
  });

  it("shows in its rollout what the event stream leaves out, and nothing that was no denial", () => {
    const { notes } = triageLog(recorded(`${version}.rollout.jsonl`), "rollout");
    const count = (kind: string): number => notes.filter((note) => note.kind === kind).length;
    expect({ path: count("path"), network: count("network"), policy: count("policy") }).toEqual({
      path: 13,
      network: 10,
      policy: 1,
    });
    expect(JSON.stringify(notes)).not.toMatch(/prints Permission denied|README\.md: Permission/);
    expect(
      triageLog(recorded(`${version}.events.jsonl`), "events").notes.filter((note) => note.kind === "policy"),
    ).toEqual([]);
  });

  it("has its refusals on stderr", () => {
    const { kind, evidence, notes } = triageLog(recorded(`${version}.stderr.txt`), "stderr");
    expect({ kind, command: evidence?.command, notes: notes.map((note) => note.kind) }).toMatchObject({
      kind: "policy",
      command: "rm -rf build",
      notes: ["path", "path"],
    });
  });
});

describe("any text", () => {
  it.each([
    ["", "nothing here"],
    ["hello\nworld\n", "nor like a log of Codex"],
    ['{"a":1}\n{"b":2}\n', "nor like a log of Codex"],
    ["\u0000\u0001\uFFFD", "nor like a log of Codex"],
  ])("%j is other", (text, why) => {
    expect(triageLog(text, "x")).toMatchObject({ kind: "other", code: null, evidence: null, fix: null });
    expect(triageLog(text, "x").why).toContain(why);
  });

  it("of a terminal copy is read line by line, with the line that proves it", () => {
    const copy = "• Ran npm ci\n  └ npm error code EAI_AGAIN\n    npm error getaddrinfo EAI_AGAIN registry.npmjs.org\n";
    expect(triageLog(copy, "copy")).toMatchObject({ kind: "network", evidence: { line: 3, command: "npm ci" } });
    const old =
      "[2025-09-01T10:00:00] exec bash -lc 'touch /etc/x' in /app\n[2025-09-01T10:00:01] bash -lc 'touch /etc/x' exited 1 in 3ms:\ntouch: cannot touch '/etc/x': Permission denied\n";
    expect(triageLog(old, "old")).toMatchObject({ kind: "path", evidence: { line: 3, command: "touch /etc/x" } });
    expect(triageLog("curl: (6) Could not resolve host: x.com\n", "bare")).toMatchObject({ kind: "network" });
  });

  it("with torn and foreign lines never throws", () => {
    const parts = fc.constantFrom(
      '{"type":"thread.started","thread_id":"x"}',
      '{"type":"item.completed","item":{"type":"command_execution","id":"i","command":"ls","aggregated_output":"bwrap: no","exit_code":1,"status":"failed"}}',
      '{"type":"response_item","payload":{"type":"function_call_output","call_id":7,"output":null}}',
      '{"type":"turn_context","payload":{"sandbox_policy":7}}',
      '{"type":"turn.failed"',
      "exec",
      "codex",
      " exited 1 in 3ms:",
      "tokens used",
      "\u2028",
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(parts, fc.string()), { maxLength: 12 }), (lines) => {
        expect(triageResultSchema.safeParse(triageLog(lines.join("\n"), "x")).success).toBe(true);
        readSandboxLog(lines.join("\n"));
      }),
    );
  });
});
