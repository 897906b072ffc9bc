/** What the engine says about itself; never secrets, never worker output. */
export interface Log {
  info(message: string): void;
  warn(message: string): void;
}
