import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { folderNumber } from "../../kernel/ids.ts";
import { readTextIfThere } from "../../process/attempt-files.ts";
import { createFileOnce } from "../../process/atomic-file.ts";

/**
 * Folders of an attempt through which supervisor and engine talk: `asks` and `steered` are written by the supervisor, `answers` and
 * `steer` by the engine. A file appears whole and is never changed.
 */
const MAIL_FOLDERS = ["asks", "answers", "steer", "steered"] as const;
/** Most questions of one attempt; a worker that asks on and on is declined without one. */
export const MOST_ASKS = 200;

type MailFolder = (typeof MAIL_FOLDERS)[number];

/** Makes the folders, so that they can be watched. */
export function openMail(dir: string): void {
  for (const folder of MAIL_FOLDERS) mkdirSync(join(dir, folder), { recursive: true });
}

/** Writes one piece of mail unless it is there already; says whether it did. Throws system errors. */
export function sendMail(
  dir: string,
  folder: MailFolder,
  mail: { readonly n: number; readonly value: unknown },
): boolean {
  mkdirSync(join(dir, folder), { recursive: true });
  return createFileOnce(mailFile(dir, folder, mail.n), `${JSON.stringify(mail.value, null, 1)}\n`, "synced");
}

/** Text of one piece of mail; null when it is not there. */
export function readMail(dir: string, folder: MailFolder, n: number): string | null {
  return readTextIfThere(mailFile(dir, folder, n));
}

function mailFile(dir: string, folder: MailFolder, n: number): string {
  return join(dir, folder, `${folderNumber(n)}.json`);
}
