import { openBoard } from "../blackboard/board.ts";
import { loadConfig } from "../blackboard/config-file.ts";
import { crashAt } from "../blackboard/crash-points.ts";
import { openSlots } from "../blackboard/slots.ts";
import { createClaudeReviewer } from "../claude/reviewer.ts";
import { createCodexSandbox } from "../codex/sandbox.ts";
import { createCodexWorker } from "../codex/worker.ts";
import { runEngine } from "../engine/engine.ts";
import { renderPrompt } from "../envelope/prompt.ts";
import { createGitRepo } from "../git/repo.ts";
import { isoTime } from "../kernel/durations.ts";
import type { Log } from "../ports/log.ts";
import { processIdentities } from "../process/process-identity.ts";
import { codexHost, ownEnvironment, stateFolder } from "./host.ts";
import type { Project } from "./project.ts";
import { systemClock, systemIds } from "./system.ts";
import { VERSION } from "./version.ts";

/** The composition root of the engine: the real adapters on the real machine. */
export async function runProjectEngine(project: Project, signal: AbortSignal): Promise<void> {
  const host = codexHost();
  const clock = systemClock();
  const onCrashPoint = crashAt(process.env["CCO_CRASH_AT"], () => process.kill(process.pid, "SIGKILL"));
  await runEngine(
    {
      project: project.root,
      version: VERSION,
      pid: process.pid,
      board: openBoard(project.board, { identity: processIdentities, onCrashPoint }),
      worker: createCodexWorker(host),
      sandbox: createCodexSandbox(host),
      reviewer: createClaudeReviewer({ env: ownEnvironment(), cwd: project.root, now: () => clock.now() }),
      repo: createGitRepo({ root: project.root }),
      slots: openSlots(stateFolder(), processIdentities),
      clock,
      ids: systemIds(),
      log: lineLog(),
      random: Math.random,
      loadConfig: async () => (await loadConfig(project.root)).config,
      renderPrompt,
    },
    signal,
  );
}

/** Log lines on stderr; a detached engine's stderr is `.cco/engine.log`. */
function lineLog(): Log {
  const write = (level: string, message: string): void =>
    void process.stderr.write(`${isoTime(Date.now())} ${level} ${message}\n`);
  return { info: (message) => write("info", message), warn: (message) => write("warn", message) };
}
