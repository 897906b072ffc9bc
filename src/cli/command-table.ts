import { DRILL_NAMES } from "../app/drills/names.ts";

/** One option of a command, in commander's notation. */
export interface OptionRow {
  readonly flags: string;
  readonly about: string;
  readonly choices?: readonly string[];
}

/** One command: everything that help, documentation and the parser need. Its program stands in `command-programs.ts`. */
export interface CommandRow {
  readonly name: string;
  /** Arguments in commander's notation: `<must>`, `[may]`, `[many...]`. */
  readonly args: string;
  readonly about: string;
  readonly options: readonly OptionRow[];
  readonly examples: readonly string[];
  /** Lines of the help below the examples. */
  readonly notes?: readonly string[];
  /** False: it has nothing to do with work under way. All others start the engine again when it died with work open. */
  readonly recovers?: false;
}

const LANE: OptionRow = { flags: "--lane <lane>", about: "where the work is done", choices: ["worktree", "local"] };
const EFFORT: OptionRow = {
  flags: "--effort <tier>",
  about: "how hard the model thinks",
  choices: ["auto", "low", "medium", "high", "xhigh"],
};

/** Options that every command has. */
export const GLOBAL_OPTIONS: readonly OptionRow[] = [
  { flags: "--json", about: "print one JSON document on stdout" },
  { flags: "--quiet", about: "no progress on stderr" },
  { flags: "--project <dir>", about: "the project (default: the git root above the working directory)" },
];

/** Every command of `cco`, in the order of the help. */
export const COMMANDS: readonly CommandRow[] = [
  {
    name: "init",
    args: "",
    about: "make .cco/ with a commented config.yaml",
    options: [],
    examples: ["cco init"],
    recovers: false,
  },
  {
    name: "doctor",
    args: "",
    about: "check codex, claude, sandbox, git and disk; each line says the fix",
    options: [],
    examples: ["cco doctor", "cco doctor --json"],
    recovers: false,
  },
  {
    name: "new",
    args: "<kind> [id]",
    about: "print a template: envelope, decision, checkpoint, error-event or dead-letter",
    options: [{ flags: "--size <size>", about: "size of an envelope", choices: ["light", "full", "handoff"] }],
    examples: ["cco new envelope add-limiter > add-limiter.md", "cco new envelope --size light fix-typo"],
    recovers: false,
  },
  {
    name: "lint",
    args: "<files...>",
    about: "check envelopes: line, rule, severity; exit 2 on errors",
    options: [
      { flags: "--challenge", about: "have Claude look for holes in what is ordered; they come back as edits" },
    ],
    examples: ["cco lint add-limiter.md", "cco lint tasks/*.md --json", "cco lint add-limiter.md --challenge"],
    recovers: false,
  },
  {
    name: "route",
    args: "<files...>",
    about: "where envelopes would go (yourself, a Claude subagent, Codex low to xhigh) and why; starts nothing",
    options: [],
    examples: ["cco route add-limiter.md", "cco route tasks/*.md --json"],
    recovers: false,
  },
  {
    name: "dispatch",
    args: "<files...>",
    about: "submit envelopes as one run and wait for the end",
    options: [
      { flags: "--detach", about: "print the ids and return at once" },
      LANE,
      EFFORT,
      { flags: "--no-review", about: "accept without a review by Claude" },
      { flags: "--no-merge", about: "leave the accepted change on its branch" },
      { flags: "--no-wait-window", about: "refuse (exit 4) instead of waiting for a credit window to reset" },
      { flags: "--allow-dirty", about: "let the local lane work on a tree with changes of yours" },
    ],
    examples: [
      "cco dispatch add-limiter.md",
      "cco dispatch a.md b.md --detach",
      "cco dispatch fix.md --no-review --json",
    ],
  },
  {
    name: "status",
    args: "[task]",
    about: "the world, or one task",
    options: [{ flags: "--all", about: "every task that ever ended, not only the latest 20 (--json has all of them)" }],
    examples: ["cco status", "cco status add-limiter --json", "cco status --all"],
  },
  {
    name: "wait",
    args: "[tasks...]",
    about: "return when the tasks have ended or need a person",
    options: [
      { flags: "--any", about: "return when one of them has" },
      { flags: "--timeout <seconds>", about: "stop waiting after this long; the work goes on" },
    ],
    examples: ["cco wait", "cco wait add-limiter --timeout 600", "cco wait --any"],
  },
  {
    name: "logs",
    args: "<task>",
    about: "what the worker did, readable",
    options: [
      { flags: "-f, --follow", about: "go on until the attempt ends" },
      { flags: "--raw", about: "the worker's own JSON lines" },
      { flags: "--attempt <n>", about: "another attempt than the last" },
    ],
    examples: ["cco logs add-limiter", "cco logs add-limiter -f", "cco logs add-limiter --raw --attempt 1"],
  },
  {
    name: "result",
    args: "<task>",
    about: "verdict, summary and paths; never the whole log",
    options: [],
    examples: ["cco result add-limiter"],
  },
  {
    name: "triage",
    args: "[log]",
    about: "name a sandbox failure in any Codex log: a file, a task, or - for a pipe",
    options: [],
    examples: [
      "cco triage add-limiter",
      "cco triage rollout-2026-11-22.jsonl",
      "codex exec --json … 2>&1 | cco triage -",
    ],
    recovers: false,
  },
  {
    name: "diff",
    args: "<task>",
    about: "what it changed",
    options: [],
    examples: ["cco diff add-limiter | less"],
  },
  {
    name: "cancel",
    args: "[task]",
    about: "end the process tree, keep the work tree",
    options: [{ flags: "--all", about: "every task that has not ended" }],
    examples: ["cco cancel add-limiter", "cco cancel --all"],
  },
  {
    name: "retry",
    args: "<task>",
    about: "a fresh attempt for a task that did not succeed",
    options: [{ flags: "--feedback <text>", about: "what the worker is told" }],
    examples: ['cco retry add-limiter --feedback "keep the old signature"'],
  },
  {
    name: "resume",
    args: "",
    about: "go on after a crash, in words; every other command does it by itself",
    options: [],
    examples: ["cco resume"],
    recovers: false,
  },
  {
    name: "decide",
    args: "[card] [letter]",
    about: "list the open cards, show one, or answer it",
    options: [{ flags: "--note <text>", about: "a word to go with the answer" }],
    examples: ["cco decide", "cco decide D-add-limiter-1", 'cco decide D-add-limiter-1 A --note "use the v2 API"'],
  },
  {
    name: "review",
    args: "[task]",
    about: "have any change challenged by Claude, with evidence that is executed; exit 1 when a challenge holds",
    options: [
      { flags: "--base <ref>", about: "what HEAD has on top of this commit" },
      { flags: "--uncommitted", about: "what is not committed, new files included (the default)" },
      { flags: "--rounds <n>", about: "rounds at most, until one brings nothing VALID (default: 1)" },
    ],
    examples: ["cco review", "cco review --base main", "cco review add-limiter --rounds 3 --json"],
  },
  {
    name: "ledger",
    args: "",
    about: "what was spent, by whom, for what; every attempt and every other call of a model is a row",
    options: [
      {
        flags: "--by <what>",
        about: "sum by this (default: task)",
        choices: ["task", "model", "day", "role", "project"],
      },
      { flags: "--csv", about: "comma-separated: the rows, or with --by the sums" },
      { flags: "--context", about: "what had to be read for each task: prompts by workers, answers of cco by Claude" },
      { flags: "--prices", about: "the prices in force, with their dates and sources" },
    ],
    examples: ["cco ledger", "cco ledger --by model", "cco ledger --csv > ledger.csv", "cco ledger --context"],
  },
  {
    name: "window",
    args: "",
    about:
      "the credit windows of your accounts: what is used, when they reset, how fast they go, how far the plan reaches",
    options: [],
    examples: ["cco window", "cco window --json"],
  },
  {
    name: "breaker",
    args: "[action] [name]",
    about: "the circuit breakers of your providers; reset closes one by hand",
    options: [],
    examples: ["cco breaker", "cco breaker --json", "cco breaker reset openai-0123456789ab"],
  },
  {
    name: "dead",
    args: "[action] [task]",
    about: "dead letters: tasks parked for a later retry; retry one now, or drop it",
    options: [],
    examples: ["cco dead", "cco dead retry add-limiter", "cco dead drop add-limiter"],
  },
  {
    name: "config",
    args: "",
    about: "the effective settings and where each comes from",
    options: [{ flags: "--set <key=value>", about: "write one key into .cco/config.yaml, comments kept" }],
    examples: ["cco config", "cco config --set worker.silenceSeconds=120"],
    recovers: false,
  },
  {
    name: "drill",
    args: "[names...]",
    about: "play faults to the installed Codex with a scripted model and check what becomes of each",
    options: [],
    examples: ["cco drill", "cco drill rate-limited killed", "cco drill --json"],
    notes: [`Drills: ${DRILL_NAMES.join(", ")}`],
    recovers: false,
  },
  {
    name: "demo",
    args: "",
    about: "the main job end to end, offline, with the real binaries and scripted models",
    options: [{ flags: "--keep", about: "leave the folder to look at" }],
    examples: ["cco demo", "cco demo --keep"],
    recovers: false,
  },
  {
    name: "engine",
    args: "",
    about: "run the engine by hand",
    options: [{ flags: "--foreground", about: "stay in this terminal until nothing is left to do" }],
    examples: ["cco engine --foreground"],
    recovers: false,
  },
  {
    name: "gc",
    args: "",
    about: "remove work trees and branches of finished tasks; never what is dirty, unmerged or open",
    options: [],
    examples: ["cco gc", "cco gc --json"],
  },
  {
    name: "mcp",
    args: "",
    about: "the MCP server of the Claude Code plugin, on stdin and stdout",
    options: [],
    examples: ["cco mcp", "claude mcp add cco -- cco mcp"],
    recovers: false,
  },
  {
    name: "hook",
    args: "<event>",
    about: "a hook of the Claude Code plugin: reads its JSON on stdin; never fails",
    options: [],
    examples: ["cco hook SessionStart < input.json"],
    recovers: false,
  },
  {
    name: "completion",
    args: "<shell>",
    about: "shell completion for bash, zsh or fish",
    options: [],
    examples: ['eval "$(cco completion bash)"'],
    recovers: false,
  },
];
