import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { hasErrors } from "../../src/envelope/lint.ts";
import { renderTemplate, TEMPLATE_KINDS } from "../../src/envelope/templates.ts";
import { cardSchema } from "../../src/model/card.ts";
import { checkpointSchema } from "../../src/model/checkpoint.ts";
import { SIZES } from "../../src/model/envelope.ts";
import { failureSchema } from "../../src/model/outcome.ts";
import { verifies } from "../requirements.ts";
import { lintTexts } from "../support/envelopes.ts";

verifies("A1");

const IDS = ["add-limiter", "007", "true", "a.b_c-d", "x".repeat(64)];

describe("templates", () => {
  it.each(SIZES.flatMap((size) => IDS.map((id) => [size, id] as const)))(
    "an envelope of size %s for %s is valid where no file exists",
    (size, id) => {
      const text = renderTemplate("envelope", { id, size });
      const { envelopes, findings } = lintTexts([text], { exists: () => false });
      expect(hasErrors(findings)).toBe(false);
      expect(findings.map((finding) => finding.rule)).toEqual(["envelope/template-text"]);
      expect(envelopes[0]?.envelope).toMatchObject({ task: id, size });
      expect(text.endsWith("\n")).toBe(true);
    },
  );

  it("a decision is a card with a line for the answer", () => {
    const text = renderTemplate("decision", { id: "add-limiter", size: "full" });
    const fields = z.looseObject({ answer: z.null() }).parse(parse(text.split("---\n")[1] ?? ""));
    const { answer, ...card } = fields;
    expect(answer).toBeNull();
    const read = cardSchema.parse(card);
    expect([read.task, read.default, read.options.map((option) => option.letter)]).toEqual([
      "add-limiter",
      "B",
      ["A", "B"],
    ]);
  });

  it("a checkpoint is one that could have been written", () => {
    const value: unknown = JSON.parse(renderTemplate("checkpoint", { id: "add-limiter", size: "full" }));
    expect(checkpointSchema.parse(value)).toMatchObject({ v: 1, task: "add-limiter" });
  });

  it("the others are JSON that names its schema and task", () => {
    const others = TEMPLATE_KINDS.filter((each) => each !== "envelope" && each !== "decision" && each !== "checkpoint");
    expect(others).toHaveLength(2);
    for (const kind of others) {
      const value: unknown = JSON.parse(renderTemplate(kind, { id: "add-limiter", size: "full" }));
      expect(value).toMatchObject({ schema: `cco.${kind.replace("error-", "")}/1`, task: "add-limiter" });
    }
    const event = z
      .looseObject({ error: failureSchema })
      .parse(JSON.parse(renderTemplate("error-event", { id: "a", size: "full" })));
    expect(event.error.code).toBe("VERIFY_FAILED");
    const letter = z
      .looseObject({ failure: failureSchema })
      .parse(JSON.parse(renderTemplate("dead-letter", { id: "a", size: "full" })));
    expect(letter.failure.class).toBe("transient");
  });
});
