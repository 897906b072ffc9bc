import { openBoard } from "../../blackboard/board.ts";
import { openBreakers } from "../../blackboard/breakers.ts";
import { loadConfig } from "../../blackboard/config-file.ts";
import { crashAt } from "../../blackboard/crash-points.ts";
import { openSlots } from "../../blackboard/slots.ts";
import { openWindows } from "../../blackboard/windows.ts";
import { createCodexSandbox } from "../../codex/confinement/sandbox.ts";
import { createCodexWorker } from "../../codex/worker.ts";
import { runEngine } from "../../engine/engine.ts";
import { renderPrompt } from "../../envelope/prompt.ts";
import { createGitRepo } from "../../git/repo.ts";
import { isoTime } from "../../kernel/durations.ts";
import { systemCode } from "../../kernel/errors.ts";
import type { Config } from "../../model/config.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Reviewer } from "../../ports/reviewer.ts";
import { createNotifier } from "../../notify/notifier.ts";
import { processIdentities } from "../../process/process-identity.ts";
import { ownEnvironment } from "../../process/own-programs.ts";
import { boardForEngine } from "./engine-board.ts";
import { codexHost, stateFolder } from "../host.ts";
import { rememberProject } from "../known-projects.ts";
import { userCaps } from "../economy/user-caps.ts";
import { pricesOrShipped } from "../economy/prices.ts";
import type { Project } from "../project.ts";
import { systemClock, systemIds } from "../system.ts";
import { VERSION } from "../version.ts";

/** Ended tasks that the engine has at hand: as many as the page of the world lists. */
const RECENT_TASKS = 20;

/** The composition root of the engine: the real adapters on the real machine. `write` gets its log lines. */
export async function runProjectEngine(
  project: Project,
  signal: AbortSignal,
  write: (line: string) => void,
): Promise<void> {
  const host = codexHost();
  rememberProject(project);
  const clock = systemClock();
  const log = lineLog(write);
  const onCrashPoint = crashAt(process.env["CCO_CRASH_AT"], () => process.kill(process.pid, "SIGKILL"));
  await runEngine(
    {
      project: project.root,
      version: VERSION,
      pid: process.pid,
      board: boardForEngine(project, openBoard(project.board, { identity: processIdentities, onCrashPoint }), log),
      worker: createCodexWorker(host),
      sandbox: createCodexSandbox(host),
      reviewer: lazyReviewer(project, clock),
      repo: createGitRepo({ root: project.root, env: host.env }),
      slots: openSlots(stateFolder(), processIdentities),
      breakers: openBreakers(stateFolder(), processIdentities),
      windows: openWindows(stateFolder(), processIdentities),
      userCaps: userCaps(project, log),
      notifier: createNotifier({
        env: ownEnvironment(),
        cwd: project.root,
        job: `${project.board}/notify`,
        platform: process.platform,
        version: VERSION,
      }),
      clock,
      ids: systemIds(),
      log,
      random: Math.random,
      recentTasks: RECENT_TASKS,
      loadConfig: () => configOf(project, log),
      loadPrices: () => pricesOrShipped(project, log),
      renderPrompt,
    },
    signal,
  );
}

async function configOf(project: Project, log: Log): Promise<Config> {
  const { config, warnings } = await loadConfig(project.root);
  for (const warning of warnings) log.warn(warning);
  return config;
}

/** The reviewer's code is loaded when something is reviewed. */
function lazyReviewer(project: Project, clock: Clock): Reviewer {
  const load = async (): Promise<Reviewer> => {
    const { createClaudeReviewer } = await import("../../claude/reviewer.ts");
    return createClaudeReviewer({ env: ownEnvironment(), cwd: project.root, now: () => clock.now() });
  };
  return {
    readiness: async () => (await load()).readiness(),
    review: async (order, signal) => (await load()).review(order, signal),
    read: async (order, signal) => (await load()).read(order, signal),
    judge: async (order, signal) => (await load()).judge(order, signal),
    diagnose: async (order, signal) => (await load()).diagnose(order, signal),
    attack: async (order, signal) => (await load()).attack(order, signal),
  };
}

function lineLog(write: (line: string) => void): Log {
  const line = (level: string, message: string): void => {
    try {
      write(`${isoTime(Date.now())} ${level} ${message}\n`);
    } catch (error) {
      // On a full disk the log is the first to suffer; the work must not end with it.
      if (systemCode(error) === undefined) throw error;
    }
  };
  return { info: (message) => line("info", message), warn: (message) => line("warn", message) };
}
