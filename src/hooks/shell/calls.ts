import { scanShell, type ShellCommand } from "./scan.ts";

/** Programs that run the command behind their own options. */
interface Wrapper {
  /** Options whose value is the next word. */
  readonly valued: readonly string[];
  /** Words of its own before the command. */
  readonly own: number;
  /** Options whose value is a script. */
  readonly script?: readonly string[];
}

const plain: Wrapper = { valued: [], own: 0 };

const WRAPPERS: Readonly<Record<string, Wrapper>> = {
  env: { valued: ["-u", "--unset", "-C", "--chdir"], own: 0, script: ["-S", "--split-string"] },
  sudo: { valued: ["-u", "-g", "-h", "-p", "-C", "-D", "-R", "-T", "--user", "--group", "--chdir"], own: 0 },
  doas: { valued: ["-u", "-C"], own: 0 },
  su: { valued: ["-s", "-g"], own: 0, script: ["-c", "--command"] },
  timeout: { valued: ["-s", "-k", "--signal", "--kill-after"], own: 1 },
  nice: { valued: ["-n", "--adjustment"], own: 0 },
  ionice: { valued: ["-c", "-n", "-p"], own: 0 },
  chrt: { valued: ["-p"], own: 1 },
  taskset: { valued: [], own: 1 },
  stdbuf: { valued: ["-i", "-o", "-e"], own: 0 },
  xargs: { valued: ["-n", "-I", "-P", "-L", "-d", "-E", "-s", "-a"], own: 0 },
  parallel: { valued: ["-j", "--jobs", "-n"], own: 0 },
  flock: { valued: ["-w", "-E", "--timeout"], own: 1, script: ["-c", "--command"] },
  watch: { valued: ["-n", "--interval"], own: 0 },
  strace: { valued: ["-o", "-e", "-p", "-s"], own: 0 },
  script: { valued: [], own: 1, script: ["-c", "--command", "-qc", "-qec", "-qefc"] },
  tmux: { valued: ["-s", "-t", "-n", "-c", "-L"], own: 1 },
  screen: { valued: ["-S", "-c", "-dmS", "-DmS", "-dmLS"], own: 0 },
  runuser: { valued: ["-u", "-g", "-s"], own: 0, script: ["-c", "--command"] },
  "systemd-run": { valued: ["-p", "-u", "-E", "--unit", "--property", "--setenv"], own: 0 },
  direnv: { valued: [], own: 2 },
  mise: { valued: [], own: 1 },
  arch: plain,
  npx: { valued: ["-p", "--package"], own: 0, script: ["-c", "--call"] },
  bunx: plain,
  nohup: plain,
  setsid: plain,
  time: { valued: ["-f", "-o"], own: 0 },
  exec: { valued: ["-a"], own: 0 },
  command: plain,
  builtin: plain,
  coproc: plain,
  unbuffer: plain,
  chronic: plain,
  caffeinate: plain,
  busybox: plain,
};

/** Package managers run a program as `<manager> <verb> program`. */
const RUNNERS: Readonly<Record<string, readonly string[]>> = {
  npm: ["exec", "x"],
  pnpm: ["exec", "dlx"],
  yarn: ["exec", "dlx", "run"],
  bun: ["x", "run"],
};

const SHELLS = new Set(["sh", "bash", "zsh", "dash", "ksh", "fish", "ash"]);
const SPEAKERS = new Set(["echo", "printf", "cat"]);
/** Programs that run code of their own language, which may start others. */
const INTERPRETERS = /^(?:python[\d.]*|node|perl|ruby|php|bun|deno)$/;
const KEYWORDS = new Set(["if", "then", "elif", "else", "do", "while", "until", "!", "{", "}"]);

/** Deepest chain of shells within shells and wrappers within wrappers. */
const DEPTH = 8;

/** The programs that a script would start, as words, with what wraps them taken off. */
export function callsOf(script: string, depth = 0): (readonly string[])[] {
  if (depth > DEPTH) return [];
  const commands = scanShell(script);
  return commands.flatMap((command, index) => {
    const before = commands[index - 1];
    const input = [...command.input, ...(before?.piped === true ? spoken(before) : [])];
    return callsOfWords(command.words, input, depth);
  });
}

/** The same of words that are known already. `input`: what the program reads. */
export function callsOfWords(given: readonly string[], input: readonly string[], depth: number): (readonly string[])[] {
  if (depth > DEPTH) return [];
  const words = given.slice(startOf(given));
  const name = nameOf(words[0]);
  if (SHELLS.has(name)) return callsOfShell(words, input, depth);
  if (name === "function") return callsOfWords(words.slice(2), input, depth + 1);
  if (name === "trap") return callsOf(words[1] ?? "", depth + 1);
  if (name === "tmux" && words[1] === "send-keys") return words.slice(2).flatMap((word) => callsOf(word, depth + 1));
  if (name === "at" || name === "batch") return input.flatMap((text) => callsOf(text, depth + 1));
  if (name === "eval") return callsOf(words.slice(1).join(" "), depth + 1);
  if (name === "find") return found(words, depth);
  const wrapper = Object.hasOwn(WRAPPERS, name) ? WRAPPERS[name] : undefined;
  if (wrapper !== undefined) return unwrapped(words, wrapper, { input, depth });
  if (Object.hasOwn(RUNNERS, name) && RUNNERS[name]?.includes(words[1] ?? "") === true)
    return callsOfWords(withoutDashes(afterOptions(words.slice(2), plain)), input, depth + 1);
  if (INTERPRETERS.test(name)) return callsOfInterpreter(words, depth);
  return words.length === 0 ? [] : [words];
}

/** The last part of a path, without an extension of scripts. */
export function nameOf(word: string | undefined): string {
  return (word ?? "").replace(/^.*\//, "").replace(/\.(?:exe|cmd|js|mjs|cjs)$/, "");
}

/** Keywords and assignments before the program. */
function startOf(words: readonly string[]): number {
  const first = words.findIndex((word) => !KEYWORDS.has(word) && !/^[A-Za-z_]\w*\+?=/.test(word));
  return first < 0 ? words.length : first;
}

function callsOfShell(words: readonly string[], input: readonly string[], depth: number): (readonly string[])[] {
  const flag = words.findIndex((word, index) => index > 0 && /^-[a-zA-Z]*c[a-zA-Z]*$/.test(word));
  if (flag > 0) {
    const script = words.slice(flag + 1).find((word) => !/^[-+]/.test(word));
    return script === undefined ? [] : callsOf(script, depth + 1);
  }
  const file = words.slice(1).find((word) => !word.startsWith("-"));
  return file === undefined || words.includes("-s") ? input.flatMap((text) => callsOf(text, depth + 1)) : [];
}

/** `node …/@openai/codex/bin/codex.js`, and texts that a line of code hands to a shell. */
function callsOfInterpreter(words: readonly string[], depth: number): (readonly string[])[] {
  const flag = words.findIndex((word) => /^-(?:c|e|p|r|-eval|-print)$/.test(word));
  if (flag < 0) return /@openai\/codex\/|\bcodex\/bin\/|\.bin\/codex/.test(words[1] ?? "") ? [words.slice(1)] : [];
  const code = words[flag + 1] ?? "";
  const started = code.matchAll(
    /\b(?:system|popen|exec\w*|spawn\w*|run|call|Popen|check_\w+|getoutput)\s*\(?\s*\[?\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')/g,
  );
  return [...started].flatMap(([, double, single]) => callsOf(double ?? single ?? "", depth + 1));
}

/** What a program of plain text writes into the pipe. */
function spoken({ words, input }: ShellCommand): string[] {
  const rest = words.slice(startOf(words));
  if (!SPEAKERS.has(nameOf(rest[0]))) return [];
  const said = rest.slice(1).join(" ").replaceAll("\\n", "\n");
  return nameOf(rest[0]) === "cat" ? [...input] : [said];
}

function found(words: readonly string[], depth: number): (readonly string[])[] {
  const start = words.findIndex((word) => /^-(?:exec|execdir|ok|okdir)$/.test(word));
  return start < 0 ? [] : callsOfWords(words.slice(start + 1), [], depth + 1);
}

function unwrapped(
  words: readonly string[],
  wrapper: Wrapper,
  { input, depth }: { readonly input: readonly string[]; readonly depth: number },
): (readonly string[])[] {
  const flag = words.findIndex((word) => wrapper.script?.includes(word) === true);
  const script = flag < 0 ? undefined : words[flag + 1];
  if (script !== undefined) return callsOf(script, depth + 1);
  const rest = afterOptions(words.slice(1), wrapper);
  // One word with spaces is a script that the wrapper hands to a shell.
  if (rest.length === 1 && /\s/.test(rest[0] ?? "")) return callsOf(rest[0] ?? "", depth + 1);
  return callsOfWords(rest, input, depth + 1);
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
