import { CcoError, describeThrown, systemCode } from "../kernel/errors.ts";

/** Runs a write into a folder of the blackboard; system errors become BOARD_WRITE. */
export function writingBoard<T>(dir: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw new CcoError("BOARD_WRITE", `cannot write in ${dir}: ${describeThrown(error)}`, {
      data: { dir },
      cause: error,
    });
  }
}
