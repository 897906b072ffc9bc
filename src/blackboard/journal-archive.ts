import { createReadStream, createWriteStream, renameSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { pipeline } from "node:stream/promises";
import type { CrashPoint } from "../ports/blackboard.ts";
import { makeFolderDurable, sweepTemporaries, syncFolder, temporaryBeside } from "./atomic-write.ts";
import { boardWriteError } from "./board-errors.ts";
import { archiveFile, archiveFolder, liveSegments, segmentFile } from "./journal-segments.ts";

/**
 * Moves every segment before `keep` into the archive, compressed: the copy is durable before the segment goes, so that at any instant one
 * of the two is whole. Done again from the start where it was cut off. Throws BOARD_WRITE.
 */
export async function archiveSegments(
  folder: string,
  keep: number,
  crashPoint: (point: CrashPoint) => void,
): Promise<void> {
  const covered = (await liveSegments(folder)).filter((segment) => segment < keep);
  if (covered.length === 0) return;
  await orBoardWrite(folder, async () => {
    await makeFolderDurable(archiveFolder(folder));
    sweepTemporaries(archiveFolder(folder));
  });
  for (const segment of covered) {
    await orBoardWrite(folder, () => compress(segmentFile(folder, segment), archiveFile(folder, segment)));
    crashPoint("archive.after-write");
    await orBoardWrite(folder, async () => rmSync(segmentFile(folder, segment), { force: true }));
    crashPoint("archive.after-remove");
  }
}

async function orBoardWrite(folder: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    throw boardWriteError(archiveFolder(folder), error);
  }
}

async function compress(from: string, to: string): Promise<void> {
  const temporary = temporaryBeside(to);
  // Loaded here: an engine of one small task archives nothing.
  const { createGzip } = await import("node:zlib");
  try {
    await pipeline(createReadStream(from), createGzip(), createWriteStream(temporary, { flags: "wx" }));
    const handle = await open(temporary, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    renameSync(temporary, to);
    await syncFolder(dirname(to));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
