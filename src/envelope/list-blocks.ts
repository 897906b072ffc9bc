import { type BodyLine, fenceAfter } from "./sections.ts";

/** One nested bullet of a field; `children` are the bullets below it. Lines are 1-based in the file. */
export interface ListItem {
  readonly line: number;
  readonly indent: number;
  readonly lines: string[];
  readonly children: ListItem[];
}

/** One `- **Label**: text` with what is nested under it. */
export interface ListField {
  readonly label: string;
  readonly line: number;
  readonly text: string[];
  readonly items: ListItem[];
}

/** A list form cut into its parts, before any label is understood. */
export interface ListBlocks {
  readonly fields: readonly ListField[];
  /** Everything that is not a field: free text and `## Section` blocks. */
  readonly body: readonly BodyLine[];
  /** Top-level bullets without a label. */
  readonly strays: readonly BodyLine[];
}

const BULLET = /^([ \t]{0,40})(?:[-*+]|\d{1,3}[.)])[ \t]{1,8}(.*)$/;
const BOLD_LABEL = /^(?:\*\*|__)([^*_:]{1,60}?):?(?:\*\*|__)[ \t]{0,4}:?[ \t]{0,4}(.*)$/;
const PLAIN_LABEL = /^([A-Za-z][A-Za-z /-]{1,40}):[ \t]{0,4}(.*)$/;

interface State extends ListBlocks {
  readonly fields: ListField[];
  readonly body: BodyLine[];
  readonly strays: BodyLine[];
  inBody: boolean;
  fence: string;
  afterBlank: boolean;
}

/** Cuts the lines after the `## Task:` title into fields and body. */
export function listBlocks(lines: readonly BodyLine[]): ListBlocks {
  const state: State = { fields: [], body: [], strays: [], inBody: false, fence: "", afterBlank: false };
  for (const line of lines) {
    readLine(line, state);
    state.afterBlank = line.text.trim() === "";
  }
  return state;
}

function readLine(line: BodyLine, state: State): void {
  const wasFenced = state.fence !== "";
  state.fence = fenceAfter(line.text.trimStart(), state.fence);
  const fenced = wasFenced || state.fence !== "";
  if (!fenced && /^##[ \t]/.test(line.text)) state.inBody = true;
  if (state.inBody) state.body.push(line);
  else if (fenced) continueText(line, state);
  else readField(line, state);
}

function readField(line: BodyLine, state: State): void {
  const bullet = BULLET.exec(line.text);
  const indent = widthOf(bullet?.[1] ?? "");
  const content = bullet?.[2] ?? "";
  if (bullet !== null && indent >= 2) addItem({ line: line.line, indent, lines: [content], children: [] }, state);
  else if (bullet !== null) addField({ text: content, line: line.line }, state);
  else if (BOLD_LABEL.test(line.text)) addField(line, state);
  else continueText(line, state);
}

function addField(line: BodyLine, state: State): void {
  const label = labelOf(line.text);
  if (label === undefined) state.strays.push(line);
  else state.fields.push({ label: label[0], line: line.line, text: [label[1]], items: [] });
}

function addItem(item: ListItem, state: State): void {
  const field = state.fields.at(-1);
  const parent = field?.items.at(-1);
  if (field === undefined) state.strays.push({ text: item.lines[0] ?? "", line: item.line });
  else if (parent !== undefined && item.indent > parent.indent + 1) parent.children.push(item);
  else field.items.push(item);
}

/** A line without a bullet belongs to the text above it, unless a blank line and no indent set it apart. */
function continueText(line: BodyLine, state: State): void {
  const field = state.fields.at(-1);
  const apart = state.afterBlank && !/^[ \t]/.test(line.text) && state.fence === "" && line.text.trim() !== "";
  const item = field?.items.at(-1);
  if (field === undefined || apart) state.body.push(line);
  else (item?.children.at(-1)?.lines ?? item?.lines ?? field.text).push(line.text.trim());
}

function widthOf(space: string): number {
  return space.replaceAll("\t", "    ").length;
}

function labelOf(content: string): readonly [label: string, text: string] | undefined {
  const bold = BOLD_LABEL.exec(content);
  if (bold !== null) return [(bold[1] ?? "").trim(), (bold[2] ?? "").trim()];
  const plain = PLAIN_LABEL.exec(content);
  return plain === null ? undefined : [(plain[1] ?? "").trim(), (plain[2] ?? "").trim()];
}

/** The text of a field or item as one value: lines joined by a blank, or by line ends when it holds a code fence. */
export function joined(lines: readonly string[]): string {
  const kept = lines.slice(0, lines.findLastIndex((line) => line.trim() !== "") + 1);
  return kept.join(kept.some((line) => line.startsWith("```")) ? "\n" : " ").trim();
}
