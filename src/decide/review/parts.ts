/** Changed lines above which a change is reviewed in parts (mission E2). */
const PART_LINES = 400;
/** A change that would need more parts gets longer ones: every part is a call that costs. */
const MAX_PARTS = 10;

/** The piece of a unified diff that is about one file. */
interface FileDiff {
  readonly path: string;
  readonly text: string;
  /** Added and removed lines. */
  readonly lines: number;
}

/** What one reviewer call is shown. */
interface DiffPart {
  readonly diff: string;
  readonly paths: readonly string[];
}

/** A change as it is shown to reviewers. `overview`: every file with its lines and the part that shows it. */
export interface PartPlan {
  readonly parts: readonly DiffPart[];
  readonly overview: string;
  readonly leftOut: readonly string[];
}

/** Splits a change into parts of at most 400 changed lines, by files that belong together; a longer file is a part of its own. */
export function planParts(diff: string): PartPlan {
  const files = splitDiff(diff);
  const written = files.filter(({ path }) => !isGenerated(path));
  // A change of nothing else is read all the same: a name must not be a way around the review.
  const read = written.length === 0 ? files : written;
  const leftOut = files.filter((file) => !read.includes(file)).map(({ path }) => path);
  const total = read.reduce((sum, { lines }) => sum + lines, 0);
  if (total <= PART_LINES || read.length < 2) {
    const whole = { diff: leftOut.length === 0 ? diff : joined(read), paths: read.map(({ path }) => path) };
    return { parts: [whole], overview: overviewOf([read]), leftOut };
  }
  const groups = packed(read, Math.max(PART_LINES, Math.ceil(total / MAX_PARTS)));
  const parts = groups.map((group) => ({ diff: joined(group), paths: group.map(({ path }) => path) }));
  return { parts, overview: overviewOf(groups), leftOut };
}

/** The files of a unified diff of git, in its order. */
function splitDiff(diff: string): readonly FileDiff[] {
  const pieces = diff.split(/^(?=diff --git )/m).filter((piece) => piece.startsWith("diff --git "));
  return pieces.map((text) => {
    const [head = "", ...hunks] = text.split(/^(?=@@ )/m);
    const lines = hunks.reduce((sum, hunk) => sum + (hunk.match(/^[+-]/gm)?.length ?? 0), 0);
    return { path: pathOf(head), text, lines };
  });
}

function pathOf(head: string): string {
  const named =
    /^\+\+\+ "?b\/(.+?)"?\t?$/m.exec(head)?.[1] ??
    /^rename to (.+)$/m.exec(head)?.[1] ??
    /^--- "?a\/(.+?)"?\t?$/m.exec(head)?.[1] ??
    /^diff --git "?a\/.+? "?b\/(.+?)"?$/m.exec(head)?.[1];
  return named ?? "(unnamed)";
}

const GENERATED =
  /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|deno\.lock|cargo\.lock|go\.sum|poetry\.lock|uv\.lock|pdm\.lock|pipfile\.lock|gemfile\.lock|composer\.lock|mix\.lock|pubspec\.lock|packages\.lock\.json|flake\.lock|gradle\.lockfile)$|\.min\.(?:js|css)$|\.(?:js|css)\.map$|\.pb\.go$|_pb2(?:_grpc)?\.pyi?$|\.g\.dart$|\.generated\.\w+$|(?:^|\/)__generated__\//i;

/** Lock files and files that a tool has written, by name: what the file says of itself is the worker's word. */
function isGenerated(path: string): boolean {
  return GENERATED.test(path);
}

/** Files that belong together lie side by side (a source and its test), then are packed up to the limit. */
function packed(files: readonly FileDiff[], limit: number): FileDiff[][] {
  const sorted = files.toSorted((a, b) => (subject(a.path) < subject(b.path) ? -1 : 1));
  const groups: FileDiff[][] = [];
  let room = 0;
  for (const file of sorted) {
    const last = groups.at(-1);
    if (last === undefined || file.lines > room) {
      groups.push([file]);
      room = limit - file.lines;
    } else {
      last.push(file);
      room -= file.lines;
    }
  }
  return groups;
}

/** What a file is about: its path without what makes it a source or a test. */
function subject(path: string): string {
  return path
    .toLowerCase()
    .replaceAll(/(?:^|(?<=\/))(?:src|lib|test|tests|spec|specs|__tests__)\//g, "")
    .replaceAll(/[._-](?:test|spec)(?=\.)|(?<=^|\/)test_|_test(?=\.)/g, "");
}

function joined(files: readonly FileDiff[]): string {
  return files.map(({ text }) => text).join("");
}

function overviewOf(groups: readonly (readonly FileDiff[])[]): string {
  return groups
    .flatMap((group, index) => group.map(({ path, lines }) => `${path} (${lines} lines, part ${index + 1})`))
    .join("\n");
}
