import { expect, test } from "vitest";
import { reviewerEnvironment, withoutSecretValues } from "../../src/claude/environment.ts";

test("passes what a program and a login need, and nothing else", () => {
  const env = reviewerEnvironment({
    PATH: "/bin",
    HOME: "/home/u",
    LC_ALL: "C",
    XDG_CACHE_HOME: "/c",
    HTTPS_PROXY: "http://p",
    SSL_CERT_FILE: "/ca",
    ANTHROPIC_API_KEY: "k",
    ANTHROPIC_BASE_URL: "http://127.0.0.1:1",
    CLAUDE_CONFIG_DIR: "/cfg",
    CLAUDE_CODE_OAUTH_TOKEN: "t",
    OPENAI_API_KEY: "o",
    CODEX_HOME: "/codex",
    CODEX_API_KEY: "c",
    NODE_OPTIONS: "--require /tmp/x.js",
    LD_PRELOAD: "/tmp/x.so",
    GIT_DIR: "/elsewhere",
    GITHUB_TOKEN: "g",
    AWS_SECRET_ACCESS_KEY: "a",
    GOOGLE_APPLICATION_CREDENTIALS: "/g",
    EMPTY: undefined,
  });
  expect(Object.keys(env).sort()).toEqual(
    [
      "ANTHROPIC_API_KEY",
      "ANTHROPIC_BASE_URL",
      "API_TIMEOUT_MS",
      "CCO_REVIEWER",
      "CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS",
      "CLAUDE_CODE_DISABLE_ATTACHMENTS",
      "CLAUDE_CODE_DISABLE_FILE_MENTIONS",
      "CLAUDE_CODE_DISABLE_GIT_INSTRUCTIONS",
      "CLAUDE_CODE_DISABLE_ULTRATHINK",
      "CLAUDE_CODE_MAX_RETRIES",
      "CLAUDE_CODE_OAUTH_TOKEN",
      "CLAUDE_CONFIG_DIR",
      "CLAUDE_ENABLE_BYTE_WATCHDOG",
      "DISABLE_AUTOUPDATER",
      "HOME",
      "HTTPS_PROXY",
      "LC_ALL",
      "PATH",
      "SSL_CERT_FILE",
      "XDG_CACHE_HOME",
    ].sort(),
  );
  expect(env).toMatchObject({
    API_TIMEOUT_MS: "120000",
    CCO_REVIEWER: "1",
    CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS: "60000",
    CLAUDE_CODE_MAX_RETRIES: "3",
    CLAUDE_ENABLE_BYTE_WATCHDOG: "1",
    DISABLE_AUTOUPDATER: "1",
  });
});

test("the user may set the retries, but not switch the watchdog off", () => {
  const env = reviewerEnvironment({
    CLAUDE_CODE_MAX_RETRIES: "0",
    CLAUDE_ENABLE_BYTE_WATCHDOG: "0",
    CCO_REVIEWER: "0",
  });
  expect(env).toMatchObject({ CLAUDE_CODE_MAX_RETRIES: "0", CLAUDE_ENABLE_BYTE_WATCHDOG: "1", CCO_REVIEWER: "1" });
});

/** What 2.1.330 was seen to give its shell tool and its hooks, and what would change the mode of a session. */
const OF_A_SESSION = [
  "AI_AGENT",
  "CLAUDECODE",
  "CLAUDE_CODE_CHILD_NOTES_DIR",
  "CLAUDE_CODE_CHILD_SESSION",
  "CLAUDE_CODE_ENTRYPOINT",
  "CLAUDE_CODE_EXECPATH",
  "CLAUDE_CODE_MESSAGING_SOCKET",
  "CLAUDE_CODE_MESSAGING_TOKEN",
  "CLAUDE_CODE_SESSION_ATTENDED",
  "CLAUDE_CODE_SESSION_ID",
  "CLAUDE_EFFORT",
  "CLAUDE_ENV_FILE",
  "CLAUDE_PID",
  "CLAUDE_PLUGIN_ROOT",
  "CLAUDE_PROJECT_DIR",
  "CLAUDE_CODE_PLUGIN_DIRS",
  "CLAUDE_CODE_SIMPLE",
  "CLAUDE_CODE_SSE_PORT",
  "CLAUDE_AGENT_SDK_VERSION",
];

test.each(OF_A_SESSION)("%s stays with the session that set it", (name) => {
  expect(reviewerEnvironment({ [name]: "x" })).not.toHaveProperty(name);
});

test("credentials of a cloud pass only when the user goes through it", () => {
  const source = { AWS_PROFILE: "p", GOOGLE_CLOUD_PROJECT: "g", CLOUD_ML_REGION: "r" };
  expect(reviewerEnvironment({ ...source, CLAUDE_CODE_USE_BEDROCK: "0" })).not.toHaveProperty("AWS_PROFILE");
  const bedrock = reviewerEnvironment({ ...source, CLAUDE_CODE_USE_BEDROCK: "1" });
  expect(bedrock).toHaveProperty("AWS_PROFILE");
  expect(bedrock).not.toHaveProperty("GOOGLE_CLOUD_PROJECT");
  const vertex = reviewerEnvironment({ ...source, CLAUDE_CODE_USE_VERTEX: "true" });
  expect(vertex).toMatchObject({ GOOGLE_CLOUD_PROJECT: "g", CLOUD_ML_REGION: "r" });
  expect(vertex).not.toHaveProperty("AWS_PROFILE");
});

test("values of secret variables are taken out of texts", () => {
  const env = {
    ANTHROPIC_API_KEY: "sk-ant-0123456789abcdef",
    HTTPS_PROXY: "http://user:pw@proxy:8080",
    NO_PROXY: "internal.example.org",
    ANTHROPIC_BASE_URL: "https://gateway.example.org",
    CLAUDE_CODE_OAUTH_TOKEN: "short",
  };
  const text =
    "key sk-ant-0123456789abcdef via http://user:pw@proxy:8080 to https://gateway.example.org internal.example.org short";
  expect(withoutSecretValues(text, env)).toBe(
    "key [value of ANTHROPIC_API_KEY] via [value of HTTPS_PROXY] to https://gateway.example.org internal.example.org short",
  );
});
