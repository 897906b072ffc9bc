import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openJournalWriter } from "../../src/blackboard/journal.ts";
import { readJournalFolder } from "../../src/blackboard/journal-reader.ts";
import { makeJournalDecoder } from "../../src/blackboard/journal-decoder.ts";
import { encodeFacts, MAX_LINE_BYTES } from "../../src/blackboard/journal-lines.ts";
import type { Fact, JournalRecord } from "../../src/model/record.ts";
import { T0 } from "../support/worlds.ts";

const cancel = (task: string): Fact => ({ type: "cancel.requested", task, by: "me" });

let folder = "";
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "cco-journal-")), "board/journal");
  mkdirSync(folder, { recursive: true });
});
afterEach(() => rmSync(join(folder, "../.."), { recursive: true, force: true }));

const segment = (n: number): string => join(folder, `${String(n).padStart(6, "0")}.jsonl`);

async function openWriter(segmentBytes?: number) {
  return openJournalWriter(
    folder,
    (await readJournalFolder(folder)).end,
    segmentBytes === undefined ? {} : { segmentBytes },
  );
}

describe("decoding", () => {
  /** Batches of facts with all kinds of characters in them, and chunk sizes to feed them in. */
  const batches = fc.array(fc.array(fc.string({ unit: "binary", maxLength: 12 }), { minLength: 1, maxLength: 4 }), {
    maxLength: 6,
  });

  function encode(journal: readonly (readonly string[])[]): { records: JournalRecord[]; bytes: Buffer } {
    const records: JournalRecord[] = [];
    let text = "";
    for (const batch of journal) {
      const encoded = encodeFacts(batch.map(cancel), records.length + 1, T0);
      records.push(...encoded.records);
      text += encoded.text;
    }
    return { records, bytes: Buffer.from(text) };
  }

  function decode(bytes: Buffer, chunkBytes: number) {
    const decoder = makeJournalDecoder();
    decoder.beginSegment("file", true);
    for (let at = 0; at < bytes.length; at += chunkBytes) decoder.push(bytes.subarray(at, at + chunkBytes));
    return { ...decoder.endSegment(), records: decoder.records };
  }

  it("of any prefix yields a prefix of the records, whole batches only, and the rest is torn", () => {
    fc.assert(
      fc.property(batches, fc.nat(), fc.integer({ min: 1, max: 300 }), (journal, cut, chunkBytes) => {
        const { records, bytes } = encode(journal);
        const prefix = bytes.subarray(0, cut % (bytes.length + 1));
        const read = decode(prefix, chunkBytes);
        expect(read.records).toEqual(records.slice(0, read.records.length));
        expect(read.records.at(-1)?.more).toBeUndefined();
        expect(read.length + read.torn).toBe(prefix.length);
        // Nothing more than one batch is lost, and what is kept reads back whole.
        const longest = Math.max(
          0,
          ...journal.map((batch) => encodeFacts(batch.map(cancel), 1000, T0).text.length * 4),
        );
        expect(read.torn).toBeLessThanOrEqual(longest);
        expect(decode(prefix.subarray(0, read.length), chunkBytes)).toEqual({ ...read, torn: 0 });
      }),
      { numRuns: 500 },
    );
  });

  it("of a journal with one byte changed never yields other records than were written", () => {
    fc.assert(
      fc.property(batches, fc.nat(), fc.integer({ min: 0, max: 255 }), (journal, at, byte) => {
        const { records, bytes } = encode(journal);
        if (bytes.length === 0) return;
        const position = at % bytes.length;
        bytes[position] = byte;
        let read: readonly JournalRecord[];
        try {
          ({ records: read } = decode(bytes, 64));
        } catch (error) {
          expect(error).toHaveProperty("code", expect.stringMatching(/^BOARD_(?:CORRUPT|VERSION)$/));
          return;
        }
        // Only the content of one record can differ; numbers and order cannot.
        expect(read.map(({ seq }) => seq)).toEqual(records.slice(0, read.length).map(({ seq }) => seq));
      }),
      { numRuns: 500 },
    );
  });

  it("names the line that is not UTF-8", () => {
    const { bytes } = encode([["a"], ["b"], ["c"]]);
    const second = bytes.indexOf("\n") + 1;
    bytes[bytes.indexOf('"b"') + 1] = 0xff;
    expect(() => decode(bytes, 1000)).toThrow(
      expect.objectContaining({ code: "BOARD_CORRUPT", data: { file: "file", offset: second } }),
    );
  });

  it("does not hold a line without an end in memory for ever", () => {
    const decoder = makeJournalDecoder();
    decoder.beginSegment("file", true);
    const chunk = Buffer.alloc(1024 * 1024, "x");
    expect(() => {
      for (let bytes = 0; bytes <= MAX_LINE_BYTES; bytes += chunk.length) decoder.push(chunk);
    }).toThrow(expect.objectContaining({ code: "BOARD_CORRUPT" }));
  });
});

describe("segments", () => {
  it("are closed when they are full, and read as one journal", async () => {
    const writer = await openWriter(1000);
    for (let i = 0; i < 30; i += 1) await writer.append([cancel(`task-${i}`), cancel("b")], T0);
    await writer.close();
    const names = readdirSync(folder).sort();
    expect(names.length).toBeGreaterThan(3);
    for (const name of names.slice(0, -1)) expect(statSync(join(folder, name)).size).toBeGreaterThanOrEqual(1000);
    const { records, end } = await readJournalFolder(folder);
    expect(records.map(({ seq }) => seq)).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
    expect(end).toMatchObject({ segment: names.length, torn: 0, nextSeq: 61 });
  });

  it("may be empty when the engine died after making one", async () => {
    const writer = await openWriter();
    await writer.append([cancel("a")], T0);
    await writer.close();
    writeFileSync(segment(2), "");
    const next = await openWriter();
    await next.append([cancel("b")], T0);
    await next.close();
    expect(readFileSync(segment(2), "utf8")).toContain('"seq":2');
    expect((await readJournalFolder(folder)).records).toHaveLength(2);
  });

  it("other than the last must be whole", async () => {
    const writer = await openWriter(10);
    await writer.append([cancel("a")], T0);
    await writer.append([cancel("b")], T0);
    await writer.close();
    const whole = readFileSync(segment(1));
    writeFileSync(segment(1), whole.subarray(0, -1));
    await expect(readJournalFolder(folder)).rejects.toMatchObject({
      code: "BOARD_CORRUPT",
      data: { file: segment(1), offset: 0 },
    });
    await expect(readJournalFolder(folder)).rejects.toHaveProperty(
      "hint",
      expect.stringContaining("segments after it"),
    );
    rmSync(segment(1));
    await expect(readJournalFolder(folder)).rejects.toMatchObject({
      code: "BOARD_CORRUPT",
      data: { file: segment(2), offset: 0 },
    });
  });

  it("are looked for by name only; other files do not disturb", async () => {
    writeFileSync(join(folder, "notes.txt"), "mine");
    writeFileSync(join(folder, "1.jsonl"), "mine");
    expect(await readJournalFolder(folder)).toMatchObject({ records: [], end: { segment: 0 } });
  });
});

describe("a writer", () => {
  it("refuses to write after another program has", async () => {
    const writer = await openWriter();
    await writer.append([cancel("a")], T0);
    const before = readFileSync(segment(1), "utf8");
    appendFileSync(segment(1), "something else\n");
    await expect(writer.append([cancel("b")], T0)).rejects.toMatchObject({ code: "BOARD_CORRUPT" });
    expect(readFileSync(segment(1), "utf8")).toBe(`${before}something else\n`);
    await writer.close();
  });

  it("notices that its file is gone instead of writing into nothing", async () => {
    const writer = await openWriter();
    await writer.append([cancel("a")], T0);
    rmSync(segment(1));
    await expect(writer.append([cancel("b")], T0)).rejects.toMatchObject({ code: "BOARD_CORRUPT" });
    await writer.close();
  });

  it("goes on when a folder that was away is back", async () => {
    const writer = await openWriter(10);
    await writer.append([cancel("a")], T0);
    renameSync(folder, `${folder}-away`);
    await expect(writer.append([cancel("b")], T0)).rejects.toMatchObject({ code: "BOARD_WRITE" });
    renameSync(`${folder}-away`, folder);
    expect(await writer.append([cancel("c")], T0)).toMatchObject([{ seq: 2 }]);
    await writer.close();
    expect((await readJournalFolder(folder)).records.map(({ fact }) => fact)).toEqual([cancel("a"), cancel("c")]);
  });
});
