import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { systemCode } from "../kernel/errors.ts";
import { parseJson } from "../kernel/json.ts";
import { stateFolder } from "./host.ts";
import type { Project } from "./project.ts";
import { readText } from "./board/read-text.ts";

const noteSchema = z.object({ root: z.string() });

function folder(): string {
  return join(stateFolder(), "projects");
}

/** Notes in the user's state folder that cco is used in this project. Where that cannot be written, it is not noted. */
export function rememberProject(project: Project): void {
  const name = createHash("sha256").update(project.root).digest("hex").slice(0, 16);
  const file = join(folder(), `${name}.json`);
  try {
    if (existsSync(file)) return;
    mkdirSync(folder(), { recursive: true, mode: 0o700 });
    writeFileSync(file, `${JSON.stringify({ root: project.root })}\n`);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}

/** This project and all others of the user in which cco was used and that are still there, by path. */
export function knownProjects(project: Project): Project[] {
  const roots = new Set([project.root]);
  for (const name of existsSync(folder()) ? readdirSync(folder()) : []) {
    const note = noteSchema.safeParse(parseJson(readText(join(folder(), name)) ?? ""));
    if (note.success && existsSync(join(note.data.root, ".cco"))) roots.add(note.data.root);
  }
  return [...roots].toSorted((a, b) => a.localeCompare(b)).map((root) => ({ root, board: join(root, ".cco") }));
}
