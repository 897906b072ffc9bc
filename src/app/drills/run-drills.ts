import { availableParallelism } from "node:os";
import { join } from "node:path";
import { findInstallation } from "../../codex/installed/installation.ts";
import { versionText } from "../../codex/installed/version.ts";
import { nearestName } from "../../kernel/did-you-mean.ts";
import { CcoError } from "../../kernel/errors.ts";
import type { DrillRun } from "../../model/drill.ts";
import { codexHost } from "../host.ts";
import { makeDrillFolder, removeDrillFolder } from "./drill-folder.ts";
import { DRILLS } from "./drills.ts";
import { DRILL_NAMES } from "./names.ts";
import { runDrill } from "./run-drill.ts";

/** What came of the drills; `drills` in the order of the table, also when they ended in another. */
export interface DrillReport {
  readonly codex: string;
  readonly drills: readonly DrillRun[];
}

/** How drills are run. */
export interface DrillOptions {
  /** Names; empty: all. */
  readonly names: readonly string[];
  readonly signal: AbortSignal;
  /** Called when a drill has ended; `done` of `all`. */
  readonly tell: (run: DrillRun, done: number, all: number) => void;
}

/**
 * Plays the fault matrix to the installed Codex, several drills at once, each in a folder of its own. Throws USAGE for an
 * unknown name and what `findInstallation` fails with. After an abort the drills that had ended are reported.
 */
export async function runDrills({ names, signal, tell }: DrillOptions): Promise<DrillReport> {
  const chosen = chooseDrills(names);
  const host = codexHost();
  const installation = await findInstallation(host);
  if (!installation.ok) throw installation.error;
  const { version } = installation.value.capabilities;
  const probe = join(host.stateDir, "codex-probe");
  const root = await makeDrillFolder(host.stateDir);
  const ended = new Map<string, DrillRun>();
  const waiting = [...chosen];
  const work = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined && !isOver(signal); name = waiting.shift()) {
      const plan = { dir: join(root, name), codex: installation.value.binary.path, probe, minor: version[1] };
      const run = await runDrill(name, DRILLS[name], plan, signal);
      if (isOver(signal)) return;
      ended.set(name, run);
      tell(run, ended.size, chosen.length);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(parallelDrills(), chosen.length) }, work));
  } finally {
    removeDrillFolder(root);
  }
  return { codex: versionText([...version]), drills: chosen.flatMap((name) => ended.get(name) ?? []) };
}

/** Asked again after every wait: the answer changes meanwhile. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** A drill waits about as long as it computes. */
function parallelDrills(): number {
  return Math.min(8, availableParallelism() + 2);
}

type DrillName = (typeof DRILL_NAMES)[number];

function chooseDrills(names: readonly string[]): readonly DrillName[] {
  const known: readonly string[] = DRILL_NAMES;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined)
    return names.length === 0 ? DRILL_NAMES : DRILL_NAMES.filter((name) => names.includes(name));
  const near = nearestName(unknown, known);
  throw new CcoError("USAGE", `there is no drill ${unknown}${near === undefined ? "" : `; did you mean ${near}?`}`, {
    hint: "cco drill --help lists them",
  });
}
