/** A program that runs the command behind its own options. */
export interface Wrapper {
  /** Options whose value is the next word. */
  readonly valued: readonly string[];
  /** Words of its own before the command. */
  readonly own: number;
  /** Options whose value is a script. */
  readonly script?: readonly string[];
  /** The words behind such a script belong to it. */
  readonly goesOn?: boolean;
}

const plain: Wrapper = { valued: [], own: 0 };
const withScript: Wrapper = { valued: ["-s", "-g", "-u"], own: 0, script: ["-c", "--command"] };

/** Wrappers whose options have values; those that have none are found without a row. */
export const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  env: {
    valued: ["-u", "--unset", "-C", "--chdir"],
    own: 0,
    script: ["-S", "-iS", "-vS", "--split-string"],
    goesOn: true,
  },
  sudo: { valued: ["-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T", "--user", "--group", "--chdir"], own: 0 },
  doas: { valued: ["-u", "-C"], own: 0 },
  su: withScript,
  runuser: withScript,
  timeout: { valued: ["-s", "-k", "--signal", "--kill-after"], own: 1 },
  nice: { valued: ["-n", "--adjustment"], own: 0 },
  ionice: { valued: ["-c", "-n", "-p"], own: 0 },
  chrt: { valued: ["-p"], own: 1 },
  taskset: { valued: [], own: 1 },
  chroot: { valued: [], own: 1 },
  stdbuf: { valued: ["-i", "-o", "-e"], own: 0 },
  parallel: { valued: ["-j", "--jobs", "-n"], own: 0 },
  flock: { valued: ["-w", "-E", "--timeout"], own: 1, script: ["-c", "--command"] },
  watch: { valued: ["-n", "--interval"], own: 0 },
  strace: { valued: ["-o", "-e", "-p", "-s"], own: 0 },
  script: { valued: [], own: 1, script: ["-c", "--command", "-qc", "-qec", "-qefc"] },
  tmux: { valued: ["-s", "-t", "-n", "-c", "-L"], own: 1 },
  screen: { valued: ["-S", "-c", "-dmS", "-DmS", "-dmLS"], own: 0 },
  "systemd-run": { valued: ["-p", "-u", "-E", "--unit", "--property", "--setenv"], own: 0 },
  direnv: { valued: [], own: 2 },
  mise: { valued: [], own: 1 },
  npx: { valued: ["-p", "--package"], own: 0, script: ["-c", "--call"] },
  time: { valued: ["-f", "-o"], own: 0 },
  exec: { valued: ["-a"], own: 0 },
  cmd: { valued: [], own: 0, script: ["/c", "/C", "/k"], goesOn: true },
  ...Object.fromEntries(
    "arch hyperfine bunx nohup setsid command builtin coproc unbuffer chronic caffeinate busybox spawn gtimeout wsl entr iex Invoke-Expression Start-Process saps"
      .split(" ")
      .map((name) => [name, plain]),
  ),
};

/** Options of any program whose value is a command. */
export const SCRIPT_OPTIONS = new Set(["-c", "--command", "--exec", "--run", "--call", "-x", "-Command"]);

/** Programs each of whose words may be a command. */
export const RUN_EACH_WORD = new Set(["concurrently", "parallel", "hyperfine"]);

/** Package managers run a program as `<manager> <verb> program`. */
export const RUNNERS: Readonly<Record<string, readonly string[]>> = {
  npm: ["exec", "x"],
  pnpm: ["exec", "dlx"],
  yarn: ["exec", "dlx", "run"],
  bun: ["x", "run"],
};

export const SHELLS = new Set([
  "sh",
  "bash",
  "zsh",
  "dash",
  "ksh",
  "fish",
  "ash",
  "pwsh",
  "powershell",
  "$SHELL",
  "${SHELL}",
  "$BASH",
  "$0",
]);

/**
 * Programs for which a command is text, or that run it on another machine or in a container, where neither this repository nor the account
 * of this user is at stake. Any other program that is given `codex exec …` as words of its own is taken for one that runs it.
 */
export const NEVER_RUN = new Set(
  (
    "echo printf cat tee read true false test [ [[ : case for select set unset unalias type which whereis man info help hash " +
    "grep egrep fgrep zgrep rg ag ack sed head tail less more bat wc sort uniq cut tr diff cmp comm column jq yq fmt fold nl " +
    "ls ll tree file stat du touch rm rmdir mkdir mv cp ln chmod chown install realpath readlink basename dirname cd pushd open " +
    "vim vi nvim nano emacs code gedit ps pgrep pkill kill killall jobs fg bg wait disown history fc return exit " +
    "gh glab hub curl wget http logger notify-send say cco claude gemini aider cursor sqlite3 psql mysql " +
    "ssh scp sftp rsync mosh docker podman nerdctl kubectl oc helm docker-compose vagrant multipass lxc incus gcloud aws az"
  ).split(" "),
);
