/** Framing of JSON lines, for faces. */
export { type Framed, makeJsonlFramer } from "../process/jsonl.ts";
