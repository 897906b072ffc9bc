import { describe, expect, it, onTestFinished, vi } from "vitest";
import { lastRequest, withoutCredentials } from "../../src/codex/session/request-log.ts";
import { toldTime } from "../../src/codex/outcome/told-time.ts";

describe("the time at which to try again", () => {
  const now = Date.UTC(2026, 10, 22, 13, 46, 30);
  it.each([
    ["Please try again in 1.5s.", now + 1500],
    ["Rate limit reached. Please try again in 20ms. Visit x", now + 20],
    ["try again in 1m2.5s, or later", now + 62_500],
    ["try again in 3 days 2 hours 5 minutes.", now + 3 * 86_400_000 + 7_200_000 + 300_000],
    ["Try again after 30 seconds", now + 30_000],
    ["or try again at 3:46 PM.", Date.UTC(2026, 10, 22, 15, 47)],
    ["or try again at 1:46 PM.", Date.UTC(2026, 10, 22, 13, 47)],
    ["or try again at 12:05 AM.", Date.UTC(2026, 10, 23, 0, 6)],
    ["or try again at Nov 28th, 2026 10:40 AM.", Date.UTC(2026, 10, 28, 10, 41)],
    ["Try again later.", null],
    ["try again in a moment", null],
    ["3:46 PM", null],
  ])("%s", (message, at) => {
    vi.stubEnv("TZ", "UTC");
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(toldTime(message, now)).toBe(at);
  });

  it.each([
    ['"retry-after": "37"', 37_000],
    ['"retry-after-ms": "250", "retry-after": "1"', 250],
    ['"Retry-After": "Sun, 22 Nov 2026 13:47:00 GMT"', 30_000],
    ['"retry-after": "soon"', null],
    ['"retry-after": "-5"', 0],
    ['"retry-after": "99999999999"', null],
    ['"x": "a\\"retry-after\\": b"', null],
  ])("from headers %s", (headers, afterMs) => {
    const line = `2026-11-22T13:46:30Z DEBUG turn{a=b}: codex_client::default_client: Request completed method=POST url=http://h/v1/responses status=429 Too Many Requests headers={${headers}} version=HTTP/1.1`;
    const found = lastRequest(`noise\n\u001b[2m${line}\u001b[0m\n`);
    expect(found).toMatchObject({ status: 429, retryAtMs: afterMs === null ? null : now + afterMs });
  });

  it("is not taken from other requests than those of a turn", () => {
    const line = (method: string, path: string) =>
      `2026-11-22T13:46:30Z DEBUG c: Request completed method=${method} url=http://h/v1${path} status=403 Forbidden headers={} version=HTTP/1.1`;
    expect(lastRequest(line("GET", "/models"))).toBeNull();
    expect(lastRequest(line("POST", "/analytics"))).toBeNull();
    expect(lastRequest(line("POST", "/responses/compact"))?.status).toBe(403);
  });

  it("keeps no cookie and no query in the log", () => {
    const line =
      'Request completed method=POST url=http://h/v1/responses?key=abc status=200 OK headers={"set-cookie": "__cf_bm=se\\"cret; path=/", "x": "y"}';
    expect(withoutCredentials(line)).toBe(
      'Request completed method=POST url=http://h/v1/responses?[left out] status=200 OK headers={"set-cookie": "[left out]", "x": "y"}',
    );
  });
});
