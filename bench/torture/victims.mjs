// Who can be killed, and who must not be left: processes found by what they are, not by what cco says of them.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

function textOf(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Gone meanwhile, or not ours.
    return "";
  }
}

function isAlive(pid) {
  const status = textOf(`/proc/${pid}/status`);
  return status !== "" && !/^State:\t[ZX]/m.test(status);
}

/** Living processes that name this text in their command line, or in an entry of their environment. */
export function processesNaming(text) {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid && isAlive(name))
    .map((pid) => ({ pid: Number(pid), line: textOf(`/proc/${pid}/cmdline`).replaceAll("\0", " ") }))
    .filter(({ pid, line }) => line.includes(text) || textOf(`/proc/${pid}/environ`).includes(text));
}

function jsonOf(path) {
  try {
    return JSON.parse(textOf(path));
  } catch {
    // Not there, or just being replaced.
    return null;
  }
}

function attempts(board) {
  const tasks = existsSync(join(board, "tasks")) ? readdirSync(join(board, "tasks")) : [];
  return tasks.flatMap((task) => {
    const folder = join(board, "tasks", task, "attempts");
    return existsSync(folder) ? readdirSync(folder).map((attempt) => join(folder, attempt)) : [];
  });
}

/** Processes of attempts whose end was written down a second ago or more: nobody may be left of those. */
export function lingering({ board }) {
  const ended = attempts(board).filter((dir) => {
    const exit = statSync(join(dir, "exit.json"), { throwIfNoEntry: false });
    return exit !== undefined && Date.now() - exit.mtimeMs > 1000;
  });
  if (ended.length === 0) return [];
  return processesNaming("CCO_ATTEMPT_DIR=").filter(({ pid }) => {
    const own = textOf(`/proc/${pid}/environ`).split("\0");
    return ended.some((dir) => own.includes(`CCO_ATTEMPT_DIR=${dir}`));
  });
}

const FINDERS = {
  engine: ({ board }) => [jsonOf(join(board, "engine.lock"))?.pid],
  supervisor: ({ board }) => attempts(board).map((dir) => jsonOf(join(dir, "supervisor.json"))?.pid),
  codex: ({ board }) => attempts(board).map((dir) => jsonOf(join(dir, "supervisor.json"))?.workerPid),
  claude: ({ board, env }) =>
    processesNaming(`CCO_JOB=${board}`)
      .filter(({ line }) => line.startsWith(env.CCO_CLAUDE_BIN))
      .map(({ pid }) => pid),
};

/** Kills whoever works at the moment, all at once, as a machine that goes down does; true when there was anybody. */
export function killAll(stage) {
  return Object.keys(FINDERS).filter((kind) => killEvery(kind, stage)).length > 0;
}

function killEvery(kind, stage) {
  let killed = false;
  while (killOne(kind, stage, (list) => list[0])) killed = true;
  return killed;
}

/** Kills one process of this kind, if there is one; true when it did. `pick` takes one of a list. */
export function killOne(kind, stage, pick) {
  const found = FINDERS[kind](stage).filter((pid) => typeof pid === "number" && pid > 1 && isAlive(pid));
  if (found.length === 0) return false;
  try {
    process.kill(pick(found), "SIGKILL");
    return true;
  } catch {
    // It ended in this moment.
    return false;
  }
}
