import { succeed, type Result } from "../kernel/result.ts";
import type { CcoError } from "../kernel/errors.ts";
import type { Worker, WorkerReadiness } from "../ports/worker.ts";
import { hasExit, readClaim, readLaunched, supervisorOf } from "../process/attempt-files.ts";
import { launchSupervised } from "../process/launch.ts";
import { stopSupervised, watchExit } from "../process/watch.ts";
import { prepareAttempt, type StartContext } from "./attempt-start.ts";
import { collectAttempt } from "./collect.ts";
import { describeConfinement } from "./confinement.ts";
import type { CodexHost } from "./host.ts";
import { findInstallation } from "./installation.ts";
import { readProgress } from "./progress.ts";
import { sweepShadowHomes } from "./shadow-home.ts";
import { readUserSetup } from "./user-config.ts";
import { atLeast, STRIPS_CAPABILITIES, versionText } from "./version.ts";

/** Workers that are `codex exec` processes on this machine, each under a supervisor of its own. */
export function createCodexWorker(host: CodexHost): Worker {
  return {
    readiness: async () => {
      const context = await startContext(host);
      if (!context.ok) return context;
      await sweepShadowHomes(host);
      return succeed(readinessOf(context.value));
    },
    launch: async (order) => {
      if (hasExit(order.dir) || readClaim(order.dir) !== "none") return;
      const context = await startContext(host);
      if (!context.ok) throw context.error;
      await launchSupervised(order.dir, await prepareAttempt(context.value, order));
    },
    holder: (dir) => supervisorOf(dir) ?? readLaunched(dir),
    watch: watchExit,
    collect: (order, exit) => collectAttempt(host, order, exit),
    progress: readProgress,
    stop: stopSupervised,
  };
}

async function startContext(host: CodexHost): Promise<Result<StartContext, CcoError>> {
  const installation = await findInstallation(host);
  if (!installation.ok) return installation;
  const user = await readUserSetup(host);
  return user.ok ? succeed({ host, installation: installation.value, user: user.value }) : user;
}

function readinessOf({ installation, user }: StartContext): WorkerReadiness {
  const { version, dialect } = installation.capabilities;
  const facts = { root: process.getuid?.() === 0, strips: atLeast(version, STRIPS_CAPABILITIES) };
  return {
    path: installation.binary.path,
    version: versionText(version),
    account: user.account,
    confinement: describeConfinement(dialect, facts),
    login: user.login,
  };
}
