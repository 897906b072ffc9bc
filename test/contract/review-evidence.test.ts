import { expect, it } from "vitest";
import { runReviewBench } from "../../bench/review/main.ts";
import { verifies } from "../requirements.ts";
import { codexNewest } from "../support/binaries.ts";

verifies("E3", "K1");

// A part of bench/review: the whole of it takes minutes.
it.each(["clamp upper", "slug correct", "search linear", "wrong, convicted"])(
  "every ruling that is due is given: %s",
  async (only) => {
    const lines: string[] = [];
    const wrong = await runReviewBench({
      codex: codexNewest(),
      only,
      verbose: false,
      line: (text) => lines.push(text),
    });
    expect({ wrong, lines: lines.filter((line) => line.includes("WRONG")) }).toEqual({ wrong: 0, lines: [] });
    expect(lines.at(-1)).not.toContain(" 0 challenges");
  },
);
