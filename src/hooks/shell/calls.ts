import { codeOf, isInterpreter, startedBy } from "./other-languages.ts";
import { scanShell } from "./scan.ts";
import { fileKey, nameOf, type Scope, type ShellCommand, spoken } from "./scope.ts";
import { NEVER_RUN, RUN_EACH_WORD, RUNNERS, SCRIPT_OPTIONS, SHELLS, type Wrapper, WRAPPERS } from "./wrappers.ts";

/** A program that would be started, as words. */
type Call = readonly string[];

/** What is known where a command stands. */
interface Place {
  readonly scope: Scope;
  /** Texts that the command reads. */
  readonly input: readonly string[];
  readonly depth: number;
}

const KEYWORDS = new Set(["if", "then", "elif", "else", "do", "while", "until", "!", "{", "}", "time", "in"]);

/** Deepest chain of shells within shells and wrappers within wrappers. */
const DEPTH = 10;

/** The programs that a script would start, as words, with what wraps them taken off. */
export function callsOf(script: string, scope: Scope, depth = 0): Call[] {
  if (depth > DEPTH) return [];
  let before: string | null = null;
  return scanShell(script, scope).flatMap((command) => {
    scope.left -= 1;
    if (scope.left < 0) return [];
    const input: string[] = before === null ? [...command.input] : [...command.input, before];
    const said = spoken(command.words.slice(startOf(command.words)), input, scope);
    before = command.piped ? said : null;
    noteFiles(command, said, scope);
    return callsOfWords(command.words, { scope, input, depth });
  });
}

/** The same of words that are known already. */
export function callsOfWords(given: readonly string[], place: Place): Call[] {
  const { scope, input, depth } = place;
  if (depth > DEPTH) return [];
  const words = given.slice(startOf(given));
  const [first = ""] = words;
  const deeper = { ...place, depth: depth + 1 };
  const runs = (scripts: readonly string[]): Call[] => scripts.flatMap((script) => callsOf(script, scope, depth + 1));
  const alias = scope.aliases.get(first);
  if (alias !== undefined) return callsOfWords([...aliasWords(alias, scope), ...words.slice(1)], deeper);
  const body = scope.functions.get(first);
  if (body !== undefined) return callsWith(words, () => runs([body]), scope);
  const written = scope.files.get(fileKey(first));
  if (written !== undefined) return callsWith(words, () => runs([written]), scope);
  const name = nameOf(first);
  if (SHELLS.has(name)) return callsOfShell(words, place);
  switch (name) {
    case "alias":
      noteAliases(words.slice(1), scope);
      return [];
    case "function":
      return callsOfWords(words.slice(2), deeper);
    case "trap":
      return runs(words.slice(1, 2));
    case "eval":
      return runs([words.slice(1).join(" ")]);
    case "source":
    case ".":
      return runs(words[1] === "/dev/stdin" ? input : fileTexts(words[1], scope));
    case "at":
    case "batch":
    case "make":
      return runs(input);
    case "crontab":
      return runs(input.map((text) => text.replaceAll(/^\s*(?:@\w+\s+|(?:[\d*/,-]+\s+){5})/gm, "")));
    case "git":
      return runs(gitScripts(words));
    case "find":
    case "fd":
      return found(words, deeper);
    case "xargs":
      return callsOfXargs(words, deeper);
    default:
      return callsOfOther(name, words, deeper);
  }
}

function callsOfOther(name: string, words: readonly string[], place: Place): Call[] {
  const { scope, input, depth } = place;
  if (name === "tmux" && /^(?:send-keys|send)$/.test(words[1] ?? ""))
    return words.slice(2).flatMap((word) => callsOf(word, scope, depth));
  const wrapper = Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined;
  if (wrapper !== undefined) return unwrapped(words, wrapper, place);
  if (Object.hasOwn(RUNNERS, name) && RUNNERS[name]?.includes(words[1] ?? "") === true) {
    const call = words.findIndex((word) => word === "-c" || word === "--call");
    if (call > 0) return callsOf(words[call + 1] ?? "", scope, depth);
    return callsOfWords(withoutDashes(afterOptions(words.slice(2), { valued: ["-p", "--package"], own: 0 })), place);
  }
  if (isInterpreter(name)) {
    const code = codeOf(name, words, input);
    const isCodexItself = /@openai\/codex\/|\bcodex\/bin\//.test(words[1] ?? "");
    if (code === null) return isCodexItself ? [words.slice(1)] : handedOn(name, words, place);
    return startedBy(name, code).flatMap((started) =>
      typeof started === "string" ? callsOf(started, scope, depth) : callsOfWords(started, place),
    );
  }
  return words.length === 0 ? [] : [words, ...handedOn(name, words, place)];
}

/** The command that a program nobody has described here is given: `anything codex exec …`, `anything --exec "codex exec …"`. */
function handedOn(name: string, words: readonly string[], { scope, depth }: Place): Call[] {
  if (NEVER_RUN.has(name)) return [];
  const at = words.findIndex((word, index) => index > 0 && /(?:^|[/#:])codex(?:@[\w.-]+)?$/.test(word));
  const scripts = words.filter(
    (word, index) =>
      index > 0 && /\s/.test(word) && (SCRIPT_OPTIONS.has(words[index - 1] ?? "") || RUN_EACH_WORD.has(name)),
  );
  const direct = at < 0 ? [] : [["codex", ...withoutDashes(words.slice(at)).slice(1)]];
  return [...direct, ...scripts.flatMap((script) => callsOf(script, scope, depth))];
}

/** Keywords and assignments before the program. */
function startOf(words: readonly string[]): number {
  const first = words.findIndex((word) => !KEYWORDS.has(word) && !/^[A-Za-z_]\w*\+?=/.test(word));
  return first < 0 ? words.length : first;
}

/** A script that gets the rest of the words as its arguments. */
function callsWith(words: readonly string[], run: () => Call[], { variables }: Scope): Call[] {
  const before = new Map(variables);
  variables.set("@", words.slice(1));
  for (const [index, word] of words.entries()) variables.set(String(index), [word]);
  const calls = run();
  for (const key of ["@", ...words.keys()].map(String)) {
    const value = before.get(key);
    if (value === undefined) variables.delete(key);
    else variables.set(key, value);
  }
  return calls;
}

function callsOfShell(words: readonly string[], { scope, input, depth }: Place): Call[] {
  const flag = words.findIndex((word, index) => index > 0 && /^-(?:[a-z]*c[a-z]*|command)$/i.test(word));
  const rest = words.slice(flag + 1).filter((word, index) => index > 0 || !/^[-+]/.test(word));
  const [script] = rest;
  if (flag > 0 && script !== undefined) {
    // PowerShell takes all that follows for the command.
    const isPower = nameOf(words[0]).startsWith("p");
    return callsWith(rest.slice(1), () => callsOf(isPower ? rest.join(" ") : script, scope, depth + 1), scope);
  }
  const file = words.slice(1).find((word) => !word.startsWith("-"));
  const reads = file === undefined || words.includes("-s") || file === "/dev/stdin";
  const texts = reads ? input : fileTexts(file, scope);
  return callsWith(words.slice(1), () => texts.flatMap((text) => callsOf(text, scope, depth + 1)), scope);
}

function unwrapped(words: readonly string[], wrapper: Wrapper, place: Place): Call[] {
  const { scope, depth } = place;
  for (const [index, word] of words.entries()) {
    const option = wrapper.script?.find(
      (name) => word === name || word.startsWith(name.startsWith("--") ? `${name}=` : name),
    );
    if (option === undefined || index === 0) continue;
    const glued = word.slice(option.length).replace(/^=/, "");
    const [script = "", ...rest] = glued === "" ? words.slice(index + 1) : [glued, ...words.slice(index + 1)];
    // What follows is part of the command for some, and arguments of the script for others.
    if (wrapper.goesOn !== true) return callsOf(script, scope, depth);
    return callsOfWords([...aliasWords(script, scope), ...rest], place);
  }
  const rest = afterOptions(words.slice(1), wrapper);
  const each = RUN_EACH_WORD.has(nameOf(words[0])) ? rest.filter((word) => /\s/.test(word)) : [];
  // One word with spaces is a script that the wrapper hands to a shell.
  if (rest.length === 1 && /\s/.test(rest[0] ?? "")) return callsOf(rest[0] ?? "", scope, depth);
  return [...each.flatMap((word) => callsOf(word, scope, depth)), ...callsOfWords(withoutDashes(rest), place)];
}

function callsOfXargs(words: readonly string[], place: Place): Call[] {
  const rest = afterOptions(words.slice(1), { valued: ["-n", "-I", "-P", "-L", "-d", "-E", "-s", "-a"], own: 0 });
  const text = place.input.join("\n");
  const options = words.slice(0, words.length - rest.length);
  const mark = options.join(" ").match(/-I\s*(\S+)|(?:-i|--replace)/);
  if (mark !== null)
    return callsOfWords(
      rest.map((word) => word.replaceAll(mark[1] ?? "{}", text)),
      place,
    );
  const whole = options.some((option) => /^-(?:0|d)/.test(option) || option === "--null");
  const given = whole ? [text] : text.split(/\s+/);
  return callsOfWords([...rest, ...given.filter((word) => word !== "")], place);
}

function found(words: readonly string[], place: Place): Call[] {
  const start = words.findIndex((word) => /^-(?:exec|execdir|ok|okdir|x|X|-exec|-exec-batch)$/.test(word));
  return start < 0 ? [] : callsOfWords(words.slice(start + 1), place);
}

/** Commands that git is told to run. */
function gitScripts(words: readonly string[]): string[] {
  return words.flatMap((word, index) => {
    const setting = /^(?:alias\.[\w-]+=!|(?:core|sequence|diff|credential)\.[\w.-]+=!?)(.*)$/s.exec(word)?.[1];
    if (setting !== undefined) return [setting];
    if ((word === "run" && words[index - 1] === "bisect") || word === "foreach")
      return [words.slice(index + 1).join(" ")];
    return words.includes("rebase") && (word === "-x" || word === "--exec") ? words.slice(index + 1, index + 2) : [];
  });
}

function noteFiles({ words, outputs }: ShellCommand, said: string | null, { files }: Scope): void {
  if (said === null) return;
  const named = nameOf(words[0]) === "tee" ? words.slice(1).filter((word) => !word.startsWith("-")) : [];
  for (const path of [...outputs, ...named]) files.set(fileKey(path), `${files.get(fileKey(path)) ?? ""}\n${said}`);
}

function noteAliases(words: readonly string[], { aliases }: Scope): void {
  for (const word of words) {
    const [, name, value = ""] = /^([\w.-]+)=(.*)$/s.exec(word) ?? [];
    if (name !== undefined) aliases.set(name, value);
  }
}

/** Words of the last command of a text. */
function aliasWords(value: string, scope: Scope): readonly string[] {
  return scanShell(value, scope).at(-1)?.words ?? [];
}

function fileTexts(path: string | undefined, { files }: Scope): string[] {
  const text = files.get(fileKey(path ?? ""));
  return text === undefined ? [] : [text];
}

/** `npm exec codex -- exec`: what follows belongs to the program. */
function withoutDashes(words: readonly string[]): readonly string[] {
  return words[1] === "--" ? [...words.slice(0, 1), ...words.slice(2)] : words;
}

function afterOptions(words: readonly string[], { valued, own }: Wrapper): readonly string[] {
  let at = 0;
  let left = own;
  for (; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--") return words.slice(at + 1 + left);
    if (valued.includes(word)) at += 1;
    else if (word.startsWith("-") || /^[A-Za-z_]\w*=/.test(word)) continue;
    else if (left > 0) left -= 1;
    else break;
  }
  return words.slice(at);
}
