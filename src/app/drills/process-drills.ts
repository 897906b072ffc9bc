import { atOnce, DONE, oneMore, WRITE, type Drill } from "./drill.ts";

/** Sends a signal to the Codex that takes the place of this shell, once its turn has begun. */
function signalled(name: string): string {
  return `( until grep -qs turn.started /proc/$$/fd/1; do sleep 0.1; done; sleep 0.3; kill -${name} $$ ) & exec "$CODEX" "$@"`;
}

/** Ends \`codex exec\` as it ends and looks at its arguments in between. */
const DROP_SIDECAR =
  '"$CODEX" "$@"; code=$?; while [ $# -gt 0 ]; do [ "$1" = -o ] && rm -f "$2"; shift; done; exit $code';

/** Sends the last message to a folder that is not there. */
const MISPLACED_SIDECAR =
  'last=; for arg; do shift; [ "$last" = -o ] && arg="$HOME/missing/last.md"; last=$arg; set -- "$@" "$arg"; done; exec "$CODEX" "$@"';

/** A bubblewrap that Codex takes for a whole one and that fails as where user namespaces are not allowed. */
const BROKEN_BWRAP = [
  'case "$1" in --help|--version)',
  "for name in argv0 perms size as-pid-1 bind-fd ro-bind-fd ro-bind-data file chmod seccomp cap-add cap-drop; do",
  '  echo "    --$name VALUE   words"',
  "done; exit 0 ;; esac",
  'echo "bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)" >&2',
  "exit 1",
].join("\n");

/** What happens to the process of a worker, around it, and in its sandbox. */
export const PROCESS_DRILLS = {
  "sidecar-missing": {
    fault: "the last message is gone after a perfect turn",
    steps: [WRITE, DONE],
    inPlaceOfExec: DROP_SIDECAR,
    expect: oneMore("CODEX_NO_SIDECAR", [3, 4]),
  },
  "sidecar-folder-missing": {
    fault: "the last message cannot be written",
    steps: [WRITE, DONE],
    inPlaceOfExec: MISPLACED_SIDECAR,
    expect: oneMore("CODEX_NO_SIDECAR", [0, 4]),
  },
  "bad-exit": {
    fault: "exit 3 after a perfect turn",
    steps: [WRITE, DONE],
    inPlaceOfExec: '"$CODEX" "$@"; exit 3',
    expect: oneMore("CODEX_BAD_EXIT", [3, 4]),
  },
  "no-turn": {
    fault: "exit 0 without a word",
    steps: [WRITE, DONE],
    inPlaceOfExec: "exit 0",
    expect: oneMore("CODEX_NO_TURN", 0),
  },
  terminated: {
    fault: "SIGTERM from outside",
    steps: [{ delayMs: 20_000 }, DONE],
    inPlaceOfExec: signalled("TERM"),
    expect: oneMore("CODEX_KILLED", [0, 2]),
  },
  killed: {
    fault: "SIGKILL from outside",
    steps: [{ delayMs: 20_000 }, DONE],
    inPlaceOfExec: signalled("KILL"),
    expect: oneMore("CODEX_KILLED", [0, 2]),
  },
  interrupted: {
    fault: "SIGINT from outside",
    steps: [{ delayMs: 20_000 }, DONE],
    inPlaceOfExec: signalled("INT"),
    expect: oneMore("CODEX_KILLED", [0, 2]),
  },
  deadline: {
    fault: "a command that does not end",
    steps: [{ run: "sleep 60" }, DONE],
    settings: { "worker.softMinutes": 0.06, "worker.hardMinutes": 0.06 },
    expect: atOnce("CODEX_DEADLINE"),
  },
  "output-flood": {
    fault: "300 MB on stdout",
    steps: [WRITE, DONE],
    inPlaceOfExec: 'head -c 300000000 /dev/zero; exec "$CODEX" "$@"',
    expect: { ...atOnce("CODEX_OUTPUT_FLOOD"), requests: [0, 2] },
  },
  "bad-configuration": {
    fault: "a wrong type in config.toml",
    steps: [DONE],
    codexConfig: 'model_context_window = "large"\n',
    expect: { ...atOnce("CODEX_CONFIG"), requests: 0 },
  },
  "sandbox-broken": {
    fault: "the sandbox cannot start",
    steps: [{ run: "echo hello > src/a.txt" }, DONE],
    program: ["bwrap", BROKEN_BWRAP],
    expect: { ...atOnce("SANDBOX_BROKEN"), requests: 2 },
  },
  "sandbox-network": {
    fault: "FAILED, because the network is off",
    steps: [{ run: "curl -sS http://registry.example/pkg" }, { final: "FAILED: the registry cannot be reached" }],
    expect: { ...atOnce("SANDBOX_NETWORK"), requests: 2 },
  },
  "sandbox-path": {
    fault: "FAILED, because of a write outside",
    steps: [{ run: "touch /usr/share/cco-drill" }, { final: "FAILED: /usr/share is read-only" }],
    expect: { ...atOnce("SANDBOX_PATH"), requests: 2 },
  },
  "sandbox-policy": {
    fault: "FAILED, because Codex refuses a command",
    steps: [{ run: "rm -rf build" }, { final: "FAILED: the command was rejected" }],
    expect: { ...atOnce("SANDBOX_POLICY"), requests: 2 },
  },
  "check-needs-localhost": {
    fault: "a check that listens on localhost",
    steps: [WRITE, DONE],
    verify: `node -e "require('net').createServer().listen(0, '127.0.0.1', function () { this.close() })"`,
    expect: { ...atOnce("SANDBOX_NETWORK"), requests: 2 },
    // Localhost alone cannot be opened there.
    upTo: [139, { status: "failed", code: "VERIFY_FAILED", attempts: 2, requests: [2, 4] }],
  },
  "report-missing": {
    fault: "a last message without the protocol, twice",
    steps: [WRITE, { final: "All done, have a nice day." }],
    expect: oneMore("REPORT_MISSING", [3, 4]),
  },
  "report-failed": {
    fault: "the worker says FAILED",
    steps: [{ run: "exit 1" }, { final: "FAILED: the tests are red" }],
    expect: { ...atOnce("REPORT_FAILED"), requests: 2 },
  },
  "report-blocked": {
    fault: "the worker says BLOCKED",
    steps: [{ final: "BLOCKED: which of the two ports?" }],
    expect: { status: "blocked", code: "REPORT_BLOCKED", attempts: 1, requests: 1 },
  },
  "check-red": {
    fault: "COMPLETED, but the check is red, whatever is said",
    steps: [{ write: { path: "src/b.txt", content: "wrong file\n" } }, DONE],
    expect: { status: "failed", code: "VERIFY_FAILED", attempts: 2, requests: [2, 4] },
  },
  "nothing-changed": {
    fault: "COMPLETED, but nothing changed, again and again",
    steps: [DONE],
    expect: { status: "failed", code: "VERIFY_NOTHING_CHANGED", attempts: 2, requests: 2 },
  },
} as const satisfies Record<string, Drill>;
