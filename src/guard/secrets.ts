import { GENERIC_SECRET, looksLikePlaceholder, looksRandom, SECRET_PATTERNS } from "./secret-patterns.ts";

/** One secret in a text: offsets of the part to hide (end exclusive) and its 1-based line. Never the value itself. */
export interface SecretHit {
  readonly kind: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

interface Span {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Finds what looks like a credential: known token formats, private keys, passwords in URLs, and assignments of random
 * values to names such as `password` or `api_key`. Time grows linearly with the text; placeholders and code that only
 * names a variable are left alone.
 */
export function findSecrets(text: string): SecretHit[] {
  const spans = [...privateKeys(text), ...knownFormats(text), ...assignments(text)];
  // The earliest and then the longest span wins; what it covers needs no hit of its own.
  spans.sort((a, b) => a.start - b.start || b.end - a.end);
  const hits: SecretHit[] = [];
  let line = 1;
  let counted = 0;
  let covered = 0;
  for (const span of spans) {
    if (span.start < covered) continue;
    for (let at = text.indexOf("\n", counted); at >= 0 && at < span.start; at = text.indexOf("\n", counted)) {
      line += 1;
      counted = at + 1;
    }
    hits.push({ ...span, line });
    covered = span.end;
  }
  return hits;
}

/** The text with every secret replaced by `[redacted: kind]`. Doing it twice changes nothing more. */
export function redact(text: string): string {
  let out = "";
  let from = 0;
  for (const hit of findSecrets(text)) {
    out += `${text.slice(from, hit.start)}[redacted: ${hit.kind}]`;
    from = hit.end;
  }
  return out + text.slice(from);
}

function knownFormats(text: string): Span[] {
  return SECRET_PATTERNS.flatMap((pattern): Span[] => {
    if (!pattern.hints.some((hint) => text.includes(hint))) return [];
    return [...text.matchAll(pattern.regex)].flatMap((match): Span[] => {
      const value = match[1] ?? "";
      if (pattern.accept !== undefined && !pattern.accept(value)) return [];
      const start = match.index + match[0].indexOf(value, pattern.offset?.(match[0]) ?? 0);
      return [{ kind: pattern.kind, start, end: start + value.length }];
    });
  });
}

function assignments(text: string): Span[] {
  return [...text.matchAll(GENERIC_SECRET)].flatMap((match): Span[] => {
    const name = match[1] ?? "";
    const quoted = match[3];
    const value = quoted ?? match[4] ?? "";
    if (looksLikePlaceholder(value) || !looksRandom(value, { quoted: quoted !== undefined, name })) return [];
    const start = match.index + match[0].length - value.length - (quoted === undefined ? 0 : 1);
    return [{ kind: /pass|pwd/i.test(name) ? "password" : "credential", start, end: start + value.length }];
  });
}

const KEY_HEAD = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/g;
const KEY_TAIL = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
/** What the body of a key consists of, also when it stands escaped inside a JSON string. */
const KEY_BODY = /[A-Za-z0-9+/=\s\\,:"'-]*/y;
/** Fewer base64 characters than this after the head line is prose about keys, not a key. */
const LEAST_KEY_CHARS = 40;

/** Private key blocks. Each body is scanned once and skipped whole, so that many heads without an end stay linear. */
function privateKeys(text: string): Span[] {
  const spans: Span[] = [];
  KEY_HEAD.lastIndex = 0;
  for (let head = KEY_HEAD.exec(text); head !== null; head = KEY_HEAD.exec(text)) {
    const bodyStart = head.index + head[0].length;
    KEY_BODY.lastIndex = bodyStart;
    const body = KEY_BODY.exec(text)?.[0] ?? "";
    const tail = KEY_TAIL.exec(body);
    const used = tail === null ? body.trimEnd() : body.slice(0, tail.index + tail[0].length);
    const length = tail === null ? used.length : tail.index;
    const base64 = used.slice(0, length).match(/[A-Za-z0-9+/=]{16,}/g) ?? [];
    if (base64.join("").length >= LEAST_KEY_CHARS)
      spans.push({ kind: "private-key", start: head.index, end: bodyStart + used.length });
    KEY_HEAD.lastIndex = bodyStart + (tail === null ? body.length : used.length);
  }
  return spans;
}
