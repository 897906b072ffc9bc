import { CcoError } from "../kernel/errors.ts";

/**
 * Wraps untrusted text between two lines that carry a nonce. Throws INTERNAL when the text contains the nonce: then
 * it could close the block itself, and the caller has to draw another (`drawNonce`).
 */
export function delimit(material: string, nonce: string): string {
  if (nonce === "" || material.includes(nonce)) {
    throw new CcoError("INTERNAL", "the delimiter occurs in the text that it is to enclose; another nonce is needed");
  }
  const end = material === "" || material.endsWith("\n") ? "" : "\n";
  return `<<<UNTRUSTED ${nonce}\n${material}${end}UNTRUSTED ${nonce}>>>`;
}

/** Draws until the nonce occurs in none of the texts. `draw` yields unpredictable text of at least 64 bits. */
export function drawNonce(materials: readonly string[], draw: () => string): string {
  for (;;) {
    const nonce = draw();
    if (nonce !== "" && !materials.some((material) => material.includes(nonce))) return nonce;
  }
}
