import type { Drill } from "./drill.ts";
import type { DRILL_NAMES } from "./names.ts";
import { HEALTHY_DRILLS } from "./healthy-drills.ts";
import { PROCESS_DRILLS } from "./process-drills.ts";
import { PROVIDER_DRILLS } from "./provider-drills.ts";
import { STREAM_DRILLS } from "./stream-drills.ts";

/** The fault matrix, in the order of the table. */
export const DRILLS: Readonly<Record<(typeof DRILL_NAMES)[number], Drill>> = {
  ...HEALTHY_DRILLS,
  ...PROVIDER_DRILLS,
  ...STREAM_DRILLS,
  ...PROCESS_DRILLS,
};
