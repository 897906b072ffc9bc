import { tailOf } from "../../kernel/text.ts";
import type { TaskResult } from "../../model/result.ts";
import { redactSecrets } from "../redact.ts";
import { readText } from "./read-text.ts";

/** Most characters of a worker's last message that are shown. */
const REPORT_LIMIT = 2000;

/** The worker's last message, bounded and without secrets or terminal control characters; empty when there is none. */
export function lastReport(task: TaskResult): string {
  if (task.paths.lastMessage === null) return "";
  const text = readText(task.paths.lastMessage)?.trim() ?? "";
  return printable(redactSecrets(tailOf(text, REPORT_LIMIT)));
}

/** Untrusted text that is safe on a terminal: control characters but newline and tab are shown as U+FFFD. */
export function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, "\uFFFD");
}
