/** Programs that run code of their own language, which may start others. */
const INTERPRETERS =
  /^(?:python[\d.]*|pypy\d?|node|tsx|ts-node|perl|ruby|php|bun|deno|awk|gawk|mawk|osascript|expect|lua)$/;

/** Options whose value is code. */
const CODE_OPTION = /^-(?:c|e|E|p|r|ne|pe|-eval|-print)$|^eval$/;

/** Functions that start a program: what they are called, and all up to the end of their arguments. */
const STARTS =
  /\b(?:system|popen|exec\w*|spawn\w*|run|call|Popen|check_\w+|getoutput|qx|shell_exec|passthru|Command|create_subprocess_\w+|do shell script)\b\s*\(?([^)]{0,2000})/g;

const LITERAL = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g;

/** True for a program that runs code of another language than the shell's. */
export function isInterpreter(name: string): boolean {
  return INTERPRETERS.test(name);
}

/** The code that an interpreter is given in its words or reads; null where it runs a file. */
export function codeOf(name: string, words: readonly string[], input: readonly string[]): string | null {
  const flag = words.findIndex((word) => CODE_OPTION.test(word));
  if (flag > 0) return words[flag + 1] ?? null;
  if (name.endsWith("awk")) return words.slice(1).join("\n");
  const file = words.slice(1).find((word) => !word.startsWith("-"));
  return file === undefined && input.length > 0 ? input.join("\n") : null;
}

/** Programs that code starts, as texts of scripts or as lists of words. */
export function startedBy(name: string, code: string): (string | readonly string[])[] {
  const found: (string | readonly string[])[] = [];
  for (const [, given = ""] of code.matchAll(STARTS)) {
    const literals = [...given.matchAll(LITERAL)].map(([, double, single, back]) => double ?? single ?? back ?? "");
    const [first = ""] = literals;
    if (/\s/.test(first.trim())) found.push(first);
    else if (first !== "") found.push(literals);
  }
  // Whatever name such a function goes by.
  if (/child_process/.test(code)) {
    for (const [, script = ""] of code.matchAll(/\(\s*["'`](\S*codex(?:\.exe)?\s[^"'`]*)/g)) found.push(script);
  }
  // There they are commands; in JavaScript they are texts.
  if (/^(?:perl|ruby|php)$/.test(name)) for (const [, script = ""] of code.matchAll(/`([^`]*)`/g)) found.push(script);
  if (name === "expect") for (const [, script = ""] of code.matchAll(/\bspawn\s+([^\n;]*)/g)) found.push(script);
  return found;
}
