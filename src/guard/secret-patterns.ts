/** A token format. Group 1 of `regex` is the secret; a format with `accept` counts only when that agrees. */
export interface SecretPattern {
  readonly kind: string;
  /** Texts of which one has to occur before the regex is tried: keeps the usual case cheap. */
  readonly hints: readonly string[];
  readonly regex: RegExp;
  readonly accept?: (value: string) => boolean;
  /** Where inside the match the search for the value starts, when the value could also occur before. */
  readonly offset?: (match: string) => number;
}

/**
 * Formats that name themselves. Every regex starts at a token boundary or has bounded repeats, so that no text makes
 * it slower than linear.
 */
export const SECRET_PATTERNS: readonly SecretPattern[] = [
  {
    kind: "aws-access-key",
    hints: ["AKIA", "ASIA"],
    regex: /(?<![A-Za-z0-9])((?:AKIA|ASIA)[0-9A-Z]{16})(?![A-Za-z0-9])/g,
  },
  {
    kind: "github-token",
    hints: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
    regex: /(?<![A-Za-z0-9_])((?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}))/g,
    accept: hasRealTail,
  },
  {
    kind: "gitlab-token",
    hints: ["glpat-", "glptt-", "gldt-", "glrt-", "glcbt-", "glsoat-", "glft-", "glagent-"],
    regex: /(?<![A-Za-z0-9_-])(gl(?:pat|ptt|dt|rt|cbt|soat|ft|agent)-[A-Za-z0-9_-]{20,})/g,
    accept: hasRealTail,
  },
  {
    kind: "slack-token",
    hints: ["xox", "xapp-"],
    regex: /(?<![A-Za-z0-9_-])((?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,})/g,
    accept: (value) => /\d/.test(value) && hasRealTail(value),
  },
  {
    kind: "slack-webhook",
    hints: ["hooks.slack.com/"],
    regex: /(hooks\.slack\.com\/services\/T[A-Za-z0-9]{6,20}\/B[A-Za-z0-9]{6,20}\/[A-Za-z0-9]{16,40})/g,
    accept: hasRealTail,
  },
  {
    kind: "stripe-key",
    hints: ["k_live_", "k_test_", "whsec_"],
    regex: /(?<![A-Za-z0-9_])((?:[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{24,}))/g,
    accept: hasRealTail,
  },
  {
    kind: "anthropic-key",
    hints: ["sk-ant-"],
    regex: /(?<![A-Za-z0-9_-])(sk-ant-[A-Za-z0-9_-]{20,})/g,
    accept: hasRealTail,
  },
  {
    kind: "openai-key",
    hints: ["sk-"],
    regex: /(?<![A-Za-z0-9_-])(sk-(?!ant-)[A-Za-z0-9_-]{20,})/g,
    // Class names and slugs such as sk-circle-fade-animation have neither digits nor capitals to speak of.
    accept: (value) => /\d/.test(value) && /[A-Za-z0-9]{16,}/.test(value) && hasRealTail(value),
  },
  {
    kind: "google-key",
    hints: ["AIza", "GOCSPX-", "ya29."],
    regex:
      /(?<![A-Za-z0-9_-])((?:AIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])|GOCSPX-[0-9A-Za-z_-]{24,}|ya29\.[0-9A-Za-z_-]{30,}))/g,
    accept: hasRealTail,
  },
  { kind: "npm-token", hints: ["npm_"], regex: /(?<![A-Za-z0-9_])(npm_[A-Za-z0-9]{36,})/g, accept: hasRealTail },
  { kind: "pypi-token", hints: ["pypi-AgE"], regex: /(?<![A-Za-z0-9_-])(pypi-AgE[A-Za-z0-9_-]{40,})/g },
  { kind: "hugging-face-token", hints: ["hf_"], regex: /(?<![A-Za-z0-9_])(hf_[A-Za-z0-9]{30,})/g, accept: hasRealTail },
  {
    kind: "sendgrid-key",
    hints: ["SG."],
    regex: /(?<![A-Za-z0-9_.-])(SG\.[A-Za-z0-9_-]{16,40}\.[A-Za-z0-9_-]{30,60})/g,
  },
  {
    kind: "docker-token",
    hints: ["dckr_pat_"],
    regex: /(?<![A-Za-z0-9_])(dckr_pat_[A-Za-z0-9_-]{20,})/g,
    accept: hasRealTail,
  },
  { kind: "azure-key", hints: ["AccountKey="], regex: /AccountKey=([A-Za-z0-9+/]{60,100}={0,2})/g, offset: () => 11 },
  {
    kind: "jwt",
    hints: ["eyJ"],
    regex: /(?<![A-Za-z0-9_-])(eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,})/g,
  },
  {
    kind: "bearer-token",
    hints: ["Bearer ", "bearer "],
    regex: /(?<![A-Za-z0-9])[Bb]earer {1,3}([A-Za-z0-9._~+/=-]{20,})/g,
    accept: (value) => !looksLikePlaceholder(value) && /\d/.test(value) && entropyOf(value) >= 3.5,
    offset: () => 6,
  },
  {
    kind: "url-password",
    hints: ["://"],
    regex: /[A-Za-z][A-Za-z0-9+.-]{1,20}:\/\/[^\s/:@"'`]{0,100}:([^\s/:@"'`]{3,200})@/g,
    accept: (value) => !looksLikePlaceholder(value) && !WEAK_WORDS.test(value),
    offset: (match) => match.lastIndexOf(":"),
  },
];

/**
 * `name = "value"`, `name: value`, `NAME=value`. Groups: 1 the word that makes the name suspicious, 3 a quoted value,
 * 4 a bare one.
 */
export const GENERIC_SECRET =
  /(passw(?:or)?d|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credential)[A-Za-z0-9_-]{0,30}["']?[ \t]{0,8}(?:=>|:=|[:=])[ \t]{0,8}(?:(["'`])([^"'`\r\n]{6,300})\2|([^\s"'`,;]{8,300}))/gi;

const WEAK_WORDS = /^(?:pass|passwd|password|pw|pwd|secret|token|postgres|root|admin|user|test)$/i;

/** True for texts that stand in for a secret: `<token>`, `${VAR}`, `your-key-here`, `****`, `sk-...`. */
export function looksLikePlaceholder(value: string): boolean {
  if (/[<>{}$%]|\.\.\.|…|\*{3}|x{4}|X{4}/.test(value)) return true;
  if (/example|placeholder|your|change-?_?me|dummy|redacted|replace|sample|insert|todo|fake/i.test(value)) return true;
  return new Set(value).size <= 2;
}

/** False when what follows the prefix is only filler, as in documentation. */
function hasRealTail(value: string): boolean {
  return !/^[xX.*_-]+$/.test(value.slice(-12)) && !/[xX]{12}/.test(value);
}

/** Shannon entropy in bits per character. */
function entropyOf(value: string): number {
  const counts = new Map<string, number>();
  for (const char of value) counts.set(char, (counts.get(char) ?? 0) + 1);
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return [...counts.values()].reduce((sum, count) => sum - (count / total) * Math.log2(count / total), 0);
}

/**
 * True when a value that is assigned to a suspicious name is a secret and not code, a path or a word. A bare value has
 * to be longer and more mixed than a quoted one, because it may as well be an expression. Thresholds in bits per
 * character: English words stay below 3, random base64 of 20 characters is above 3.7.
 */
export function looksRandom(value: string, from: { readonly quoted: boolean; readonly name: string }): boolean {
  if (looksLikeCode(value) || /\s/.test(value)) return false;
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^A-Za-z0-9]/].filter((kind) => kind.test(value)).length;
  const digits = (value.match(/\d/g) ?? []).length;
  if (kinds < 2) return false;
  const entropy = entropyOf(value);
  if (/pass|pwd/i.test(from.name)) {
    const marks = from.quoted ? /\d|[^A-Za-z0-9_ -]/ : /\d/;
    return marks.test(value) && entropy >= (from.quoted ? 2.5 : 2.75);
  }
  if (digits < 2 || isSlug(value)) return false;
  return from.quoted ? value.length >= 8 && entropy >= 3 : value.length >= 10 && entropy >= 3.2;
}

/** Calls, indexes, paths, URLs, environment look-ups and dotted names. */
function looksLikeCode(value: string): boolean {
  if (/[()[\]\\|]|^(?:\.{0,2}\/|~)|:\/\//.test(value)) return true;
  if (/^(?:process\.env|import\.meta|os\.environ|env\.|ENV\b|secrets\.|vars\.)/.test(value)) return true;
  if (/^[\w.-]+(?:\/[\w.-]+)+\.[a-z]{1,5}$/i.test(value)) return true;
  return /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$/.test(value) && !/\d{3}/.test(value);
}

/** Words joined by dashes, such as a name with a version in it. */
function isSlug(value: string): boolean {
  return /^[a-z]+(?:[-_][a-z0-9]+)+$/i.test(value) && !/[a-z0-9]{12}/i.test(value);
}
