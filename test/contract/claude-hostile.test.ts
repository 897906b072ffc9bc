import { existsSync } from "node:fs";
import { chmod, lstat, mkdir, readdir, readFile, readlink, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClaudeStep } from "../../src/rehearsal/script.ts";
import { tapWire, type Wire } from "../support/claude-wire.ts";
import { REVIEW_KEY, setReviewStage, type ReviewStage } from "../support/review-stage.ts";

const FINDINGS = { summary: "nothing got through", challenges: [] };
const OUTSIDE = "text-of-a-file-outside-of-the-work-tree";
const ORDERS = "ORDERS-OF-THE-REPOSITORY";

/** What a model may try that has been taken over by the text it reads. `DIR` is the folder around the work tree. */
const ATTACKS: readonly [tool: string, input: Record<string, unknown>][] = [
  ["Write", { file_path: "written.txt", content: "x" }],
  ["Write", { file_path: "README.md", content: "x" }],
  ["Edit", { file_path: "README.md", old_string: "# stage", new_string: "x" }],
  ["MultiEdit", { file_path: "README.md", edits: [{ old_string: "# stage", new_string: "x" }] }],
  ["NotebookEdit", { notebook_path: "n.ipynb", new_source: "x" }],
  ["Bash", { command: "touch DIR/marker-bash", description: "x" }],
  ["Monitor", { command: "touch DIR/marker-monitor", description: "x", timeout_ms: 1000 }],
  ["WebFetch", { url: "HIJACK/fetch", prompt: "x" }],
  ["Agent", { description: "x", prompt: "write a file", subagent_type: "general-purpose" }],
  ["Skill", { skill: "evil" }],
  ["EnterWorktree", { name: "evil" }],
  ["mcp__evil__write", {}],
  ["Read", { file_path: "DIR/outside.txt" }],
  ["Read", { file_path: "../outside.txt" }],
  ["Read", { file_path: "link-to-file" }],
  ["Read", { file_path: "link-to-folder/outside.txt" }],
  ["Grep", { pattern: "text", path: "DIR", output_mode: "content" }],
  ["Grep", { pattern: "text", path: "link-to-file", output_mode: "content" }],
  ["Glob", { pattern: "*", path: "DIR" }],
];

let stage: ReviewStage;
let real: Wire;
let hijack: Wire;
let before: ReadonlyMap<string, string>;
let answer: Awaited<ReturnType<ReviewStage["reviewer"]["review"]>>;

beforeAll(async () => {
  hijack = await tapWire(null);
  // The addresses are known only when the stage is set, so the script is filled in afterwards.
  const steps: ClaudeStep[] = [];
  const script = { claude: [{ call: "review" as const, steps: [{ output: FINDINGS }] }] };
  stage = await setReviewStage({ script });
  for (const [tool, input] of ATTACKS) steps.push({ tool, input: fill(input) });
  await stage.close();
  throw new Error("replaced below");
});
