import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { systemCode } from "../kernel/errors.ts";
import {
  claimFolder,
  COMMAND_FILE,
  EXIT_FILE,
  hasExit,
  readTextIfThere,
  type SupervisorRecord,
  WARM_BEGIN,
  WARM_FLAG,
} from "./attempt-files.ts";
import { createFileOnce } from "./atomic-file.ts";
import { processIdentities } from "./process-identity.ts";
import { supervise } from "./supervise.ts";
import type { StartWorker } from "./worker-process.ts";
import { parseSupervisedCommand, type SupervisedCommand } from "./supervised-command.ts";

/**
 * Program: node supervisor.cjs ATTEMPT-FOLDER [--wait]. Claims the folder, runs the worker that command.json names, writes exit.json
 * once. Of several supervisors of one folder the first one works and the others end at once. With --wait it is started ahead of
 * time and touches nothing until its starter says so; a starter that ends without a word ends it. `start`: starts the worker.
 */
export function runSupervisor(start: StartWorker): void {
  const dir = process.argv[2];
  if (dir === undefined || !isAbsolute(dir)) {
    process.stderr.write("usage: supervisor ATTEMPT-FOLDER (an absolute path)\n");
    process.exit(2);
  }
  if (process.argv[3] === WARM_FLAG && readFileSync(0, "utf8") !== WARM_BEGIN) process.exit(0);
  main(dir, start).then(
    () => process.exit(0),
    (error: unknown) => {
      // Into supervisor.log; watchers find neither supervisor nor exit record and draw the conclusion.
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
}

async function main(folder: string, start: StartWorker): Promise<void> {
  // Before the claim: whoever reads the claim may send a signal at once.
  const stopped = stopRequest();
  const claim: SupervisorRecord = {
    v: 1,
    ...processIdentities.self(),
    workerPid: null,
    workerStartTime: null,
    pgid: null,
    startedAt: new Date().toISOString(),
  };
  if (hasExit(folder) || !claimFolder(folder, claim)) return;
  const exit = await supervise({ dir: folder, claim, start }, readCommand(folder), stopped);
  await writeExit(folder, `${JSON.stringify(exit)}\n`);
}

/** Time between two tries on a full disk, in ms. */
const FULL_DISK_MS = 1000;

/** A full disk is waited out: without its record an attempt that went well would count as lost. */
async function writeExit(folder: string, text: string): Promise<void> {
  for (;;) {
    try {
      createFileOnce(join(folder, EXIT_FILE), text, "synced");
      return;
    } catch (error) {
      if (!["ENOSPC", "EDQUOT"].includes(systemCode(error) ?? "")) throw error;
      await delay(FULL_DISK_MS);
    }
  }
}

/** Resolves at the first signal that asks to stop; further ones change nothing. */
function stopRequest(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => resolve());
  });
}

function readCommand(folder: string): SupervisedCommand | string {
  const text = readTextIfThere(join(folder, COMMAND_FILE));
  return text === null ? "command.json does not exist" : parseSupervisedCommand(text);
}
