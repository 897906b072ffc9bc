import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { REVIEW_JSON_SCHEMA } from "../../src/model/review.ts";
import type { ClaudeScene, ScriptInput } from "../../src/rehearsal/script.ts";
import { claudeBin } from "../support/binaries.ts";
import { runProgram, setStage, type RehearsalStage } from "../support/rehearsal-stage.ts";

const FINDINGS = {
  summary: "one thing",
  challenges: [
    {
      id: "c1",
      claim: "the sum is wrong",
      violates: "adds two numbers",
      severity: "major",
      path: "src/sum.js",
      line: 1,
      evidence: { kind: "counterexample", command: "node src/sum.js", expected: "3", observed: "2" },
    },
  ],
};

const resultSchema = z.looseObject({
  subtype: z.string(),
  is_error: z.boolean(),
  result: z.string().optional(),
  structured_output: z.unknown().optional(),
  api_error_status: z.number().nullish(),
  num_turns: z.number(),
});

let stage: RehearsalStage | undefined;

afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const FEW_RETRIES = { CLAUDE_CODE_MAX_RETRIES: "1", CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK: "1" };

const REVIEWER = [
  "--restricted",
  "--strict-mcp-config",
  "--no-session-persistence",
  "--disable-slash-commands",
  "--tools=Read,Grep,Glob",
  "--permission-mode=dontAsk",
  "--permission-prompts=none",
  "--model=sonnet",
];

/** One call of the read-only reviewer, with the flags it has in the product. */
async function ask(script: ScriptInput, schema: object | null = REVIEW_JSON_SCHEMA) {
  stage = await setStage({ script, files: { "src/sum.js": "export const sum = (a, b) => a - b;\n" } });
  const prompt = "Task: t1\nRound: 2\n\nReview the diff on stdin.";
  const structured = schema === null ? [] : ["--json-schema", JSON.stringify(schema)];
  const args = ["-p", prompt, "--output-format", "json", ...structured, ...REVIEWER];
  const env = { ...stage.env, ...FEW_RETRIES };
  const done = await runProgram(claudeBin(), args, { cwd: stage.repo, env, stdin: "diff --git a/x b/x\n" });
  const result = resultSchema.parse(JSON.parse(done.stdout));
  return {
    code: done.code,
    result,
    requests: stage.model.requests(),
    answers: stage.model.requests().map((r) => r.answer),
  };
}

function review(...steps: ClaudeScene["steps"]): ScriptInput {
  return {
    claude: [
      { call: "review", task: "other", steps: [{ text: "not this one" }] },
      { call: "review", task: "t1", round: 2, steps },
    ],
  };
}

describe("a rehearsed Claude", () => {
  it("uses tools and then fills the schema", async () => {
    const steps = [
      { say: "I look." },
      { tool: "Read", input: { file_path: "src/sum.js" } },
      { delayMs: 20 },
      { output: FINDINGS },
    ];
    const { code, result, requests } = await ask(review(...steps));
    expect(code).toBe(0);
    expect(result.structured_output).toEqual(FINDINGS);
    expect(requests).toMatchObject([
      { api: "messages", call: "review", task: "t1", round: 2, scene: 1, step: 1 },
      { step: 3, answer: "call" },
    ]);
    expect(JSON.stringify(requests[1]?.body)).toContain("export const sum");
    expect(requests[0]?.prompt).toContain("diff --git a/x b/x");
  });

  it("can answer wrong first and right when it is told so", async () => {
    const { result, answers } = await ask(review({ output: { summary: 1 } }, { text: "sorry" }, { output: FINDINGS }));
    expect(result.structured_output).toEqual(FINDINGS);
    expect(answers).toEqual(["call", "text", "call"]);
  });

  it("can insist on an answer that does not fit the schema", async () => {
    const { code, result, answers } = await ask(review({ output: { summary: 1 } }));
    expect(code).toBe(1);
    expect(result.subtype).toBe("error_max_structured_output_retries");
    expect(answers).toHaveLength(5);
  });

  it("can refuse to use the schema at all", async () => {
    const { code, result, answers } = await ask(review({ fault: { kind: "never-structured", text: "looks fine" } }));
    expect(code).toBe(0);
    expect(result).toMatchObject({ is_error: false, result: "looks fine" });
    expect(result.structured_output).toBeUndefined();
    expect(answers).toHaveLength(2);
  });

  it("can be unavailable once", async () => {
    const { result, answers } = await ask(
      review({ fault: { kind: "http", status: 529, times: 1 } }, { output: FINDINGS }),
    );
    expect(result.structured_output).toEqual(FINDINGS);
    expect(answers).toEqual(["fault http 529", "call"]);
  });

  it.each<[NonNullable<ClaudeScene["steps"]>[number], number | null, string]>([
    [{ fault: { kind: "http", status: 429 } }, 429, "429"],
    [{ fault: { kind: "http", status: 403 } }, 403, "403 rehearsed HTTP 403"],
    [{ fault: { kind: "failed", code: "overloaded_error" } }, 529, "rehearsed overloaded_error"],
    [{ fault: { kind: "cut" } }, null, "Connection to the API was lost"],
    [{ fault: { kind: "malformed" } }, null, "Connection to the API was lost"],
    [{ fault: { kind: "refusal" } }, null, "safeguards flagged this message"],
  ])("%j is an error of the API", async (step, status, text) => {
    const { code, result } = await ask(review(step));
    expect(code).toBe(1);
    expect(result).toMatchObject({ is_error: true, api_error_status: status });
    expect(result.result).toContain(text);
  });

  it("says which scene is missing", async () => {
    const { code, result, requests } = await ask({ claude: [{ call: "judge", steps: [{ output: { rulings: [] } }] }] });
    expect(code).toBe(1);
    expect(result.result).toContain(
      "no claude scene for call=review task=t1 round=2; the script has: call=judge task=* round=*",
    );
    expect(requests[0]).toMatchObject({ answer: "missing", scene: null });
  });

  it.each([
    ["judge", { rulings: { type: "array" } }, { rulings: [] }],
    ["reading", { reading: { type: "string" }, concerns: { type: "array" } }, { reading: "r", concerns: [] }],
    ["expert", { diagnosis: { type: "string" } }, { diagnosis: "d" }],
    ["plan", { tasks: { type: "array" } }, { tasks: [] }],
    [
      "spec",
      { challenges: { type: "array", items: { type: "object", properties: { proposal: { type: "string" } } } } },
      { challenges: [] },
    ],
  ] as const)("knows a %s by the schema it is asked to fill", async (call, properties, output) => {
    const scenes = ["judge", "reading", "expert", "plan", "spec"] as const;
    const script = { claude: scenes.map((each) => ({ call: each, steps: [{ output: each === call ? output : {} }] })) };
    const { result, requests } = await ask(script, { type: "object", required: Object.keys(output), properties });
    expect(result.structured_output).toEqual(output);
    expect(requests[0]?.call).toBe(call);
  });

  it("plays a chat when there is nothing to fill", async () => {
    const script: ScriptInput = {
      claude: [{ call: "chat", steps: [{ tool: "Glob", input: { pattern: "**/*.js" } }, { text: "one file" }] }],
    };
    const { code, result, requests } = await ask(script, null);
    expect(code).toBe(0);
    expect(result.result).toBe("one file");
    expect(requests).toMatchObject([{ call: "chat", answer: "call" }, { answer: "text" }]);
  });
});
