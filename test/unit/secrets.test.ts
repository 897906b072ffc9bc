import { array, assert, constantFrom, oneof, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { findSecrets, redact } from "../../src/guard/secrets.ts";

// Assembled at run time, so that no scanner takes this file for a leak.
const random = (length: number) => "Zk8qL2vN7xT4bR9mW3cY6pH1dJ5sG0fAeUiOoQ".repeat(9).slice(0, length);
const AWS = ["AK", "IA"].join("");
const PEM = ["-----BEGIN", "RSA PRIVATE KEY-----"].join(" ");
const PEM_END = ["-----END", "RSA PRIVATE KEY-----"].join(" ");

const SECRETS: readonly (readonly [kind: string, text: string, value: string])[] = [
  ["aws-access-key", `key ${AWS}Q3EGRZ7LMN4PXT2V`, `${AWS}Q3EGRZ7LMN4PXT2V`],
  ["aws-access-key", `${AWS}IOSFODNN7EXAMPLE`, `${AWS}IOSFODNN7EXAMPLE`],
  ["github-token", `ghp_${random(36)}`, `ghp_${random(36)}`],
  ["github-token", `ghp_${"a".repeat(36)}`, `ghp_${"a".repeat(36)}`],
  ["github-token", `use github_pat_${random(60)} here`, `github_pat_${random(60)}`],
  ["gitlab-token", `glpat-${random(20)}`, `glpat-${random(20)}`],
  ["slack-token", `xoxb-123456789012-${random(24)}`, `xoxb-123456789012-${random(24)}`],
  ["slack-webhook", `https://hooks.slack.com/services/T0AB12CD3/B0AB12CD3/${random(24)}`, random(24)],
  ["stripe-key", `sk_live_${random(24)}`, `sk_live_${random(24)}`],
  ["anthropic-key", `ANTHROPIC_API_KEY=sk-ant-api03-${random(80)}`, `sk-ant-api03-${random(80)}`],
  ["openai-key", `sk-proj-${random(48)}`, `sk-proj-${random(48)}`],
  ["openai-key", `sk-${random(48)}`, `sk-${random(48)}`],
  ["google-key", `AIza${random(35)}`, `AIza${random(35)}`],
  ["npm-token", `//registry/:_authToken=npm_${random(36)}`, `npm_${random(36)}`],
  ["pypi-token", `pypi-AgE${random(60)}`, `pypi-AgE${random(60)}`],
  ["hugging-face-token", `hf_${random(34)}`, `hf_${random(34)}`],
  ["jwt", `eyJ${random(20)}.eyJ${random(40)}.${random(43)}`, random(43)],
  ["bearer-token", `Authorization: Bearer ${random(40)}`, random(40)],
  ["url-password", "postgres://app:s3cr3t-Pw9@db.internal/app", "s3cr3t-Pw9"],
  ["private-key", `${PEM}\n${random(64)}\n${random(64)}\n${PEM_END}`, random(64)],
  ["private-key", `"${PEM}\\n${random(64)}\\n${PEM_END}"`, random(64)],
  ["private-key", `cut off: ${PEM}\n${random(64)}`, random(64)],
  ["password", `password = "hunter2"`, "hunter2"],
  ["password", `DB_PASSWORD=S3cr3tPassw0rd!`, "S3cr3tPassw0rd!"],
  ["credential", `token: "${random(24)}"`, random(24)],
  ["credential", `"apiKey": "${random(24)}",`, random(24)],
  ["credential", `aws_secret_access_key = ${random(40)}`, random(40)],
  ["credential", `client_secret => '${random(24)}'`, random(24)],
];

const HARMLESS: readonly string[] = [
  "OPENAI_API_KEY=sk-...",
  "token: <token>",
  "export TOKEN=${GITHUB_TOKEN}",
  "password: ${{ secrets.DB_PASSWORD }}",
  `api_key = "your-api-key-goes-here-1234"`,
  `secret: "example-secret-12345678"`,
  "apiKey: process.env.OPENAI_API_KEY",
  "const token = parseToken(header, 1234);",
  "token: config.auth.tokenValue",
  "budget: { tokens: 200000, usd: 1.5 }",
  "The token bucket holds 100 tokens: one per request.",
  "secret: src/guard/secret-patterns.ts",
  "tokens: path/to/v2/tokens-2024.json",
  "password: string",
  'password: "must not be empty"',
  `ghp_${"x".repeat(36)}`,
  "sk-circle-fade-in-animation-delay-element",
  "sk-ant-xxxxxxxxxxxxxxxxxxxxxxxx",
  "https://example.com/a:b@c",
  "https://user:password@localhost:5432/db",
  "https://user:${PASSWORD}@localhost",
  "ssh git@github.com:owner/repo.git",
  "commit 3f786850e387550fdab836ed7e6dc881de23001b",
  "integrity sha512-abcdefABCDEF0123456789abcdefABCDEF0123456789abcdefABCDEF0123456789==",
  "Bearer <token>",
  `the ${PEM} line must never be committed`,
  "secret-name: my-service-v2-key",
];

describe("findSecrets", () => {
  it.each(SECRETS)("finds %s in %s", (kind, text, value) => {
    const before = "first line\nsecond line ";
    const hits = findSecrets(`${before}${text} after`);
    expect(hits.map((hit) => [hit.kind, hit.line])).toEqual([[kind, 2]]);
    expect(redact(`${before}${text} after`)).not.toContain(value);
    expect(redact(text)).toContain(`[redacted: ${kind}]`);
  });

  it.each(HARMLESS)("leaves %s alone", (text) => {
    expect(findSecrets(text)).toEqual([]);
    expect(redact(text)).toBe(text);
  });

  it("gives the line of each of several secrets and keeps the text around them", () => {
    const text = `a\nx = ghp_${random(36)}\n\ny = npm_${random(36)} z\n`;
    expect(findSecrets(text).map((hit) => hit.line)).toEqual([2, 4]);
    expect(redact(text)).toBe("a\nx = [redacted: github-token]\n\ny = [redacted: npm-token] z\n");
  });

  it("hides the whole key block and nothing after its end", () => {
    const text = `before\n${PEM}\n${random(64)}\n${PEM_END}\nafter it`;
    expect(redact(text)).toBe("before\n[redacted: private-key]\nafter it");
  });

  it("changes nothing more the second time, whatever the text", () => {
    const piece = oneof(string(), constantFrom(...SECRETS.map(([, text]) => text), ...HARMLESS, "\n", " "));
    assert(
      property(array(piece, { maxLength: 8 }), (pieces) => {
        const once = redact(pieces.join(" "));
        expect(redact(once)).toBe(once);
      }),
    );
  });

  const BIG = 1_000_000;
  const filled = (piece: string) => piece.repeat(Math.ceil(BIG / piece.length));
  it.each([
    "a",
    "eyJ",
    "eyJaaaaaaaaaa.",
    "github_pat_",
    "github_pat____________",
    "sk-",
    "sk-ant-",
    "password",
    "password=",
    `token: "`,
    "secret      ",
    "https://",
    "https://a:",
    "://",
    "Bearer ",
    `${PEM} `,
    `${PEM}\n${"A".repeat(64)}\n`,
    "-----BEGIN ",
    "xoxb-",
    "_",
    "-",
    "x",
  ])("stays fast on a megabyte of %j", (piece) => {
    const text = filled(piece);
    const before = performance.now();
    findSecrets(text);
    findSecrets(`${text}!`);
    // A quadratic scan of a megabyte takes minutes; the limit leaves room for a busy machine.
    expect(performance.now() - before).toBeLessThan(8000);
  });
});
