/** Keeps the last bytes of a stream that may be endless. */
export interface OutputTail {
  push(chunk: Buffer): void;
  /** The kept bytes as text; a character that the cut went through is left out. */
  text(): string;
}

/** Holds at most `limitBytes` and one chunk. */
export function makeOutputTail(limitBytes: number): OutputTail {
  let chunks: Buffer[] = [];
  let length = 0;
  let cut = false;
  return {
    push(chunk) {
      chunks.push(chunk);
      length += chunk.length;
      for (let first = chunks[0]; first !== undefined && length - first.length >= limitBytes; first = chunks[0]) {
        chunks.shift();
        length -= first.length;
        cut = true;
      }
    },
    text() {
      const whole = Buffer.concat(chunks, length);
      const kept = whole.subarray(Math.max(0, length - limitBytes));
      chunks = [kept];
      cut = cut || kept.length < length;
      length = kept.length;
      return (cut ? kept.subarray(firstCharacter(kept)) : kept).toString("utf8");
    },
  };
}

/** Index of the first byte that starts a UTF-8 character; at most three bytes in front of it continue one. */
function firstCharacter(bytes: Buffer): number {
  let at = 0;
  while (at < 3 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at += 1;
  return at;
}
