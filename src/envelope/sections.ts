import { SECTION_TITLES, type Envelope } from "../model/envelope.ts";
import { nearestName, plainName } from "../kernel/did-you-mean.ts";
import { quoted, type Problem } from "./problem.ts";

export type SectionKey = keyof typeof SECTION_TITLES;

/** Every section, in the order in which they are shown. */
export const SECTION_KEYS = [
  "context",
  "interface",
  "antiPatterns",
  "checklist",
  "dataIntegrity",
] as const satisfies readonly SectionKey[];

/** Body of an envelope by sections; `lines` holds the line of each title. */
export interface Body {
  readonly sections: Envelope["sections"];
  readonly lines: ReadonlyMap<SectionKey, number>;
  readonly problems: readonly Problem[];
}

const TITLES: readonly string[] = Object.values(SECTION_TITLES);

/** Shorter and older titles for the same sections, by plain name. */
const SECTION_ALIASES: Readonly<Record<string, SectionKey>> = {
  background: "context",
  interface: "interface",
  contract: "interface",
  antipattern: "antiPatterns",
  checklist: "checklist",
  reviewerchecklist: "checklist",
  dataintegrity: "dataIntegrity",
  dataintegrityrequirement: "dataIntegrity",
};

/** The section that a title means, whatever its case and punctuation; undefined for titles of others. */
export function sectionKeyOf(title: string): SectionKey | undefined {
  const plain = plainName(title);
  const byTitle = SECTION_KEYS.find((key) => plainName(SECTION_TITLES[key]) === plain);
  return byTitle ?? (Object.hasOwn(SECTION_ALIASES, plain) ? SECTION_ALIASES[plain] : undefined);
}

/** A line of the body with its 1-based number in the file. */
export interface BodyLine {
  readonly text: string;
  readonly line: number;
}

interface Block {
  /** null: the text before the first title. */
  readonly title: string | null;
  readonly line: number;
  readonly lines: string[];
}

/** Splits a body at its `## Title` lines; titles inside code fences do not count. Unknown sections become context. */
export function readBody(lines: readonly BodyLine[]): Body {
  const texts = new Map<SectionKey, string>();
  const places = new Map<SectionKey, number>();
  const titled = new Map<SectionKey, number>();
  const problems: Problem[] = [];
  for (const block of blocksOf(lines)) {
    const known = block.title === null ? "context" : sectionKeyOf(block.title);
    const key = known ?? "context";
    if (known === undefined && !isContextTitle(block.title)) problems.push(unknownSection(block));
    if (known !== undefined && block.title !== null) {
      const first = titled.get(known);
      if (first === undefined) titled.set(known, block.line);
      else problems.push(duplicateSection(block, first));
    }
    const text = textOf(block, known !== undefined);
    if (text === "") continue;
    if (!places.has(key)) places.set(key, block.line);
    const before = texts.get(key);
    texts.set(key, before === undefined ? text : `${before}\n\n${text}`);
  }
  // The place of a section is its title, also when free text before it came first or it is empty.
  return { sections: Object.fromEntries(texts), lines: new Map([...places, ...titled]), problems };
}

/** Titles that people put beside the sections and that are context by their meaning. */
function isContextTitle(title: string | null): boolean {
  return title !== null && plainName(title) === "objective";
}

/** The text of a block; a section without a place of its own keeps its title. */
function textOf(block: Block, known: boolean): string {
  // A title of the whole file says nothing that goal and task do not say.
  const lines = block.title === null ? block.lines.filter((line) => !line.startsWith("# ")) : block.lines;
  const text = trimBlankLines(lines);
  return text === "" || known ? text : `### ${block.title}\n${text}`;
}

function duplicateSection(block: Block, first: number): Problem {
  const message = `the section ${quoted(block.title ?? "")} is there twice; first on line ${first}`;
  return { rule: "envelope/duplicate-section", line: block.line, message, hint: "put both texts under one title" };
}

function blocksOf(lines: readonly BodyLine[]): Block[] {
  const blocks: Block[] = [{ title: null, line: lines[0]?.line ?? 1, lines: [] }];
  let fence = "";
  for (const { text, line } of lines) {
    fence = fenceAfter(text, fence);
    const title = fence === "" ? /^##[ \t]+(\S.*)$/.exec(text)?.[1] : undefined;
    if (title === undefined) blocks.at(-1)?.lines.push(text);
    else blocks.push({ title: title.replace(/[ \t#:*]{0,20}$/, "").replace(/^\*{1,2}/, ""), line, lines: [] });
  }
  return blocks;
}

/** The code fence that is open after this line; empty when none is. */
export function fenceAfter(text: string, open: string): string {
  const mark = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(text);
  if (mark === null) return open;
  const run = mark[1] ?? "";
  if (open === "") return run;
  const closes = run.startsWith(open) && (mark[2] ?? "").trim() === "";
  return closes ? "" : open;
}

function unknownSection(block: Block): Problem {
  const near = nearestName(block.title ?? "", TITLES);
  return {
    rule: "envelope/unknown-section",
    line: block.line,
    message: `there is no section ${quoted(block.title ?? "")}; its text is passed on as context`,
    hint: near === undefined ? `sections are: ${TITLES.join(", ")}` : `did you mean "## ${near}"?`,
  };
}

function trimBlankLines(lines: readonly string[]): string {
  const first = lines.findIndex((line) => line.trim() !== "");
  const last = lines.findLastIndex((line) => line.trim() !== "");
  return first < 0
    ? ""
    : lines
        .slice(first, last + 1)
        .map((line) => line.trimEnd())
        .join("\n");
}
