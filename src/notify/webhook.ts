import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { rootCertificates } from "node:tls";
import { systemCode } from "../kernel/errors.ts";
import { webhookProblem } from "../model/webhook-url.ts";
import type { Delivery } from "../ports/notifier.ts";
import type { CcoEvent } from "../model/event.ts";

/** Time for one delivery, from the first byte to the status, in ms. */
const LIMIT_MS = 10_000;

/** Answers after which the same delivery may work later. */
const PASSING = [408, 425, 429, 500, 502, 503, 504];

/** Where events go. `secret`: signs them; null = they go unsigned. `certificates`: file with further authorities, as Node has it. */
export interface Webhook {
  readonly url: string;
  readonly secret: string | null;
  readonly version: string;
  readonly certificates?: string | undefined;
}

/** Signature of a body: `sha256=` and the HMAC-SHA256 in hex, as the header `X-CCO-Signature` carries it. */
export function signatureOf(body: string, secret: string): string {
  return `sha256=${createHmac("sha256", secret).update(body, "utf8").digest("hex")}`;
}

/**
 * Posts one event as JSON. 2xx is a success; a redirect is not followed, whatever it leads to. Errors name the host at most: addresses of
 * webhooks are often secrets.
 */
export async function postEvent(hook: Webhook, event: CcoEvent, signal: AbortSignal): Promise<Delivery> {
  const problem = webhookProblem(hook.url);
  if (problem !== null) return { ok: false, again: false, why: problem };
  const url = new URL(hook.url);
  const body = JSON.stringify(event);
  try {
    const status = await post(hook, url, {
      body,
      event,
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
    });
    if (status >= 200 && status < 300) return { ok: true };
    return { ok: false, again: PASSING.includes(status), why: `${url.host} answered ${status}` };
  } catch (error) {
    const timedOut = error instanceof Error && error.name === "TimeoutError";
    const why = timedOut ? `no answer within ${LIMIT_MS / 1000} s` : (systemCode(error) ?? "the connection failed");
    return { ok: false, again: true, why: `${url.host}: ${why}` };
  }
}

function post(
  hook: Webhook,
  url: URL,
  { body, event, signal }: { readonly body: string; readonly event: CcoEvent; readonly signal: AbortSignal },
): Promise<number> {
  const headers = {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    "user-agent": `cc-orchestrator/${hook.version}`,
    "x-cco-event": event.event,
    "x-cco-id": event.id,
    ...(hook.secret === null ? {} : { "x-cco-signature": signatureOf(body, hook.secret) }),
  };
  const options = { method: "POST", headers, signal, agent: false };
  return new Promise((resolve, reject) => {
    const sent =
      url.protocol === "https:"
        ? httpsRequest(url, { ...options, ...authorities(hook.certificates) })
        : httpRequest(url, options);
    sent.on("error", (error) => reject(signal.aborted ? asError(signal.reason) : error));
    sent.on("response", (response) => {
      // The status is all that counts; what else it says is not read.
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    sent.end(body);
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** Our background programs do not read the user's certificates at every start; here they count. */
function authorities(file: string | undefined): { ca?: string[] } {
  if (file === undefined || file === "") return {};
  try {
    return { ca: [...rootCertificates, readFileSync(file, "utf8")] };
  } catch (error) {
    // Node itself only warns of a file that is not there.
    if (systemCode(error) === undefined) throw error;
    return {};
  }
}
