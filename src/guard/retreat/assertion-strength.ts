/** How much an assertion holds its subject to: nothing, that there is something, a part or a bound, one exact value. */
export type Strength = 0 | 1 | 2 | 3;

const EMPTY = [
  /\bexpect\(\s*(true|false|\d+|"[^"]*")\s*\)\.(?:toBe|toEqual|toStrictEqual)\(\s*\1\s*\)/,
  /\b(?:assert|ok|assertTrue|assert_true|XCTAssertTrue|assert!|assert\.(?:ok|isTrue|True|isOk))\s*\(\s*(?:t,\s*)?(?:true|1)\s*[,)]/i,
  /^\s*assert\s+(?:True|1)\b/,
  /\bassert\w*[!.]?\w*\(\s*("[^"]*"|\d+|true|false)\s*,\s*\1\s*[,)]/,
  /(?:\|\||\bor)\s*(?:true|True|1)\b|&&\s*false\b|\|\|\s*(?:true|:)\s*$|\batLeast\(0\)/,
];
const VAGUE =
  /\.toBe(?:Defined|Truthy|Falsy|InstanceOf|TypeOf)\b|\.not\.(?:toBe(?:Null|Undefined)|toThrow)|\.to\.(?:exist|be\.ok)\b|\banything\(\)|\bassert(?:\.(?:ok|isOk|exists|isDefined|NotNil|NoError|NotEmpty|notEqual|isNotNull|True|isTrue))\b|\bassert_?(?:is_?not_?none|is_?not_?null|not_?null|is_?instance|not_?nil|true|false)\b|\brequire\.(?:NotNil|NoError|NotEmpty|True)\b|\bis not None\b/i;
const PARTIAL =
  /\batLeast|should_panic\]|\.to(?:Contain|Match|HaveProperty|HaveLength|BeCloseTo|BeGreaterThan|BeLessThan)|\.to\.(?:include|contain|match|be\.(?:above|below|within|closeTo))|\bassert_?(?:in|regex|almost|greater|less|contains|match)\w*\b|\bapprox\b|\bisclose\b|[^=!<>-][<>]=?[^=<>]|\b(?:includes|contains|startsWith|endsWith|has)\(|\sin\s/i;
const BARE = /\b(?:assert!?|ok|assert_true|assertTrue|XCTAssert(?:True)?|expect)\b/;
const COMPARISON =
  /[=!]==?|\bequals?\b|\bis\b|Equal|assert_eq|assert_ne|\.to[A-Z.]|\.should|raises|throws|rejects|matches!/i;

/** Judges one assertion as it stands on its line. */
export function strengthOf(assertion: string): Strength {
  const text = assertion.replace(/['`]/g, '"');
  if (EMPTY.some((pattern) => pattern.test(text))) return 0;
  const compares = COMPARISON.test(text);
  if (VAGUE.test(text) && !/[=!]==?/.test(text)) return 1;
  if (PARTIAL.test(text)) return 2;
  return BARE.test(text) && !compares ? 1 : 3;
}

/** What an assertion is about: the first argument of its call, or what stands before its comparison. */
export function subjectOf(assertion: string): string {
  const call =
    /\b(?:expect(?:\.soft)?|assert\w*!?(?:\.\w+)?|require\.\w+|ok|equal|strictEqual|deepStrictEqual)\s*\(/.exec(
      assertion,
    );
  const inside =
    call === null
      ? assertion.replace(/^\s*assert\s+/, "")
      : firstArgument(assertion.slice(call.index + call[0].length));
  const [subject = ""] = inside.split(/\s*(?:[=!]==?|(?<![=-])[<>]=?|\sis\s|\sin\s)/);
  return squeeze(subject);
}

/** What is left of an assertion without its subject: how it is compared, and with what. */
export function claimOf(assertion: string): string {
  const text = squeeze(assertion);
  const subject = subjectOf(assertion);
  return subject === "" ? text : text.replace(subject, "…");
}

/** Text without white space, with one kind of quotes and without what formatters add and drop. */
export function squeeze(text: string): string {
  return text
    .replace(/['`]/g, '"')
    .replace(/\s+/g, "")
    .replace(/,(?=[)\]}])/g, "")
    .replace(/[;,]+$/, "");
}

/** Up to the first comma or the closing bracket at the top level. */
function firstArgument(text: string): string {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const mark = text.charAt(index);
    if ("([{".includes(mark)) depth += 1;
    if (")]}".includes(mark)) depth -= 1;
    if (depth < 0 || (depth === 0 && mark === ",")) return text.slice(0, index);
  }
  return text;
}

/** Matchers that hold a number from above, and those that hold it from below. */
const UPPER = /LessThan|assert_?less|\.below\b|<=?|\bmax/i;
const LOWER = /GreaterThan|assert_?greater|\.above\b|>=?|\bmin/i;
const DIGITS = /toBeCloseTo|assertAlmostEqual|places/;
const TOLERANCE = /\b(?:delta|epsilon|tolerance|atol|rtol|abs|rel|abs_tol|rel_tol)\b/;

/** Of two assertions of one form whose last numbers differ: whether the new one lets more pass. Null when that cannot be told. */
export function isLooser(before: string, after: string): boolean | null {
  const [old, now] = [lastNumber(before), lastNumber(after)];
  if (old === null || now === null || old === now) return null;
  if (TOLERANCE.test(before) && TOLERANCE.test(after)) return now > old;
  if (DIGITS.test(before) && DIGITS.test(after)) {
    // One argument: the value itself was changed, which says nothing about digits.
    const digits = /,\s*(?:places\s*=\s*)?\d+\s*\)/;
    return digits.test(before) && digits.test(after) ? now < old : null;
  }
  if (UPPER.test(before) && UPPER.test(after)) return now > old;
  if (LOWER.test(before) && LOWER.test(after)) return now < old;
  return null;
}

/** The last number of a line; underscores and exponents are read. */
export function lastNumber(text: string): number | null {
  const found = text.match(/(?<![\w.])-?\d[\d_]*(?:\.\d+)?(?:e-?\d+)?(?![\w.]*\w)/gi)?.at(-1);
  return found === undefined ? null : Number(found.replaceAll("_", ""));
}

/** Texts and numbers that an assertion names, for looking them up in the order. */
export function literalsOf(text: string): readonly string[] {
  const strings = [...text.matchAll(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g)].map(
    ([, double, single, back]) => double ?? single ?? back ?? "",
  );
  const numbers =
    text.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, "").match(/(?<![\w.])-?\d[\d_]*(?:\.\d+)?/g) ?? [];
  return [...strings, ...numbers].filter((literal) => literal !== "");
}
