import type { CrashPoint } from "../ports/blackboard.ts";

/**
 * Calls `kill` at one named crash point: `point`, or `point:N` for the Nth time that it is reached. Without a text it never does.
 * For tests that prove that a process may die anywhere; production passes no text.
 */
export function crashAt(text: string | undefined, kill: () => void): (point: CrashPoint) => void {
  const [name, count = "1"] = text?.split(":") ?? [];
  let left = Number.parseInt(count, 10);
  return (point) => {
    if (point !== name) return;
    left -= 1;
    if (left === 0) kill();
  };
}
