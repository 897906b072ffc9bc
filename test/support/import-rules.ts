/** Folders of src/ in their order, and the folders each may import from (AGENTS.md, "Folders"). */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  model: ["kernel"],
  decide: ["kernel", "model"],
  ports: ["kernel", "model"],
  guard: ["kernel", "model"],
  envelope: ["kernel", "model", "guard"],
  blackboard: ["kernel", "model", "ports"],
  process: ["kernel", "model", "ports"],
  git: ["kernel", "model", "ports"],
  codex: ["kernel", "model", "ports", "process"],
  claude: ["kernel", "model", "ports", "process"],
  notify: ["kernel", "model", "ports", "process"],
  engine: ["kernel", "model", "decide", "ports", "guard", "envelope"],
  app: [
    "kernel",
    "model",
    "decide",
    "ports",
    "guard",
    "envelope",
    "blackboard",
    "process",
    "git",
    "codex",
    "claude",
    "notify",
    "engine",
    "rehearsal",
  ],
  rehearsal: ["kernel", "model"],
  cli: ["kernel", "model", "app"],
  mcp: ["kernel", "model", "app"],
  hooks: ["kernel", "model", "app"],
  web: ["kernel", "model", "app"],
};

/** Packages that the inner folders may name; the others may use every dependency of the package. */
export const MAY_USE_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  model: ["zod"],
  decide: [],
  ports: [],
};

/** Folders whose code is pure: time, randomness and the process come in as arguments. */
export const PURE_FOLDERS = ["kernel", "model", "decide"] as const;
