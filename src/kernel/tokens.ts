const encoder = new TextEncoder();

/**
 * Tokens of a text, on the safe side: the larger of UTF-8 bytes / 3.5 and words × 1.4. Measured tokenizers need about
 * 4 bytes and 1.3 tokens per word in English; code and other scripts need more per word and are caught by the bytes.
 */
export function estimateTokens(text: string): number {
  const bytes = encoder.encode(text).length;
  const words = text.split(/\s+/).filter((word) => word !== "").length;
  return Math.ceil(Math.max(bytes / 3.5, words * 1.4));
}

/** The start of a text that stays below a number of tokens, with `…` where something is left out. */
export function headWithin(text: string, limitTokens: number): string {
  if (estimateTokens(text) < limitTokens) return text;
  let fits = 0;
  let fails = text.length;
  while (fails - fits > 1) {
    const middle = Math.floor((fits + fails) / 2);
    if (estimateTokens(cutAt(text, middle)) < limitTokens) fits = middle;
    else fails = middle;
  }
  return fits === 0 ? "" : cutAt(text, fits);
}

/** Never between the two units of one character: half of one is no text. */
function cutAt(text: string, length: number): string {
  const unit = text.charCodeAt(length - 1);
  const splits = unit >= 0xd800 && unit <= 0xdbff;
  return `${text.slice(0, splits ? length - 1 : length).trimEnd()}…`;
}
