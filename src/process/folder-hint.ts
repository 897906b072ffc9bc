import { type FSWatcher, watch } from "node:fs";

/** A watch on folders that brings the next look forward, nothing more: what is true is read, and polling finds it too. */
export interface FolderHint {
  /** False when a folder cannot be watched: there polling has to be as quick as a hint would be. */
  readonly watching: boolean;
  /** Resolves when a file of interest may have changed since the last call, when the time is over or when the signal aborts. */
  next(ms: number, signal?: AbortSignal): Promise<void>;
  close(): void;
}

/** Watches folders for files of these names, or for all (null). Where the system has no watch left, or a folder is not there, it goes without. */
export function openFolderHint(folders: readonly string[], names: readonly string[] | null): FolderHint {
  let hinted = false;
  let wake: (() => void) | null = null;
  const onChange = (name: string | null): void => {
    if (name !== null && names !== null && !names.includes(name)) return;
    hinted = true;
    wake?.();
  };
  const watchers = folders.map((folder) => startWatch(folder, onChange));
  return {
    watching: watchers.every((watcher) => watcher !== null),
    next: (ms, signal) =>
      new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", done);
          [hinted, wake] = [false, null];
          resolve();
        };
        const timer = setTimeout(done, hinted ? 0 : ms);
        wake = done;
        signal?.addEventListener("abort", done);
        if (signal?.aborted === true) done();
      }),
    close: () => {
      for (const watcher of watchers) watcher?.close();
    },
  };
}

function startWatch(folder: string, onChange: (name: string | null) => void): FSWatcher | null {
  try {
    const watcher = watch(folder, (_event, name) => onChange(name));
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    // Out of watches, not supported here, or no such folder.
    return null;
  }
}
