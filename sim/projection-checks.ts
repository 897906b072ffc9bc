import * as z from "zod";
import type { MemoryDisk } from "../src/blackboard/memory-disk.ts";
import { NO_PICTURE, pictureOf } from "./project-record.ts";
import type { SimProject, SimWorld } from "./sim-world.ts";

/** What a status file has to hold for the simulator. */
const shownSchema = z.object({
  status: z.string(),
  attempts: z.number(),
  card: z.string().optional(),
  usage: z.object({ inputTokens: z.number(), outputTokens: z.number() }),
});

export type ShownTask = z.infer<typeof shownSchema>;

/** Pictures by the text of a status file: most files are as they were the round before. */
const pictures = new Map<string, string>();
const KEPT_PICTURES = 1000;

/** The board shows of every task something that was true since the projection before, and the cards that were open all the time. */
export function checkProjection(world: SimWorld, project: SimProject): void {
  const { record, disk } = project;
  const { findings } = world;
  for (const task of record.world.tasks.values()) {
    const shown = pictureOnDisk(disk, task.id);
    const allowed = record.recent.statuses.get(task.id);
    const fits = allowed === undefined || allowed.has(shown);
    findings.expect(
      fits,
      "projection",
      `${project.name} ${task.id}`,
      () => `it shows "${shown}", it is "${pictureOf(task)}"`,
    );
  }
  const { cards, openBefore } = record.recent;
  const open = openCards(project);
  for (const id of open) {
    const isShown = !openBefore.has(id) || disk.files.has(`decisions/pending/${id}.json`);
    findings.expect(isShown, "card-lost", `${project.name} ${id}`, () => "it is open and not on the board");
  }
  for (const id of pendingCards(project)) {
    findings.expect(
      cards.has(id),
      "card-lost",
      `${project.name} ${id}`,
      () => "it is on the board and not open any more",
    );
  }
}

/** Ids of the cards that hold a task now. */
export function openCards({ record }: SimProject): Set<string> {
  const ids = new Set<string>();
  for (const { state } of record.world.tasks.values()) if (state.at === "blocked") ids.add(state.card.id);
  return ids;
}

/** Ids of the cards that lie on the board as open. */
export function pendingCards({ disk }: SimProject): string[] {
  const names = [...disk.files.keys()].filter((path) => path.startsWith("decisions/pending/"));
  return [...new Set(names.map((path) => path.replace(/^.*\/|\.(?:md|json)$/g, "")))];
}

/** A status file as the simulator reads it; null when there is none. */
export function readShown(text: string | undefined): ShownTask | null {
  return text === undefined ? null : shownSchema.parse(JSON.parse(text));
}

/** What the status file of a task shows, in short. */
export function pictureOnDisk(disk: MemoryDisk, task: string): string {
  const text = disk.files.get(`tasks/${task}/status.json`);
  const known = text === undefined ? NO_PICTURE : pictures.get(text);
  if (known !== undefined) return known;
  const shown = readShown(text);
  if (shown === null || text === undefined) return NO_PICTURE;
  const picture = `${shown.status}, ${shown.attempts} attempts, card ${shown.card ?? "none"}`;
  if (pictures.size >= KEPT_PICTURES) pictures.clear();
  pictures.set(text, picture);
  return picture;
}
