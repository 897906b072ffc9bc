import { mkdir, open, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { describeThrown } from "../kernel/errors.ts";

/** Most that one log takes. */
const LOG_BYTES = 16 * 1024 * 1024;

/** A bounded log file. A log that cannot be written never stops the program whose output it takes. */
export interface OutputLog {
  push(chunk: Buffer): void;
  /** Waits for what is still to be written; returns what went wrong, or null. */
  close(): Promise<string | null>;
}

/** Starts the file afresh, with its folder. What exceeds 16 MB is dropped, and the last line of the file says so. */
export function openOutputLog(path: string): OutputLog {
  let left = LOG_BYTES;
  let failure: string | null = null;
  const fail = (error: unknown): null => {
    failure ??= `the log could not be written: ${describeThrown(error)}`;
    return null;
  };
  const file: Promise<FileHandle | null> = mkdir(dirname(path), { recursive: true })
    .then(() => open(path, "w"))
    .catch(fail);
  let written: Promise<unknown> = file;
  const append = (bytes: Buffer): void => {
    written = written.then(async () => (failure === null ? await (await file)?.appendFile(bytes) : null)).catch(fail);
  };
  return {
    push(chunk) {
      if (left <= 0) return;
      append(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) append(Buffer.from(`\n[output beyond ${LOG_BYTES} bytes was dropped]\n`));
    },
    async close() {
      await written;
      await (await file)?.close().catch(fail);
      return failure;
    },
  };
}
