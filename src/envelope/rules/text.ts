import { findSecrets } from "../../guard/secrets.ts";
import type { Hit, TextRule } from "../rule.ts";

/** Characters that make a text look different from what a model reads: controls, text direction, invisible tags. */
// oxlint-disable-next-line no-control-regex
const HIDDEN = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069\u{E0000}-\u{E007F}]/u;

export const TEXT_RULES: readonly TextRule[] = [
  {
    id: "envelope/secret",
    severity: "error",
    why: "What stands in an envelope goes to a model, to disk and to logs.",
    code: "SECRET_FOUND",
    checkText: (text) =>
      findSecrets(text).map(({ kind, line }): Hit => ({
        line,
        message: `this line holds a secret (${kind})`,
        hint: "remove and replace it; name the variable or file that holds it",
      })),
  },
  {
    id: "envelope/hidden-text",
    severity: "error",
    why: "Characters that a person cannot see can carry orders that only the model reads.",
    checkText: (text) =>
      text.split(/\r\n|\n|\r/).flatMap((line, index): Hit[] => {
        const found = HIDDEN.exec(line)?.[0].codePointAt(0);
        if (found === undefined) return [];
        const name = `U+${found.toString(16).toUpperCase().padStart(4, "0")}`;
        return [{ line: index + 1, message: `this line holds an invisible character (${name})`, hint: "remove it" }];
      }),
  },
];
