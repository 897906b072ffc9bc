import { Buffer } from "node:buffer";
import type { FileHandle } from "node:fs/promises";
import { openIfThere } from "./open-if-there.ts";

/** Read at one look, in bytes: of a file that grows faster the rest is read a little later. */
const LOOK_BYTES = 8 * 1024 * 1024;
const READ_BYTES = 256 * 1024;

const LF = 10;

/** Follows a growing file of lines, each look from where the last one ended. */
export interface LineFollower {
  /** Hands on the lines that are new and whole; nothing while the file is not there. */
  read(path: string, onLine: (line: Buffer) => void): Promise<void>;
}

/** A follower at the beginning of a file. Lines of more than `lineBytes` are passed over. */
export function followLines(lineBytes: number): LineFollower {
  let offset = 0;
  /** Begin of a line that was not whole yet; null while the rest of one that is too long is passed over. */
  let rest: Buffer | null = Buffer.alloc(0);

  function take(bytes: Buffer, onLine: (line: Buffer) => void): void {
    let from = 0;
    for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, from)) {
      const part = bytes.subarray(from, at);
      from = at + 1;
      if (rest !== null && rest.length + part.length <= lineBytes)
        onLine(rest.length === 0 ? part : Buffer.concat([rest, part]));
      rest = Buffer.alloc(0);
    }
    const begun = bytes.subarray(from);
    rest = rest !== null && rest.length + begun.length <= lineBytes ? Buffer.concat([rest, begun]) : null;
  }

  async function readOn(file: FileHandle, onLine: (line: Buffer) => void): Promise<void> {
    const until = offset + LOOK_BYTES;
    while (offset < until) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, offset);
      if (bytesRead === 0) return;
      offset += bytesRead;
      take(buffer.subarray(0, bytesRead), onLine);
    }
  }

  return {
    async read(path, onLine) {
      const file = await openIfThere(path);
      if (file === null) return;
      try {
        // The common case: nothing has come.
        if ((await file.stat()).size > offset) await readOn(file, onLine);
      } finally {
        await file.close();
      }
    },
  };
}
