import { squeeze } from "./assertion-strength.ts";

/** Exact comparisons of two values in the words of many test libraries: the two operands, in any order. */
const TWO_ARGUMENTS =
  /^(?:await)?(?:self\.|this\.|Assert\.|Assertions\.|assert\.|t\.|\$this->)?(?:assertEquals?|assertSame|assertListEqual|assertDictEqual|assertCountEqual|assert_eq!|XCTAssertEqual|strictEqual|deepStrictEqual|equal|equals|deepEqual|is|same|AreEqual|Equal)\((.*)\)$/;
const CHAINED =
  /^(?:await)?(?:expect|assertThat|assert_that|that)\((.*?)\)\.(?:to\.(?:strictly\.)?(?:equal|eql|be|deep\.equal)|toBe|toEqual|toStrictEqual|isEqualTo|should\.equal|to\(eq)\((.*)\)$/;
const TRUTH = /^(?:(?:self\.|Assert\.|Assertions\.|assert\.)?(?:assertTrue|isTrue|ok)|assert!?)\((.*)\)$/;

/** True when both assertions hold the same subject to the same value, whatever library says it. A comparison that became a loose one is not the same. */
export function isSameAssertion(was: string, is: string): boolean {
  if (atOnce(was) === atOnce(is)) return true;
  const [old, now] = [operandsOf(was), operandsOf(is)];
  if (old === null || now === null || old.length !== now.length) return false;
  if (isStrict(was) && isLoose(is)) return false;
  return old.every((operand, index) => operand === now[index]);
}

/** Without what only says that the subject is called later, or is waited for. */
function atOnce(text: string): string {
  return squeeze(text.replace(/^\s*await\s+/, ""))
    .replace(/\((?:async)?\(\)=>/, "(")
    .replace(/\.(?:rejects|resolves)\./, ".");
}

function isStrict(text: string): boolean {
  return /[sS]trict|\.to(?:Be|Equal)\b|===/.test(text);
}

function isLoose(text: string): boolean {
  return /\bassert\.(?:equal|deepEqual)\(/.test(text);
}

/** What an assertion compares, in one order; one operand for a bare truth. Null when it is of another form. */
function operandsOf(assertion: string): string[] | null {
  const bare = /^\s*assert\s+(?!\()(.*)$/s.exec(assertion)?.[1];
  if (bare !== undefined) return comparedIn(squeeze(bare));
  const text = squeeze(assertion);
  const two = TWO_ARGUMENTS.exec(text);
  if (two !== null) return pair(topLevel(two[1] ?? "").filter((part) => part !== "t"));
  const chained = CHAINED.exec(text);
  if (chained !== null) return pair([chained[1] ?? "", chained[2] ?? ""]);
  const truth = TRUTH.exec(text);
  return truth === null ? null : comparedIn(truth[1] ?? "");
}

function comparedIn(text: string): string[] | null {
  const [stated = ""] = topLevel(text);
  const compared = /^(.*?)={2,3}(.*)$/.exec(stated);
  return compared === null ? [stated] : pair([compared[1] ?? "", compared[2] ?? ""]);
}

function pair(parts: readonly string[]): string[] | null {
  const [a, b, ...more] = parts;
  if (a === undefined || b === undefined) return null;
  // What is no message says how exact the comparison is.
  return [...[a, b].toSorted(), ...more.filter((part) => !/^[a-z]?"/.test(part))];
}

/** The parts between commas that stand in no bracket and no text. */
function topLevel(text: string): string[] {
  const parts = [""];
  let [depth, quoted] = [0, false];
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '"' && text.charAt(at - 1) !== "\\") quoted = !quoted;
    if (!quoted && "([{".includes(char)) depth += 1;
    if (!quoted && ")]}".includes(char)) depth -= 1;
    if (char === "," && depth === 0 && !quoted) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts;
}

/** Words that decide what an assertion means; all others are names that may change. */
const MEANING =
  /^(?:to[A-Z]\w*|assert\w*|expect|not|is[A-Z]\w*|true|false|True|False|null|None|nil|undefined|NaN|in|is|and|or|equal\w*|deep\w*|strict\w*|throws|rejects|resolves|raises|match\w*|less\w*|greater\w*|above|below|[A-Z]\w*(?:Error|Exception)|Throwable|Exception|contains?\w*|includes?|times|atLeast\w*|atMost|never|any\w*|len|length|verify|require)$/;

/** True when two assertions differ in nothing but names, and each name became one other everywhere. */
export function isRenamed(was: string, is: string): boolean {
  const [old, now] = [tokensOf(was), tokensOf(is)];
  if (old.length !== now.length) return false;
  const names = new Map<string, string>();
  return old.every((token, index) => {
    const next = now[index] ?? "";
    if (!/^[A-Za-z_$]/.test(token) || MEANING.test(token) || MEANING.test(next)) return token === next;
    const known = names.get(token);
    names.set(token, next);
    return /^[A-Za-z_$]/.test(next) && (known === undefined || known === next);
  });
}

function tokensOf(text: string): string[] {
  return (
    text
      .trim()
      .replace(/[;,]$/, "")
      .replaceAll(/['`]/g, '"')
      .match(/"(?:[^"\\]|\\.)*"|\/(?:[^/\\\s]|\\.)+\/|[A-Za-z_$][\w$]*!?|[\d.]+|[^\s\w]/g) ?? []
  );
}

/** True when a pattern or a part of a text that had to be there became one that holds the old one. */
export function isNarrower(was: string, is: string): boolean {
  const matcher = /\b(toThrow\w*|toMatch|toContain|raises|match|includes|assertIn|contains)\b/;
  if (matcher.exec(was)?.[1] !== matcher.exec(is)?.[1] || !matcher.test(was)) return false;
  const [wanted, given] = [lastPattern(was), lastPattern(is)];
  if (wanted === null || given === null || !given.pattern.includes(wanted.pattern)) return false;
  return squeeze(wanted.rest) === squeeze(given.rest);
}

/** The last text or regular expression of a line, and the line without it. */
function lastPattern(text: string): { readonly pattern: string; readonly rest: string } | null {
  const found = [
    ...text.matchAll(/(?<=[(,=]\s*)(?:\/((?:[^/\\\n]|\\.)+)\/[a-z]*|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')/g),
  ].at(-1);
  if (found === undefined) return null;
  const pattern = found[1] ?? found[2] ?? found[3] ?? "";
  return { pattern, rest: `${text.slice(0, found.index)}…${text.slice(found.index + found[0].length)}` };
}

/** Kinds of errors that catch all others. */
const WIDE =
  /\b(?:Exception|BaseException|Throwable|RuntimeException|Error|StandardError)\b(?=\s*(?:\.class|\)|,|::class|\.self|$))/;

/** True when any error will do where one kind was asked for. */
export function isWiderError(was: string, is: string): boolean {
  if (/should_panic\(/.test(was) && /should_panic\]/.test(is)) return true;
  return /throw|raise/i.test(was) && WIDE.test(is) && !WIDE.test(was);
}
