import { accepted, DONE, WRITE, type Drill } from "./drill.ts";

/** Odd but healthy: everything here has to be accepted. */
export const HEALTHY_DRILLS = {
  healthy: { fault: "none", steps: [WRITE, DONE], expect: accepted(2) },
  warnings: {
    fault: "none: warnings about the configuration",
    steps: [WRITE, DONE],
    codexConfig: "surprise_setting = 1\n",
    expect: accepted(2),
  },
  reconnect: {
    fault: "none: a stream cut that Codex itself repairs",
    steps: [{ fault: { kind: "cut", times: 1 } }, WRITE, DONE],
    streamRetries: 3,
    expect: accepted(3),
  },
  "late-answer": {
    fault: "none: an answer after 3 s",
    steps: [{ headersAfterMs: 3000 }, WRITE, DONE],
    expect: accepted([2, 3]),
  },
  "line-separator": {
    fault: "none: U+2028 in a message",
    steps: [{ say: "one\u2028two\u2029three" }, WRITE, { final: "COMPLETED: wrote src/a.txt\u2028and more" }],
    expect: accepted(2),
  },
  "huge-output": {
    fault: "none: 3 MB from a command",
    steps: [{ run: "head -c 3000000 /dev/zero | tr '\\0' x" }, WRITE, DONE],
    expect: accepted(3),
  },
  "red-commands": {
    fault: "none: commands that fail on the way",
    steps: [{ run: "exit 3" }, { run: "sleep 0.3; false" }, { run: "grep -r nowhere ." }, WRITE, DONE],
    expect: accepted(5),
  },
  "denied-commands": {
    fault: "none: denied commands that do not matter",
    steps: [
      { run: "touch /usr/share/x" },
      { run: "git commit -qm x" },
      { run: "curl -sS http://x.example/" },
      WRITE,
      DONE,
    ],
    expect: accepted(5),
  },
  "quiet-command": {
    fault: "none: a command that says nothing for 5 s",
    steps: [{ run: "sleep 5" }, WRITE, DONE],
    settings: { "worker.silenceSeconds": 3 },
    expect: accepted(3),
  },
  "unknown-item": {
    fault: "none: an item of a type that nobody knows",
    steps: [{ item: { type: "hologram_call", id: "h1" } }, WRITE, DONE],
    expect: accepted(2),
  },
} as const satisfies Record<string, Drill>;
