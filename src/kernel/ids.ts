/** Task ids become folder and branch names; nothing else ever becomes a path (architecture, "On disk"). */
const TASK_ID_PATTERN = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** True when the text may be used as a task id: the pattern, and no form that git or a file system treats specially. */
export function isTaskId(text: string): boolean {
  return TASK_ID_PATTERN.test(text) && !text.includes("..") && !text.endsWith(".") && !text.endsWith(".lock");
}

const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A ULID: 48 bits of time (Unix ms) and 80 random bits; `random` yields numbers in [0, 1). Sorts by time. */
export function makeUlid(nowMs: number, random: () => number): string {
  let time = "";
  for (let rest = nowMs, i = 0; i < 10; i += 1, rest = Math.floor(rest / 32)) time = CROCKFORD.charAt(rest % 32) + time;
  let tail = "";
  for (let i = 0; i < 16; i += 1) tail += CROCKFORD.charAt(Math.floor(random() * 32));
  return time + tail;
}

/** Two-digit attempt or round folder name: 1 → "01". */
export function folderNumber(n: number): string {
  return String(n).padStart(2, "0");
}
