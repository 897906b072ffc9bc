import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { makeJsonlFramer, readJsonl, type Framed } from "../../src/process/jsonl.ts";

const LIMIT = 40;

function frame(chunks: readonly Uint8Array[], limit = LIMIT): Framed[] {
  const framer = makeJsonlFramer(limit);
  return [...chunks.flatMap((chunk) => framer.push(chunk)), ...framer.end()];
}

function frameText(text: string, limit = LIMIT): Framed[] {
  return frame([Buffer.from(text)], limit);
}

const record = (value: unknown, bytes: number): Framed => ({ kind: "record", value, bytes });
const noise = (text: string): Framed => ({ kind: "noise", text });

describe("JSON lines", () => {
  it.each<[string, string, Framed[]]>([
    ["nothing", "", []],
    ["one record", '{"a":1}\n', [record({ a: 1 }, 7)]],
    ["a last line without LF", '{"a":1}\n{"b":2}', [record({ a: 1 }, 7), record({ b: 2 }, 7)]],
    ["a record cut in the middle", '{"a":1}\n{"b":', [record({ a: 1 }, 7), noise('{"b":')]],
    ["a trailing CR", '{"a":1}\r\n', [record({ a: 1 }, 8)]],
    ["a CR inside a line is data", "a\rb\n", [noise("a\rb")]],
    ["empty lines", "\n\r\n\n", []],
    ["noise between records", "npm warn\n1\n", [noise("npm warn"), record(1, 1)]],
    ["U+2028 and U+2029 are data", '"a\u2028b\u2029c"\n', [record("a\u2028b\u2029c", 11)]],
    ["NEL and form feed are data", "a\u0085b\fc\n", [noise("a\u0085b\fc")]],
    ["exactly the limit", `${"x".repeat(LIMIT)}\n`, [noise("x".repeat(LIMIT))]],
    [
      "one byte more, then goes on",
      `${"x".repeat(LIMIT + 1)}\n2\n`,
      [{ kind: "oversize", bytes: LIMIT + 1 }, record(2, 1)],
    ],
    ["oversize at the end", "x".repeat(LIMIT * 3), [{ kind: "oversize", bytes: LIMIT * 3 }]],
    ["the limit counts bytes", `${"ü".repeat(LIMIT / 2 + 1)}\n`, [{ kind: "oversize", bytes: LIMIT + 2 }]],
  ])("%s", (_name, text, expected) => {
    expect(frameText(text)).toEqual(expected);
  });

  it("replaces invalid UTF-8 and does not throw", () => {
    expect(frame([Uint8Array.from([0x22, 0xff, 0x22, 0x0a])])).toEqual([record("\ufffd", 3)]);
  });

  it("does not throw on JSON that is nested without end", () => {
    const text = "[".repeat(200_000);
    expect(frameText(text, 1_000_000)).toEqual([noise(text)]);
  });

  it("keeps its own copy of an unfinished line", () => {
    const framer = makeJsonlFramer(LIMIT);
    const reused = Buffer.from('{"a"');
    expect(framer.push(reused)).toEqual([]);
    reused.fill(0);
    expect(framer.push(Buffer.from(":1}\n"))).toEqual([record({ a: 1 }, 7)]);
  });

  it("holds nothing of a line that is too long", () => {
    const framer = makeJsonlFramer(10);
    for (let i = 0; i < 1000; i += 1) expect(framer.push(Buffer.alloc(1000, 0x61))).toEqual([]);
    expect(framer.push(Buffer.from("\n1\n"))).toEqual([{ kind: "oversize", bytes: 1_000_000 }, record(1, 1)]);
  });

  it("yields the same frames however the bytes are cut", () => {
    const piece = fc.oneof(
      fc.json({ maxDepth: 2 }).map((text) => `${text}\n`),
      fc.constantFrom("\n", "\r\n", "\r", "\u2028", "ü", "🦀", "\n\n", "noise", "x".repeat(LIMIT + 3)),
      fc.string({ unit: "binary" }),
    );
    const cuts = fc.array(fc.nat(64));
    fc.assert(
      fc.property(fc.array(piece), cuts, (pieces, sizes) => {
        const bytes = Buffer.from(pieces.join(""));
        const chunks: Buffer[] = [];
        let at = 0;
        for (const size of sizes) {
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        chunks.push(bytes.subarray(at));
        expect(frame(chunks)).toEqual(frame([bytes]));
        expect(frame([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(frame([bytes]));
      }),
      { numRuns: 300 },
    );
  });
});

describe("JSON lines of a file", () => {
  it("streams a file that is larger than one read", async () => {
    const dir = await mkdtemp(join(tmpdir(), "cco-jsonl-"));
    try {
      const path = join(dir, "events.jsonl");
      const values = Array.from({ length: 5000 }, (_, n) => ({ n, text: "äöü\u2028" }));
      await writeFile(path, values.map((value) => `${JSON.stringify(value)}\n`).join(""));
      const seen: unknown[] = [];
      for await (const framed of readJsonl(path, 1000)) seen.push(framed.kind === "record" ? framed.value : framed);
      expect(seen).toEqual(values);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it("has no frames when the file does not exist", async () => {
    for await (const framed of readJsonl("/nonexistent/events.jsonl", 1000)) expect.fail(JSON.stringify(framed));
  });
});
