import { parseJson } from "../../kernel/json.ts";
import type { CreditWindow, CreditWindows } from "./rollout.ts";

/** Parts of Codex that log a line per model request; a part that a version does not have (0.124: the first, 0.169: the second) is no error. */
export const REQUEST_LOG_TARGETS = ["codex_client::default_client", "codex_http_client::client"];

/**
 * Value of RUST_LOG for a worker: errors as ever, and one line per model request with status and headers of its answer. Codex
 * throws away what it cannot show: the status of a 400, the Retry-After and the credit windows of a 429.
 */
export const REQUEST_LOG = ["error", ...REQUEST_LOG_TARGETS.map((target) => `${target}=debug`)].join(",");

/** The last answer of the provider to a model request. */
export interface LastRequest {
  /** null: no answer came. */
  readonly status: number | null;
  /** Unix ms of the answer. */
  readonly atMs: number;
  /** Unix ms until which the provider asked to wait; null when it named no time. */
  readonly retryAtMs: number | null;
  readonly windows: CreditWindows | null;
}

const LINE =
  /^(\d{4}-\d\d-\d\dT[\d:.]+Z) +DEBUG .*: Request (completed|failed) method=POST url=\S+\/responses(?:\/compact)?(?:\?\S*)?(?: status=(\d{3})[^{]*headers=(\{.*\}))?/;
// oxlint-disable-next-line no-control-regex -- Codex colours its log.
const COLOURS = /\u001B\[[0-9;]*m/g;
/** Nothing that a provider asks for is longer; what is was another unit. */
const LONGEST_WAIT_MS = 45 * 24 * 3600 * 1000;

/** The last model request that a log tells of, or null when it tells of none. */
export function lastRequest(stderr: string): LastRequest | null {
  const lines = stderr.replaceAll(COLOURS, "").split("\n");
  for (const line of lines.reverse()) {
    const found = LINE.exec(line);
    if (found === null) continue;
    const [, at = "", , status, headers] = found;
    const atMs = Date.parse(at);
    const told = headersOf(headers ?? "{}");
    return {
      status: status === undefined ? null : Number(status),
      atMs,
      retryAtMs: retryTime(told, atMs),
      windows: windowsOf(told),
    };
  }
  return null;
}

/** The text without what no log may keep: cookies of answers and the queries of addresses. */
export function withoutCredentials(stderr: string): string {
  return stderr
    .replaceAll(/("set-cookie2?": )(?:"(?:[^"\\]|\\.)*"|Sensitive)/gi, '$1"[left out]"')
    .replaceAll(/(\burl=\S*?\?)[^\s"]+/g, "$1[left out]");
}

type Headers = Readonly<Record<string, string>>;

/** The headers as Rust prints them: nearly JSON, and of a header that came twice the last one counts. */
function headersOf(text: string): Headers {
  const found = [...text.matchAll(/"([^"\\]+)": ("(?:[^"\\]|\\.)*")/g)];
  return Object.fromEntries(found.map(([, name = "", value = '""']) => [name.toLowerCase(), String(parseJson(value))]));
}

/** `retry-after` in seconds or as a date, `retry-after-ms` in ms. */
function retryTime(headers: Headers, atMs: number): number | null {
  const after = headers["retry-after"] ?? "";
  const told = Number(headers["retry-after-ms"] ?? (after === "" ? Number.NaN : Number(after) * 1000));
  const at = Number.isNaN(told) ? Date.parse(after) : atMs + told;
  return Number.isNaN(at) || at - atMs > LONGEST_WAIT_MS ? null : Math.max(at, atMs);
}

function windowsOf(headers: Headers): CreditWindows | null {
  const [primary, secondary] = [windowOf(headers, "primary"), windowOf(headers, "secondary")];
  return primary === null && secondary === null ? null : { primary, secondary };
}

function windowOf(headers: Headers, name: string): CreditWindow | null {
  const number = (key: string): number | null => {
    const text = headers[`x-codex-${name}-${key}`];
    return text === undefined || Number.isNaN(Number(text)) ? null : Number(text);
  };
  const usedPercent = number("used-percent");
  if (usedPercent === null) return null;
  return { usedPercent, windowMinutes: number("window-minutes"), resetsAt: number("reset-at") };
}
