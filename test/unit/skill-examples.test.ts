import { describe, expect, it } from "vitest";
import { lintEnvelopes } from "../../src/envelope/lint.ts";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { ERROR_TABLE } from "../../src/kernel/error-table.ts";
import { TOOLS } from "../../src/mcp/tool-table.ts";
import { readSources } from "../support/source-scan.ts";
import { verifies } from "../requirements.ts";

const pages = readSources("plugin", ".md");
const skills = pages.filter(({ path }) => path.endsWith("SKILL.md"));
const envelopes = pages.flatMap(({ path, text }) =>
  [...text.matchAll(/```markdown\n(---\n[\s\S]*?)```/g)].map(([, body = ""]) => ({ file: path, text: body })),
);

describe("skills", () => {
  verifies("J4");
  it("are four, each with a name and a description that says when", () => {
    expect(new Set(skills.map(({ path }) => path.split("/").at(-2)))).toEqual(
      new Set(["card", "challenge", "dispatch", "envelope"]),
    );
    for (const { path, text } of skills) {
      expect(text, path).toMatch(/^---\nname: \w+\ndescription: .*\bUse \w/);
      // A session reads them whole.
      expect(Buffer.byteLength(text), path).toBeLessThan(2600);
    }
  });

  it("show envelopes without a finding", () => {
    expect(envelopes.length).toBeGreaterThanOrEqual(2);
    for (const envelope of envelopes) {
      const { findings } = lintEnvelopes([envelope], { exists: () => true, knownTasks: new Set() });
      expect(findings, envelope.text).toEqual([]);
    }
  });

  it("name only commands, codes and tools that there are", () => {
    const all = pages.map(({ text }) => text).join("\n");
    const commands = [...all.matchAll(/`cco (\w+)/g)].map(([, name]) => name);
    expect(commands.filter((name) => !COMMANDS.some((row) => row.name === name))).toEqual([]);
    const codes = [...all.matchAll(/`([A-Z]+_[A-Z_]+)`/g)].map(([, code = ""]) => code);
    expect(codes.filter((code) => !Object.hasOwn(ERROR_TABLE, code))).toEqual([]);
    const tools = [...all.matchAll(/mcp__plugin_cco_cco__(\w+)/g)].map(([, name]) => name);
    expect(tools.filter((name) => !TOOLS.some((tool) => tool.name === name))).toEqual([]);
  });
});
