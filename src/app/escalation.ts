import { join } from "node:path";
import * as z from "zod";
import { type EscalationRate, escalationRate } from "../decide/cards/escalation.ts";
import { isoTime } from "../kernel/durations.ts";
import { parseJson } from "../kernel/json.ts";
import { weekTallySchema } from "../model/event.ts";
import type { Project } from "./project.ts";
import { readText } from "./board/read-text.ts";
import { systemClock } from "./system.ts";

const fileSchema = z.object({ v: z.literal(1), weeks: z.array(weekTallySchema) });

/** How often tasks of this week needed a person, from the counts that the engine keeps. */
export function readEscalation(project: Project): EscalationRate {
  const text = readText(join(project.board, "escalation.json"));
  const file = fileSchema.safeParse(text === null ? undefined : parseJson(text)).data;
  return escalationRate(file?.weeks ?? [], isoTime(systemClock().now()));
}
