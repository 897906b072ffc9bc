import { join } from "node:path";
import type { Project } from "../project.ts";

/** Folder of a review of its own, by its id (a ULID). */
export function reviewFolder(project: Project, id: string): string {
  return join(project.board, "reviews", id);
}

/** Says which process holds the review: while it lives its copies are not swept. */
export function reviewProcessFile(project: Project, id: string): string {
  return join(reviewFolder(project, id), "process.json");
}
