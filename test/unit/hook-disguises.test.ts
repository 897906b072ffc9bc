import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseJson } from "../../src/kernel/json.ts";
import { readHookInput } from "../../src/hooks/hook-input.ts";
import { beforeTool } from "../../src/hooks/pre-tool-use.ts";
import { verifies } from "../requirements.ts";

/** Commands as a model or a person writes them, one JSON string a line. */
function commandsIn(name: string): string[] {
  return readFileSync(new URL(`../fixtures/shell-commands/${name}.jsonl`, import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => z.string().parse(JSON.parse(line)));
}

function refuses(command: unknown, tool = "Bash"): boolean {
  const input = readHookInput(JSON.stringify({ tool_name: tool, tool_input: { command } }));
  return input !== null && beforeTool(input) !== null;
}

describe("the guard of shell commands", () => {
  verifies("J3");

  it("sees an unsafe start of Codex through every disguise of the list", () => {
    const commands = commandsIn("refused");
    expect(commands.length).toBeGreaterThan(400);
    expect(commands.filter((command) => !refuses(command))).toEqual([]);
  });

  it("lets pass what only mentions one, starts it elsewhere or starts it safely", () => {
    const commands = commandsIn("passed");
    expect(commands.length).toBeGreaterThan(250);
    expect(commands.filter((command) => refuses(command))).toEqual([]);
  });

  it("sees the refused ones also behind other commands, and in a text of the passed ones nothing", () => {
    const refused = commandsIn("refused").filter((command) => !command.includes("<<"));
    expect(refused.filter((command) => !refuses(`cd src && npm test\n${command}`))).toEqual([]);
    expect(refused.filter((command) => refuses(`cat > notes.md <<'END'\n${command}\nEND\n`))).toEqual([]);
  });

  it.each([
    "codex exec --yolo fix",
    "& codex exec --yolo fix",
    '& "C:\\Program Files\\codex\\codex.exe" exec --yolo fix',
    "C:\\tools\\codex.exe exec --full-auto fix",
    "codex exec `\n  --yolo fix",
    "Start-Process codex -ArgumentList 'exec','--yolo','fix'",
    "iex 'codex exec --yolo fix'",
    'Invoke-Expression "codex exec --yolo fix"',
    "if (Test-Path x) { codex exec --yolo fix }",
  ])("reads PowerShell: %s", (command) => {
    expect(refuses(command, "PowerShell")).toBe(true);
    expect(refuses(`Write-Output '${command.replaceAll("'", '"')}'`, "PowerShell")).toBe(false);
  });

  it("ends soon whatever it gets", () => {
    const piece = fc.constantFrom(
      ..."( ) $( ` ' \" { } ; | && < > <( ${x:- {a,b} \\ \n $' codex exec --yolo bash -c eval xargs env".split(" "),
      ..."\u00A0 \u2028 \u3000 \f \v \u200B \0 \r é 🎉".split(" "),
      "<<a\n",
      "f() { f; g; }; g() { f; f; }; f\n",
      'x="$x$x";',
      "alias a=a; a;",
      "case x in a)",
      "echo '. f' > f; . f;",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 400 }), fc.constantFrom("", " "), (pieces, between) => {
        const started = performance.now();
        refuses(`codex ${pieces.join(between)}`);
        expect(performance.now() - started).toBeLessThan(1000);
      }),
      { numRuns: 300 },
    );
    for (const text of ['x="$x$x";', "${x:-", "{a,b}", "f() { f; f; }; f;"]) refuses(`codex ${text.repeat(20_000)}`);
  });

  it("never throws and says valid JSON or nothing, for any shape of input", () => {
    const shape = fc.record(
      {
        hook_event_name: fc.oneof(fc.constant("PreToolUse"), fc.anything()),
        tool_name: fc.oneof(fc.constantFrom("Bash", "Monitor", "PowerShell", "Write"), fc.anything()),
        tool_input: fc.oneof(
          fc.record({ command: fc.oneof(fc.constant("codex exec --yolo"), fc.anything()) }),
          fc.anything(),
        ),
        session_id: fc.anything(),
        background_tasks: fc.anything(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(shape, (value) => {
        const input = readHookInput(JSON.stringify(value));
        const said = input === null ? null : beforeTool(input);
        expect(said === null || typeof parseJson(said) === "object").toBe(true);
      }),
    );
  });
});
