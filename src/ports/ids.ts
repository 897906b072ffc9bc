/** Unique names that sort by time (ULIDs). */
export interface Ids {
  next(): string;
}
