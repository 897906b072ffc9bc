/** Hosts that are this machine. */
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** What is wrong with an address for events, in words that do not repeat it; null when it may be used. */
export function webhookProblem(text: string): string | null {
  if (!URL.canParse(text)) return "an address that begins with https://";
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") return "an address without user name and password in it";
  if (url.protocol === "https:") return null;
  if (url.protocol === "http:" && LOOPBACK.test(url.hostname)) return null;
  return "an https:// address; http:// only to this machine";
}
