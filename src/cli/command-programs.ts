import type { Invocation } from "./invocation.ts";

/** A command's program; returns the exit code. */
export type CommandProgram = (invocation: Invocation) => Promise<number>;

/** Brings the program of each command of the table when it is called, so that a command loads only what it needs. */
export const COMMAND_PROGRAMS: Readonly<Record<string, () => Promise<CommandProgram>>> = {
  init: async () => (await import("./commands/init.ts")).runInit,
  doctor: async () => (await import("./commands/doctor.ts")).runDoctor,
  new: async () => (await import("./commands/new.ts")).runNew,
  lint: async () => (await import("./commands/lint.ts")).runLint,
  route: async () => (await import("./commands/route.ts")).runRoute,
  dispatch: async () => (await import("./commands/dispatch.ts")).runDispatch,
  status: async () => (await import("./commands/status.ts")).runStatus,
  wait: async () => (await import("./commands/wait.ts")).runWait,
  logs: async () => (await import("./commands/logs.ts")).runLogs,
  result: async () => (await import("./commands/result.ts")).runResult,
  triage: async () => (await import("./commands/triage.ts")).runTriage,
  diff: async () => (await import("./commands/diff.ts")).runDiff,
  cancel: async () => (await import("./commands/cancel.ts")).runCancel,
  steer: async () => (await import("./commands/steer.ts")).runSteer,
  retry: async () => (await import("./commands/retry.ts")).runRetry,
  resume: async () => (await import("./commands/resume.ts")).runResume,
  decide: async () => (await import("./commands/decide.ts")).runDecide,
  review: async () => (await import("./commands/review.ts")).runReview,
  ledger: async () => (await import("./commands/ledger.ts")).runLedger,
  budget: async () => (await import("./commands/budget.ts")).runBudget,
  window: async () => (await import("./commands/window.ts")).runWindow,
  breaker: async () => (await import("./commands/breaker.ts")).runBreaker,
  dead: async () => (await import("./commands/dead.ts")).runDead,
  config: async () => (await import("./commands/config.ts")).runConfig,
  drill: async () => (await import("./commands/drill.ts")).runDrillCommand,
  demo: async () => (await import("./commands/demo.ts")).runDemoCommand,
  engine: async () => (await import("./commands/engine.ts")).runEngineCommand,
  gc: async () => (await import("./commands/gc.ts")).runGc,
  mcp: async () => (await import("./commands/own-program.ts")).runOwnProgram,
  hook: async () => (await import("./commands/own-program.ts")).runOwnProgram,
  completion: async () => (await import("./commands/completion.ts")).runCompletion,
};
