/** Where the parts of the user's repository are; absolute paths. */
export interface Layout {
  /** Git folder of the work tree the project lives in. */
  readonly gitDir: string;
  /** Git folder that all work trees share. */
  readonly commonDir: string;
  /** Top of that work tree; null in a bare repository. */
  readonly top: string | null;
  /** References and HEAD are plain files in these folders and can be read without a process. */
  readonly plain: boolean;
}
