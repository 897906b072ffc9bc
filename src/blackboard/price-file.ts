import { CcoError } from "../kernel/errors.ts";
import { type Price, priceFileSchema } from "../model/prices.ts";
import { readOptional } from "./read-optional.ts";

/**
 * The prices in a file; none when it is not there. `name`: the file as messages call it. Throws CONFIG_INVALID for what is no price
 * file, BOARD_CORRUPT for one that cannot be read.
 */
export async function readPriceFile(path: string, name: string): Promise<readonly Price[]> {
  const text = await readOptional(path);
  if (text === null) return [];
  const { LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const error = document.errors[0];
  if (error !== undefined) throw invalid(`${name}:${lines.linePos(error.pos[0]).line}`, error.message);
  const parsed = priceFileSchema.safeParse(document.toJS());
  if (parsed.success) return parsed.data.prices;
  const issue = parsed.error.issues[0];
  throw invalid(name, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
}

function invalid(at: string, what: string): CcoError {
  return new CcoError("CONFIG_INVALID", `${at}: ${what}`, {
    hint: `edit ${at}; every row has model, date, input, output and source, as in data/prices.yaml of the package`,
    data: { at },
  });
}
