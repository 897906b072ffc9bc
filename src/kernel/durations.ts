/** Milliseconds in words a person reads at a glance: `850ms`, `4.2s`, `3m 05s`, `2h 10m`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)}s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes}m ${String(Math.floor((ms % 60_000) / 1000)).padStart(2, "0")}s`;
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, "0")}m`;
}

/** Unix milliseconds as an ISO 8601 time in UTC. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** Unix milliseconds of an ISO 8601 time; 0 for null and for text that is no time. */
export function msOf(time: string | null): number {
  const ms = time === null ? 0 : Date.parse(time);
  return Number.isFinite(ms) ? ms : 0;
}
