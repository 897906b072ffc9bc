/** Paths that make a tool of somebody else run code, or that hold secrets. Globs are matched in lower case. */
export interface ProtectedPath {
  readonly globs: readonly string[];
  /** The name that an entry of the scope has to contain as a segment; with `*` in front: as the end of its last segment. */
  readonly mention: string;
  readonly why: string;
}

export const PROTECTED_PATHS: readonly ProtectedPath[] = [
  { globs: ["**/.git", "**/.git/**"], mention: ".git", why: "it belongs to git" },
  { globs: ["**/.gitmodules"], mention: ".gitmodules", why: "git fetches what it names" },
  { globs: ["**/.codex", "**/.codex/**"], mention: ".codex", why: "Codex loads settings and rules from it" },
  { globs: ["**/.agents", "**/.agents/**"], mention: ".agents", why: "Codex loads skills from it" },
  { globs: ["**/.claude", "**/.claude/**"], mention: ".claude", why: "Claude Code runs hooks from it" },
  { globs: ["**/.mcp.json"], mention: ".mcp.json", why: "Claude Code starts the servers it names" },
  { globs: ["**/.cco", "**/.cco/**"], mention: ".cco", why: "it is the blackboard" },
  { globs: ["cco.yaml"], mention: "cco.yaml", why: "it holds the settings of cco" },
  { globs: ["**/.husky", "**/.husky/**"], mention: ".husky", why: "git runs hooks from it" },
  { globs: ["**/.githooks", "**/.githooks/**"], mention: ".githooks", why: "git runs hooks from it" },
  { globs: ["**/.pre-commit-config.yaml"], mention: ".pre-commit-config.yaml", why: "git hooks run what it names" },
  {
    globs: ["**/.vscode", "**/.vscode/{tasks,launch,settings}.json"],
    mention: ".vscode",
    why: "the editor runs what it names",
  },
  {
    globs: ["**/.devcontainer", "**/.devcontainer/**"],
    mention: ".devcontainer",
    why: "the editor runs what it names",
  },
  { globs: ["**/.envrc"], mention: ".envrc", why: "the shell runs it" },
  { globs: ["**/*.env"], mention: "*.env", why: "such files hold secrets" },
  { globs: ["**/.env.local", "**/.env.*.local"], mention: "*.local", why: "such files hold secrets" },
  {
    globs: [".github", ".github/workflows", ".github/{workflows,actions}/**"],
    mention: ".github",
    why: "the build server runs it",
  },
  { globs: [".gitlab-ci.yml"], mention: ".gitlab-ci.yml", why: "the build server runs it" },
  { globs: [".circleci", ".circleci/**"], mention: ".circleci", why: "the build server runs it" },
];

/**
 * Names of ignored files and folders that tools leave behind: a task that runs tests cannot help making them, and git
 * does not carry them anywhere. One match at any depth is enough.
 */
export const TOLERATED_IGNORED: readonly string[] = [
  "node_modules",
  "__pycache__",
  ".pytest_cache",
  ".mypy_cache",
  ".ruff_cache",
  ".hypothesis",
  ".tox",
  ".nox",
  ".venv",
  "venv",
  "*.egg-info",
  "dist",
  "build",
  "out",
  "target",
  "coverage",
  "htmlcov",
  ".nyc_output",
  ".gradle",
  ".next",
  ".nuxt",
  ".svelte-kit",
  ".turbo",
  ".parcel-cache",
  ".cache",
  "*.pyc",
  "*.tsbuildinfo",
  ".eslintcache",
  ".stylelintcache",
  ".coverage",
  ".DS_Store",
];
