import { openIfThere } from "./open-if-there.ts";

/**
 * One line of a JSON-lines stream. `record`: the line is JSON; `noise`: it is text; `oversize`: it was longer than the limit
 * and was dropped. `bytes`: length of the line without its LF. Empty lines yield nothing.
 */
export type Framed =
  | { readonly kind: "record"; readonly value: unknown; readonly bytes: number }
  | { readonly kind: "noise"; readonly text: string }
  | { readonly kind: "oversize"; readonly bytes: number };

export interface JsonlFramer {
  /** Takes the next bytes, cut anywhere; the chunk may be reused by the caller afterwards. */
  push(chunk: Uint8Array): Framed[];
  /** Takes the end of the stream: a last line without LF counts as a line. */
  end(): Framed[];
}

const LF = 0x0a;
const CR = 0x0d;
const READ_BYTES = 64 * 1024;

/**
 * Cuts a byte stream into lines at LF and nowhere else: U+2028 and a lone CR are data (readline would split there).
 * Never throws and never holds more than `maxLineBytes` of an unfinished line.
 */
export function makeJsonlFramer(maxLineBytes: number): JsonlFramer {
  let parts: Uint8Array[] = [];
  let length = 0;

  const take = (bytes: Uint8Array): void => {
    length += bytes.length;
    if (length > maxLineBytes) parts = [];
    else if (bytes.length > 0) parts.push(bytes);
  };
  const finish = (): Framed[] => {
    const framed = length > maxLineBytes ? { kind: "oversize" as const, bytes: length } : frameLine(parts, length);
    parts = [];
    length = 0;
    return framed === null ? [] : [framed];
  };

  return {
    push(chunk) {
      const framed: Framed[] = [];
      let start = 0;
      for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, start)) {
        take(chunk.subarray(start, at));
        framed.push(...finish());
        start = at + 1;
      }
      // A copy in every case: slice() of a Buffer would share its memory.
      take(new Uint8Array(chunk.subarray(start)));
      return framed;
    },
    end: finish,
  };
}

/** Streams a file as frames. A file that does not exist has no frames; other read errors are thrown as they are. */
export async function* readJsonl(path: string, maxLineBytes: number): AsyncGenerator<Framed, void, undefined> {
  const file = await openIfThere(path);
  if (file === null) return;
  try {
    const framer = makeJsonlFramer(maxLineBytes);
    const buffer = new Uint8Array(READ_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) break;
      yield* framer.push(buffer.subarray(0, bytesRead));
    }
    yield* framer.end();
  } finally {
    await file.close();
  }
}

/** Decodes the whole line at once, so a character cut by a chunk is whole again; invalid bytes become U+FFFD. */
function frameLine(parts: readonly Uint8Array[], bytes: number): Framed | null {
  const line = Buffer.concat(parts, bytes);
  const end = line[bytes - 1] === CR ? bytes - 1 : bytes;
  if (end === 0) return null;
  const text = line.toString("utf8", 0, end);
  try {
    const value: unknown = JSON.parse(text);
    return { kind: "record", value, bytes };
  } catch {
    // Not JSON (or nested too deeply to parse): the text itself is what there is to know.
    return { kind: "noise", text };
  }
}
