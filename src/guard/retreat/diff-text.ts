/** One line of a change. `line`: 1-based in the old file for removed lines, in the new file for added ones. */
export interface DiffLine {
  readonly line: number;
  readonly text: string;
}

/** Lines that were replaced in one place: removed ones and those that came for them, with no unchanged line between. */
export interface DiffBlock {
  readonly removed: readonly DiffLine[];
  readonly added: readonly DiffLine[];
  /** Unchanged lines right before and right after, as far as the diff shows them. */
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** The last line before it that begins in the first column: what it stands in. Empty at the top of a file. */
  readonly scope: string;
}

interface OpenBlock extends DiffBlock {
  readonly removed: DiffLine[];
  readonly added: DiffLine[];
  readonly after: string[];
}

/** What a unified diff says of one file. `from` differs from `path` after a rename. Binary files have no blocks. */
export interface FileDiff {
  readonly path: string;
  readonly from: string;
  readonly status: "added" | "deleted" | "modified";
  readonly binary: boolean;
  readonly blocks: readonly DiffBlock[];
}

interface OpenFile {
  path: string;
  from: string;
  status: FileDiff["status"];
  binary: boolean;
  readonly blocks: OpenBlock[];
}

/** Lines of the present hunk that are still to come, and their numbers. */
interface OpenHunk {
  oldLine: number;
  newLine: number;
  oldLeft: number;
  newLeft: number;
  /** Unchanged lines since the last change. */
  context: string[];
  scope: string;
  last: OpenBlock | null;
}

/**
 * Reads a unified diff as git writes it. Never throws: a line that fits nowhere is passed over, a diff that was cut off ends early.
 * Lines of a hunk are told from headers by the counts of the hunk, so that no content can pass for a header.
 */
export function parseDiff(text: string): readonly FileDiff[] {
  const files: OpenFile[] = [];
  let file: OpenFile | undefined;
  let hunk: OpenHunk | null = null;
  let block: OpenBlock | null = null;
  for (const line of text.split("\n")) {
    if (hunk !== null && file !== undefined && (hunk.oldLeft > 0 || hunk.newLeft > 0)) {
      const mark = line.charAt(0);
      if (mark === "-" || mark === "+") {
        if (block === null) file.blocks.push((block = openBlock(hunk)));
        takeLine(hunk, block, line);
      } else if (mark !== "\\") {
        block = null;
        skipLine(hunk, line);
      }
      if (mark !== "+" && /^[A-Za-z_$]/.test(line.slice(1))) hunk.scope = line.slice(1);
      continue;
    }
    [hunk, block] = [openHunk(line), null];
    if (hunk !== null) continue;
    if (line.startsWith("diff --git ")) files.push((file = openFile(line)));
    else if (file !== undefined) readHeader(file, line);
  }
  return files;
}

function openBlock(hunk: OpenHunk): OpenBlock {
  const block = { removed: [], added: [], before: hunk.context, after: [], scope: hunk.scope };
  [hunk.context, hunk.last] = [[], block];
  return block;
}

function takeLine(hunk: OpenHunk, block: OpenBlock, line: string): void {
  const text = line.slice(1);
  if (line.startsWith("-")) {
    block.removed.push({ line: hunk.oldLine, text });
    hunk.oldLine += 1;
    hunk.oldLeft -= 1;
  } else {
    block.added.push({ line: hunk.newLine, text });
    hunk.newLine += 1;
    hunk.newLeft -= 1;
  }
}

function skipLine(hunk: OpenHunk, line: string): void {
  hunk.context.push(line.slice(1));
  hunk.last?.after.push(line.slice(1));
  hunk.oldLine += 1;
  hunk.newLine += 1;
  hunk.oldLeft -= 1;
  hunk.newLeft -= 1;
}

function openHunk(line: string): OpenHunk | null {
  const found = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)/.exec(line);
  if (found === null) return null;
  const [, oldLine, oldLeft = "1", newLine, newLeft = "1", scope = ""] = found;
  return {
    oldLine: Number(oldLine),
    newLine: Number(newLine),
    oldLeft: Number(oldLeft),
    newLeft: Number(newLeft),
    context: [],
    scope,
    last: null,
  };
}

/** The names on this line cannot always be told apart (spaces); the lines after it say them again wherever they matter. */
function openFile(line: string): OpenFile {
  const rest = line.slice("diff --git ".length);
  const half = rest.startsWith('"')
    ? (/^("(?:[^"\\]|\\.)*") /.exec(rest)?.[1] ?? "")
    : rest.slice(0, (rest.length - 1) / 2);
  const path = withoutPrefix(unquote(half));
  return { path, from: path, status: "modified", binary: false, blocks: [] };
}

function readHeader(file: OpenFile, line: string): void {
  if (line.startsWith("new file mode")) file.status = "added";
  else if (line.startsWith("deleted file mode")) file.status = "deleted";
  else if (line.startsWith("Binary files ")) file.binary = true;
  else if (line.startsWith("rename from ")) file.from = unquote(line.slice("rename from ".length));
  else if (line.startsWith("rename to ")) file.path = unquote(line.slice("rename to ".length));
  else if (line.startsWith("--- ") && line !== "--- /dev/null") file.from = withoutPrefix(unquote(nameOf(line)));
  else if (line.startsWith("+++ ") && line !== "+++ /dev/null") file.path = withoutPrefix(unquote(nameOf(line)));
  if (file.status === "added") file.from = file.path;
  if (file.status === "deleted") file.path = file.from;
}

/** git ends a name that holds a space with a tab. */
function nameOf(line: string): string {
  return line.slice(4).replace(/\t$/, "");
}

function withoutPrefix(name: string): string {
  return name.replace(/^[ab]\//, "");
}

const ESCAPES: Readonly<Record<string, string>> = { a: "\x07", b: "\b", t: "\t", n: "\n", v: "\v", f: "\f", r: "\r" };

/** A name in git's C quotes, which it uses for bytes that are not plain ASCII. */
function unquote(name: string): string {
  if (!name.startsWith('"') || !name.endsWith('"')) return name;
  const bytes: number[] = [];
  for (const [, octal, escape, plain] of name.slice(1, -1).matchAll(/\\([0-7]{3})|\\(.)|([^\\]+)/gs)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8));
    else bytes.push(...new TextEncoder().encode(plain ?? ESCAPES[escape ?? ""] ?? escape ?? ""));
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}
