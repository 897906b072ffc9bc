import type { CrashPoint } from "../ports/blackboard.ts";
import type { ProcessIdentityReader } from "../ports/process-identity.ts";

/**
 * What a board needs to know of the world. `onCrashPoint`: called at every named crash point (see `crashAt`). `segmentBytes`,
 * `snapshotBytes`: size of a journal segment, and of the journal between two snapshots; the defaults are right for every machine.
 */
export interface BoardDeps {
  readonly identity: ProcessIdentityReader;
  readonly onCrashPoint?: (point: CrashPoint) => void;
  readonly segmentBytes?: number;
  readonly snapshotBytes?: number;
}
